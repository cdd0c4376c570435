// Doctor command. Owns `troupe doctor`: what is right, what is not, and what to do about it. It changes nothing.
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { isoTime } from '../runtime/clock.ts'
import { escapeText, toFailure } from '../runtime/errors.ts'
import { describeStore } from '../stores/sqlite.ts'
import { requireSqlite } from '../stores/sqlite-connection.ts'
import { exits } from './exit.ts'
import type { Host } from './host.ts'
import { refuseNode } from './node-version.ts'
import { storePath } from './stored.ts'
import { createStyle } from './style.ts'
import { ownAgents, problemLine, readAgents } from './team.ts'
import { bytes, pad, plural } from './text.ts'
import { folder } from './values.ts'

export type Finding = { name: string; status: 'right' | 'note' | 'wrong'; text: string }

const finding = (name: string, status: Finding['status'], text: string): Finding => ({ name, status, text })

const checkNode = (): Finding => {
  const refusal = refuseNode(process.versions.node)
  return finding('Node', refusal ? 'wrong' : 'right', refusal ?? process.versions.node)
}

const checkSqlite = (): Finding => {
  try {
    requireSqlite()
    return finding('SQLite', 'right', process.versions.sqlite ?? 'unknown')
  } catch (error) {
    return finding('SQLite', 'wrong', toFailure(error).message)
  }
}

/** The nearest folder that exists: where the store's own would be made. */
const existing = (dir: string): string => (existsSync(dir) || dirname(dir) === dir ? dir : existing(dirname(dir)))

const canWrite = (dir: string): boolean => {
  try {
    accessSync(existing(dir), constants.W_OK)
    return true
  } catch {
    return false
  }
}

const checkStore = async (file: string): Promise<Finding> => {
  try {
    const { exists, schema, bytes: size, holder } = await describeStore(file)
    if (!exists && !canWrite(dirname(file)))
      return finding('Store', 'wrong', `${file} cannot be made there; change the folder's permissions or use --store`)
    if (!exists) return finding('Store', 'right', `${file} is not there yet; the first run makes it`)
    const what = `${file}, schema ${schema}, ${bytes(size)}`
    if (!holder) return finding('Store', 'right', `${what}, free`)
    return finding('Store', 'note', `${what}, in use by process ${holder.pid} since ${isoTime(holder.since)}`)
  } catch (error) {
    const { code, message } = toFailure(error)
    return finding('Store', 'wrong', `${code}: ${message}`)
  }
}

const checkKey = ({ env }: Host): Finding => {
  const key = env.ANTHROPIC_API_KEY
  if (!key)
    return finding('Key', 'note', 'ANTHROPIC_API_KEY is not set: runs use the offline model, which works by rules')
  if (!/^[\x21-\x7e]+$/.test(key))
    return finding('Key', 'wrong', 'ANTHROPIC_API_KEY holds a space or another odd character; copy it again')
  const where = env.ANTHROPIC_BASE_URL ? `; requests go to ${escapeText(env.ANTHROPIC_BASE_URL)}` : ''
  return finding('Key', 'right', `ANTHROPIC_API_KEY is set (not shown): runs use Claude${where}`)
}

const checkAgents = async (dir: string): Promise<Finding> => {
  try {
    const { agents, problems } = await readAgents(dir)
    const worst = problems.find(({ severity }) => severity === 'error')
    if (worst) return finding('Agents', 'wrong', problemLine(worst))
    if (agents.length === 0) return finding('Agents', 'wrong', `there is no agent file (*.md) in ${dir}; write one`)
    return finding(
      'Agents',
      'right',
      `${plural(agents.length, 'agent')} in ${dir}: ${agents.map((a) => a.name).join(', ')}`,
    )
  } catch (error) {
    return finding('Agents', 'wrong', toFailure(error).message)
  }
}

/** Carries out `troupe doctor`. Fails when something is wrong. */
export const runDoctor = async (
  host: Host,
  { store, agents, json = false }: { store?: string; agents?: string; json?: boolean },
): Promise<number> => {
  const cwd = host.cwd()
  const findings = [
    checkNode(),
    checkSqlite(),
    await checkStore(storePath(cwd, store)),
    checkKey(host),
    await checkAgents(agents === undefined ? ownAgents() : folder('--agents', agents, cwd)),
  ]
  const style = createStyle(host.outIsTerminal && host.screen.colour)
  const paint = { right: style.good, note: style.fair, wrong: style.bad }
  for (const one of findings)
    host.out(
      json
        ? `${JSON.stringify(one)}\n`
        : `${paint[one.status](pad(one.status, 5))}  ${pad(one.name, 6)}  ${escapeText(one.text, 600)}\n`,
    )
  return findings.some(({ status }) => status === 'wrong') ? exits.failed : exits.ok
}
