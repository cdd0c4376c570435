// Runs. Owns giving tasks to agents: a run for each, found again by its id, and its result whenever it is asked for.
import type { Agent, OutputOf } from '../actors/agent.ts'
import type { Artifact } from '../machines/protocol.ts'
import type { Limits } from '../runtime/definition.ts'
import { TroupeError } from '../runtime/errors.ts'
import type { TroupeEvent } from '../runtime/events.ts'
import type { Json } from '../runtime/json.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { RunRow } from '../runtime/store.ts'
import { streamEvents } from './event-stream.ts'
import type { Registry } from './registry.ts'
import { usedBy } from './run-metrics.ts'
import { type RunResult, readResult } from './run-result.ts'
import { checkLimits, type TaskFor, taskFrom } from './tasks.ts'
import type { StoredSettings } from './workspaces.ts'

export type RunOptions = {
  /** The run's id; the same id again gives the same run. Default a fresh one. */
  id?: string
  /** What the run may spend. */
  budget?: Limits
  /** Milliseconds until the run fails with `run.timeout`. Default none. */
  timeoutMs?: number
  /** A folder the agents may read as `input/`. */
  input?: string
  /** 0..100; what a review must reach. Default 80. */
  quality?: number
  /** Whatever whoever starts the run wants to find in its row later. */
  about?: { [key: string]: Json }
}

export interface Run<Output = unknown> {
  readonly id: string
  /** Resolves when the run has ended, however it ended. Rejects when it cannot go on here, with the reason. */
  result(): Promise<RunResult<Output>>
  cancel(reason?: string): Promise<void>
  /** From the run's first event; live until it ends. */
  events(): AsyncIterable<TroupeEvent>
}

export interface Runs {
  start<A extends Agent>(agent: A | string, task: TaskFor<A>, options?: RunOptions): Promise<Run<OutputOf<A>>>
  attach(id: string): Promise<Run>
  handle(id: string): Run
  /** The text of an artifact. */
  textOf(artifact: Pick<Artifact, 'hash'>): Promise<string>
}

export type RunsOptions = {
  runtime: Runtime
  registry: Registry
  /** Told of the settings of a run before it starts. */
  settle: (run: string, settings: StoredSettings) => void
  workspaces: string
}

const unknownRun = (id: string): TroupeError =>
  new TroupeError('run.unknown', `there is no run "${id}"; list them with runs()`, { place: id })

const createReader = ({ runtime }: RunsOptions) => {
  const { store } = runtime
  const textOf: Runs['textOf'] = async ({ hash }) => {
    const text = await runtime.getBlob(hash)
    if (text !== null) return text
    throw new TroupeError('store.corrupt', `the store has no artifact ${hash}; restore the store from a copy`, {
      place: hash,
    })
  }
  const rowOf = async (id: string): Promise<RunRow> => {
    const row = await store.run(id)
    if (row) return row
    throw unknownRun(id)
  }
  const resultOf = async (id: string): Promise<RunResult> => {
    if ((await rowOf(id)).status === 'active') await runtime.ended(id)
    const row = await rowOf(id)
    const result = await readResult(row, textOf)
    return result.status === 'complete' ? result : { ...result, metrics: await usedBy(store, row) }
  }
  return { textOf, rowOf, resultOf }
}

type Beginning = { agent: Agent; task: Json; id: string; given: RunOptions }

const begin = async (options: RunsOptions, { agent, task, id, given }: Beginning): Promise<void> => {
  const { runtime, registry, settle, workspaces } = options
  const { budget = {}, timeoutMs = null, input = null, about = {} } = given
  const settings: StoredSettings = { input, workspaces }
  const definition = registry.ofAgent(agent)
  settle(id, settings)
  await runtime.spawn(definition, {
    id,
    input: { agent: agent.name, agentInput: agent.machineInput(), task, timeoutMs },
    limits: budget,
    run: { agent: agent.name, task, options: { ...settings, budget, timeoutMs, about } as Json },
  })
}

/** Starts a run, unless there is the same already. */
const beginOnce = async (options: RunsOptions, beginning: Beginning): Promise<void> => {
  const { agent, task, id } = beginning
  const known = await options.runtime.store.run(id)
  if (!known) return begin(options, beginning)
  if (known.agent === agent.name && known.task === JSON.stringify(task)) return
  throw new TroupeError(
    'run.conflict',
    `the run "${id}" was started with another task; choose another id, or attach to it without a task`,
    { place: id },
  )
}

/** Does one thing after the other for each id. */
const createTurnstile = () => {
  const last = new Map<string, Promise<void>>()
  return async (id: string, work: () => Promise<void>): Promise<void> => {
    const before = last.get(id) ?? Promise.resolve()
    const mine = before.catch(() => {}).then(work) // whoever asked for it hears of its failure
    last.set(id, mine)
    try {
      await mine
    } finally {
      if (last.get(id) === mine) last.delete(id)
    }
  }
}

const findAgent = ({ agents }: Registry, given: Agent | string): Agent => {
  const agent = typeof given === 'string' ? agents.get(given) : given
  if (agent) return agent
  throw new TroupeError(
    'config.invalid',
    `there is no agent "${String(given)}"; this system has ${[...agents.keys()].join(', ') || 'none: give it one'}`,
    { place: String(given) },
  )
}

/** Starts runs and finds them again. */
export const createRuns = (options: RunsOptions): Runs => {
  const { runtime, registry } = options
  const { textOf, rowOf, resultOf } = createReader(options)
  const inTurn = createTurnstile()

  const handle = (id: string): Run => ({
    id,
    result: () => resultOf(id),
    cancel: (reason = 'cancelled') => runtime.cancel(id, reason),
    events: () => streamEvents(runtime, { run: id, follow: true }),
  })

  const start = async (who: Agent | string, what: unknown, given: RunOptions = {}): Promise<Run> => {
    const agent = findAgent(registry, who)
    const task = taskFrom(agent, what, given.quality)
    checkLimits(given)
    const { id = runtime.random.id() } = given
    await inTurn(id, () => beginOnce(options, { agent, task, id, given }))
    return handle(id)
  }

  return {
    start: start as Runs['start'], // the agent's own schemas have checked what its types promise
    attach: async (id) => handle((await rowOf(id)).id),
    handle,
    textOf,
  }
}
