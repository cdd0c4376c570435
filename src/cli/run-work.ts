// Run work. Owns the time a run is worked on: opens the system, shows what happens, and leaves everything saved.
import { join } from 'node:path'
import { modelFromSpec } from '../models/spec.ts'
import { isoTime } from '../runtime/clock.ts'
import { escapeText, TroupeError } from '../runtime/errors.ts'
import type { Model } from '../runtime/model.ts'
import { sqliteStore } from '../stores/sqlite.ts'
import { createSystem, type Run, type System } from '../system/system.ts'
import { createLog, type Log } from '../telemetry/log.ts'
import type { LogLevel } from '../telemetry/log-level.ts'
import { type ChosenRun, checkOthers } from './choose-run.ts'
import { exits } from './exit.ts'
import type { Host } from './host.ts'
import { type Interrupt, listenForInterrupt } from './interrupt.ts'
import { createProgress, type Progress } from './progress.ts'
import { endOf, tellEnd } from './run-end.ts'
import { createRunFiles, type RunFiles } from './run-files.ts'
import { storePath } from './stored.ts'
import { loadTeam } from './team.ts'
import { wrap } from './text.ts'

export type Work = {
  chosen: ChosenRun
  task: string
  agents: string
  input: string | null
  model: string
  store: string
  out: string
  workspaces: string
  logs: string
  logLevel: LogLevel
  quality: number
  maxRounds: number
  budgetUsd: number | null
  timeoutMs: number | null
  json: boolean
}

const graceMs = 5_000

const modelOf = async (host: Host, spec: string): Promise<Model> => {
  const { ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL: baseURL } = host.env
  if (spec.startsWith('anthropic') && baseURL)
    host.err(`troupe: requests go to ${escapeText(baseURL)} (ANTHROPIC_BASE_URL)\n`)
  return modelFromSpec(spec, { ...(apiKey && { apiKey }), ...(baseURL && { baseURL }) })
}

/** Actors of the run that could not be taken up again, or other runs left alone. */
const checkTakenUp = (host: Host, system: System, work: Work): void => {
  const { id } = work.chosen
  for (const { address, error } of system.runtime.quarantined) {
    const run = address.split('/')[0]!
    if (run === id)
      throw new TroupeError(
        error.code,
        `the run cannot go on: ${error.message}. Its agents were those in ${work.agents}: put them back`,
        { place: address, cause: error },
      )
    if (run === address) host.err(`troupe: run ${escapeText(run)} stays as it is: it belongs to other agents\n`)
  }
}

const startRun = (system: System, agent: string, work: Work): Promise<Run> => {
  const { chosen, task, agents, input, model, out, quality, maxRounds, budgetUsd, timeoutMs } = work
  if (chosen.row) return system.attach(chosen.id)
  return system.start(agent, task, {
    id: chosen.id,
    quality,
    about: { agents, model, out, maxRounds },
    ...(input !== null && { input }),
    ...(budgetUsd !== null && { budget: { usd: budgetUsd } }),
    ...(timeoutMs !== null && { timeoutMs }),
  })
}

/** Shows the run's events until it ends; what was shown before this process is folded in silently. */
const follow = async (run: Run, seen: number, progress: Progress, files: RunFiles): Promise<void> => {
  for await (const event of run.events()) {
    progress.take(event, event.seq > seen)
    if (event.type === 'actor.emitted' && event.seq > seen && isHandedIn(event.event)) files.refresh()
  }
}

const isHandedIn = (event: unknown): boolean => (event as { type?: unknown } | null)?.type === 'task.finished'

const goOnLater = async (host: Host, system: System, work: Work): Promise<void> => {
  await system.close({ graceMs })
  const { id } = work.chosen
  const store = work.store === storePath(host.cwd(), undefined) ? '' : ` --store ${work.store}`
  host.err(`troupe: saved. Go on with: ${host.command} run --id ${id}${store}\n`)
}

const interrupted = async (host: Host, system: System, work: Work): Promise<number> => {
  host.err('troupe: stopping and saving; Ctrl-C again leaves at once, and loses nothing either\n')
  await goOnLater(host, system, work)
  return exits.interrupted
}

