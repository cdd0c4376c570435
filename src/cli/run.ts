// Run command. Owns `troupe run`: what was typed becomes a run that is read, gone on with, or begun.
import { resolve } from 'node:path'
import { parseModelSpec } from '../models/spec.ts'
import { escapeText, TroupeError } from '../runtime/errors.ts'
import type { RunRow } from '../runtime/store.ts'
import type { LogLevel } from '../telemetry/log-level.ts'
import { type ChosenRun, chooseRun } from './choose-run.ts'
import type { Host } from './host.ts'
import { showRecorded } from './run-recorded.ts'
import { type Work, workOn } from './run-work.ts'
import { aboutRun, storePath, taskOfRun } from './stored.ts'
import { ownAgents, ownDocs } from './team.ts'
import { folder } from './values.ts'

export type RunFlags = {
  input?: string
  agents?: string
  id?: string
  store?: string
  out?: string
  model?: string
  quality?: number
  budgetUsd?: number
  maxRounds?: number
  timeout?: number
  logLevel?: LogLevel
  json?: boolean
}

/** The main job: what `troupe run` does when it is told nothing. */
export const defaultTask =
  'Explain what survives when the process is killed, what becomes of a call that was interrupted, and how a team reviews and refines its work. Write it as a guide for newcomers. Cite file and line.'

const checkConflict = (row: RunRow, task: string | undefined, agents: string | undefined): void => {
  const conflict = (what: string, remedy: string): never => {
    throw new TroupeError('run.conflict', `the run "${row.id}" was started with ${what}; ${remedy}`, { place: row.id })
  }
  if (task !== undefined && taskOfRun(row).description !== task)
    conflict('another task', 'choose another --id, or leave the task away to go on with it')
  const own = aboutRun(row).about.agents
  if (row.status === 'active' && agents !== undefined && own !== undefined && own !== agents)
    conflict(`the agents in ${own}`, 'name that folder, or none')
}

/** `scripted:` names a file: it must be found again from any folder. */
const specOf = (given: string, cwd: string): string => {
  const parsed = parseModelSpec(given)
  return parsed.kind === 'scripted' ? `scripted:${resolve(cwd, parsed.file)}` : given
}

const workFrom = (host: Host, chosen: ChosenRun, task: string | undefined, flags: RunFlags): Omit<Work, 'store'> => {
  const cwd = host.cwd()
  const known = chosen.row === null ? null : aboutRun(chosen.row)
  const usual = host.env.ANTHROPIC_API_KEY ? 'anthropic' : 'offline'
  return {
    chosen,
    task: task ?? defaultTask,
    agents: known?.about.agents ?? (flags.agents === undefined ? ownAgents() : folder('--agents', flags.agents, cwd)),
    input: known ? known.input : inputFrom(cwd, task, flags),
    model: flags.model === undefined ? (known?.about.model ?? usual) : specOf(flags.model, cwd),
    out: resolve(cwd, flags.out ?? known?.about.out ?? `artifacts/${chosen.id}`),
    workspaces: resolve(cwd, '.troupe/workspaces'),
    logs: resolve(cwd, 'logs'),
    logLevel: flags.logLevel ?? 'info',
    quality: flags.quality ?? 80,
    maxRounds: known?.about.maxRounds ?? flags.maxRounds ?? 3,
    budgetUsd: flags.budgetUsd ?? null,
    timeoutMs: flags.timeout ?? null,
    json: flags.json ?? false,
  }
}

const inputFrom = (cwd: string, task: string | undefined, { input }: RunFlags): string | null => {
  if (input !== undefined) return folder('--input', input, cwd)
  return task === undefined ? ownDocs() : null
}

/** Carries out `troupe run`; gives the exit code. */
export const runRun = async (host: Host, task: string | undefined, flags: RunFlags): Promise<number> => {
  const cwd = host.cwd()
  const store = storePath(cwd, flags.store)
  if (task?.trim() === '') throw new TroupeError('cli.usage', 'the task is empty; say what is to be done')
  const agents = flags.agents === undefined ? undefined : folder('--agents', flags.agents, cwd)
  const wanted = {
    id: flags.id,
    task: task ?? null,
    defaultTask,
    input: inputFrom(cwd, task, flags),
    agents: agents ?? ownAgents(),
    quality: flags.quality ?? null,
  }
  const chosen = await chooseRun(store, wanted, host.random)
  if (chosen.row) checkConflict(chosen.row, task, agents)
  if (chosen.row && chosen.row.status !== 'active') return showRecorded(host, store, chosen.row, flags)
  if (chosen.row === null && wanted.input === null)
    host.err('troupe: no --input: the agents have nothing to read but the task\n')
  if (chosen.row && chosen.found && flags.json)
    host.err(`troupe: going on with run ${escapeText(chosen.id)}, which is under way with the same task\n`)
  return workOn(host, { store, ...workFrom(host, chosen, task, flags) })
}
