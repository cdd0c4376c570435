// Show command. Owns `troupe show`: one run as it stands, and its artifacts written again from the store.
import { resolve } from 'node:path'
import { isoTime } from '../runtime/clock.ts'
import { escapeText } from '../runtime/errors.ts'
import type { RunRow, StoreReader } from '../runtime/store.ts'
import { writeRunFiles } from '../system/projection.ts'
import { exits } from './exit.ts'
import type { Host } from './host.ts'
import { spentText } from './narrate.ts'
import { failureLine } from './report-error.ts'
import { endOf, type RunEnd, resultLine } from './run-end.ts'
import { recordedResult, viewOf } from './run-recorded.ts'
import { aboutRun, findRun, storePath, taskOfRun, typed, withReader } from './stored.ts'
import { createStyle, type Style } from './style.ts'
import { bytes, count, duration, money, percent, table, wrap } from './text.ts'
import { type RunView, spentOf, type TaskView } from './view.ts'

export type ShowFlags = { store?: string; out?: string; write?: boolean; json?: boolean }

const stateOf = ({ state, score, round, below }: TaskView, style: Style): string => {
  const rounds = round > 1 ? `, round ${round}` : ''
  const scored = score === null ? '' : `, ${score}/100`
  const paint =
    state === 'failed' || state === 'skipped' || below ? style.fair : state === 'done' ? style.good : style.strong
  return paint(`${state}${scored}${rounds}`)
}

const taskLines = (view: RunView, style: Style): string[] => {
  if (view.tasks.size === 0) return []
  const rows = [...view.tasks.values()].map((task) => [`  ${task.id}`, task.agent ?? '', stateOf(task, style)])
  return ['', style.strong('Tasks'), ...table(rows)]
}

const agentLines = (view: RunView, style: Style): string[] => {
  const rows = [...view.agents.values()].map((agent) => [
    `  ${agent.name}`,
    agent.state,
    `${agent.calls} calls`,
    `${count(agent.inputTokens + agent.outputTokens)} tokens`,
    money(agent.usd),
  ])
  return rows.length === 0 ? [] : ['', style.strong('Agents'), ...table(rows)]
}

const endedLines = ({ result, quality }: RunEnd, style: Style): string[] => {
  const files = result.artifacts.map(({ name, agent, bytes: size }) => [`  ${name}`, agent, bytes(size)])
  const made = files.length === 0 ? [] : ['', style.strong('Made'), ...table(files)]
  if (result.status !== 'complete') return ['', style.bad(failureLine(result.failure)), ...made]
  const good = quality === null ? '' : `, quality ${Math.round(quality)}/100`
  return ['', style.good(`${escapeText(result.summary, 400)} ${percent(result.confidence)} sure${good}.`), ...made]
}

const headLines = (row: RunRow, style: Style, columns: number): string[] => {
  const { description, quality } = taskOfRun(row)
  const { about, input } = aboutRun(row)
  const took = row.endedAt === null ? 'under way' : `took ${duration(row.endedAt - row.startedAt)}`
  const given = [
    ['  agents', about.agents],
    ['  input', input],
    ['  model', about.label ?? about.model],
    ['  quality', quality === null ? undefined : String(quality)],
  ].flatMap(([name, value]) => (value ? [[name!, escapeText(value, 300)]] : []))
  return [
    `${style.strong(escapeText(row.id))}  ${row.status}, started ${isoTime(row.startedAt)}, ${took}`,
    ...wrap(description, Math.max(20, Math.min(columns, 100) - 3)).map((line) => `  ${line}`),
    ...table(given),
  ]
}

const shown = async (host: Host, reader: StoreReader, row: RunRow, store: string): Promise<string[]> => {
  const style = createStyle(host.outIsTerminal && host.screen.colour)
  const view = await viewOf(reader, row.id)
  const ended = row.status === 'active' ? null : endOf(await recordedResult(reader, row), view)
  const goOn = row.status === 'active' ? ['', `Go on with: ${typed(host, 'run --id', escapeText(row.id), store)}`] : []
  return [
    ...headLines(row, style, host.screen.columns()),
    ...taskLines(view, style),
    ...agentLines(view, style),
    ...(ended ? endedLines(ended, style) : goOn),
    '',
    spentText(spentOf(view)),
  ]
}

const showJson = async (reader: StoreReader, row: RunRow, dir: string, files: readonly string[]): Promise<string> => {
  const view = await viewOf(reader, row.id)
  if (row.status !== 'active')
    return resultLine(endOf(await recordedResult(reader, row), view), {
      json: true,
      model: aboutRun(row).about.label ?? null,
      dir,
      files,
      log: null,
      store: '',
    })
  const { tasks, agents, objective } = view
  const now = { objective, tasks: [...tasks.values()], agents: [...agents.values()], spent: spentOf(view) }
  const at = isoTime(row.startedAt)
  return `${JSON.stringify({ type: 'run', run: row.id, status: row.status, agent: row.agent, startedAt: at, ...now })}\n`
}

/** Carries out `troupe show`. */
export const runShow = async (host: Host, id: string, flags: ShowFlags): Promise<number> => {
  const file = storePath(host.cwd(), flags.store)
  return withReader(file, async (reader) => {
    const row = await findRun(reader, id)
    const dir = resolve(host.cwd(), flags.out ?? aboutRun(row).about.out ?? `artifacts/${row.id}`)
    const files = flags.write ? (await writeRunFiles(reader, row.id, dir)).files : []
    if (flags.json) host.out(await showJson(reader, row, dir, files))
    else host.out(`${(await shown(host, reader, row, file)).join('\n')}\n`)
    if (flags.write) host.err(`wrote ${files.length} files to ${escapeText(dir, 400)}\n`)
    return exits.ok
  })
}