/** Nothing runs and no timer is set: a person must act, or something is wrong. */
const stuck = async (host: Host, system: System, work: Work): Promise<number> => {
  const waiting = system.status(work.chosen.id).filter(({ calls, status }) => status === 'active' && calls.length > 0)
  const what = waiting.flatMap(({ calls }) => calls).join(', ')
  host.err(`troupe: run.failed: nothing in this run can go on by itself${what === '' ? '' : `; waiting: ${what}`}\n`)
  await goOnLater(host, system, work)
  return exits.failed
}

const stillness = async (host: Host): Promise<'still'> => {
  await new Promise<void>((resolve) => {
    const stop = host.onStill(() => {
      stop()
      resolve()
    })
  })
  return 'still'
}

type Open = { system: System; log: Log; logFile: string; model: Model; interrupt: Interrupt }

const carryOn = async (host: Host, work: Work, agent: string, open: Open): Promise<number> => {
  const { system, interrupt } = open
  const run = await startRun(system, agent, work)
  const row = (await system.runtime.store.run(run.id))!
  const files = createRunFiles(system.runtime.store, run.id, work.out)
  const progress = createProgress(host, { json: work.json, since: row.startedAt })
  const following = follow(run, work.chosen.seq, progress, files)
  following.catch(() => {}) // what fails it fails the result too, which is awaited
  const ended = run.result()
  const result = await Promise.race([ended, interrupt.asked, stillness(host)])
  if (typeof result === 'string') {
    ended.catch(() => {}) // it says that the system was closed
    progress.close()
    return result === 'still' ? stuck(host, system, work) : interrupted(host, system, work)
  }
  await following
  const written = await files.finish()
  progress.close()
  await system.close({ graceMs })
  return tellEnd(host, endOf(result, progress.view), {
    json: work.json,
    model: open.model.label,
    dir: work.out,
    files: written,
    log: open.logFile,
    store: work.store,
  })
}

/** Works on a run until it ends or is interrupted; gives the exit code. */
export const workOn = async (host: Host, work: Work): Promise<number> => {
  const warn = (line: string) => host.err(`${line}\n`)
  const team = await loadTeam({ dir: work.agents, maxRounds: work.maxRounds, warn })
  checkOthers(work.chosen.others, team.name, work.agents)
  const model = await modelOf(host, work.model)
  const store = sqliteStore(work.store)
  const system = await createSystem({ agents: [team], model, store, workspaces: work.workspaces })
  const interrupt = listenForInterrupt(host, exits.interrupted)
  const logFile = join(work.logs, `execution-${isoTime(host.clock.now()).replaceAll(':', '-')}.log`)
  const log = createLog({ file: logFile, level: work.logLevel, secrets: [host.env.ANTHROPIC_API_KEY] })
  try {
    system.subscribe(log.listener)
    checkTakenUp(host, system, work)
    if (!work.json) announce(host, work, model, team.members.length)
    return await carryOn(host, work, team.name, { system, log, logFile, model, interrupt })
  } finally {
    await system.close({ graceMs: 0 })
    await log.close()
    interrupt.stop()
  }
}

const announce = (host: Host, work: Work, model: Model, members: number): void => {
  const { chosen, input } = work
  const width = Math.max(10, host.screen.columns() - 3)
  const say = (text: string, indent = '  ') =>
    host.err(
      `${wrap(text, width)
        .map((line, index) => `${index === 0 ? indent : '  '}${line}\n`)
        .join('')}`,
    )
  const who = members === 0 ? 'one agent' : `a team of ${members}`
  say(`troupe: ${chosen.row ? 'going on with' : 'starting'} run ${chosen.id}: ${who}, ${model.label}`, '')
  if (!chosen.row) say(work.task)
  if (!chosen.row && input !== null) say(`reading ${input}`)
  const others = chosen.others.map(({ id }) => id)
  if (others.length > 0)
    say(`also under way in this store, and going on if their agents are here: ${others.join(', ')}`)
  host.err('\n')
}
