// Run work. Owns the time a run is worked on: opens the system, shows what happens, and leaves everything saved.
import { join } from 'node:path'
import type { Agent } from '../actors/agent.ts'
import { modelFromSpec } from '../models/spec.ts'
import { isoTime } from '../runtime/clock.ts'
import { escapeText } from '../runtime/errors.ts'
import type { Model } from '../runtime/model.ts'
import { sqliteStore } from '../stores/sqlite.ts'
import { createSystem, type Run, type System } from '../system/system.ts'
import { createLog } from '../telemetry/log.ts'
import type { LogLevel } from '../telemetry/log-level.ts'
import type { ChosenRun } from './choose-run.ts'
import { exits } from './exit.ts'
import type { Host } from './host.ts'
import { type Interrupt, listenForInterrupt } from './interrupt.ts'
import { checkOthers, checkTakenUp, tellOthers } from './other-runs.ts'
import { createProgress, type Progress } from './progress.ts'
import { endOf, tellEnd } from './run-end.ts'
import { createRunFiles, type RunFiles } from './run-files.ts'
import { typed } from './stored.ts'
import { loadTeam } from './team.ts'
import { wrap } from './text.ts'
import type { RunView } from './view.ts'

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

const startRun = (system: System, agent: string, work: Work, label: string): Promise<Run> => {
  const { chosen, task, agents, input, model, out, quality, maxRounds, budgetUsd, timeoutMs } = work
  if (chosen.row) return system.attach(chosen.id)
  return system.start(agent, task, {
    id: chosen.id,
    quality,
    about: { agents, model, label, out, maxRounds },
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
  host.err(`troupe: saved. Go on with: ${typed(host, 'run --id', work.chosen.id, work.store)}\n`)
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

type Open = { system: System; logFile: string; model: Model; interrupt: Interrupt }

const carryOn = async (host: Host, work: Work, agent: string, open: Open): Promise<number> => {
  const { system, interrupt } = open
  const run = await startRun(system, agent, work, open.model.label)
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
    model: answeredBy(open.model, progress.view),
    dir: work.out,
    files: written,
    log: open.logFile,
    store: work.store,
  })
}

/** What the model says of itself, and which others answered before this process. */
const answeredBy = ({ id, label }: Model, { models }: RunView): string => {
  const others = [...models].filter((name) => name !== id)
  return others.length === 0 ? label : `${label}; before: ${others.join(', ')}`
}

type Opened = { system: System; interrupt: Interrupt; model: Model; agent: Agent<string, string> }

const workIn = async (host: Host, work: Work, { system, interrupt, model, agent }: Opened): Promise<number> => {
  const logFile = join(work.logs, `execution-${isoTime(host.clock.now()).replaceAll(':', '-')}.log`)
  const log = createLog({ file: logFile, level: work.logLevel, secrets: [host.env.ANTHROPIC_API_KEY] })
  const stop = system.subscribe(log.listener)
  try {
    checkTakenUp(system, work.chosen.id, work.agents)
    tellOthers(host, system, work.chosen.others)
    if (!work.json) announce(host, work, model, agent.members.length)
    return await carryOn(host, work, agent.name, { system, logFile, model, interrupt })
  } finally {
    stop()
    await log.close()
  }
}

/** Works on a run until it ends or is interrupted; gives the exit code. */
export const workOn = async (host: Host, work: Work): Promise<number> => {
  const warn = (line: string) => host.err(`${line}\n`)
  const agent = await loadTeam({ dir: work.agents, maxRounds: work.maxRounds, warn })
  checkOthers(work.chosen.others, agent.name, work.agents)
  const model = await modelOf(host, work.model)
  const interrupt = listenForInterrupt(host, exits.interrupted)
  try {
    const store = sqliteStore(work.store)
    await using system = await createSystem({ agents: [agent], model, store, workspaces: work.workspaces })
    return await workIn(host, work, { system, interrupt, model, agent })
  } finally {
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
  const how = chosen.found && chosen.row ? ', which is under way with this task' : ''
  say(`troupe: ${chosen.row ? 'going on with' : 'starting'} run ${chosen.id}${how}: ${who}, ${model.label}`, '')
  if (!chosen.row) say(work.task)
  if (!chosen.row && input !== null) say(`reading ${input}`)
  host.err('\n')
}
