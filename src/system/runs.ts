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

/** Starts runs and finds them again. */
export const createRuns = (options: RunsOptions): Runs => {
  const { runtime, registry, settle, workspaces } = options
  const { textOf, rowOf, resultOf } = createReader(options)
  /** Ids whose run is being started: a second start of the same waits for the first. */
  const starting = new Map<string, Promise<unknown>>()

  const handle = (id: string): Run => ({
    id,
    result: () => resultOf(id),
    cancel: (reason = 'cancelled') => runtime.cancel(id, reason),
    events: () => streamEvents(runtime, { run: id, follow: true }),
  })

  const begin = async (agent: Agent, task: Json, id: string, given: RunOptions): Promise<Run> => {
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
    return handle(id)
  }

  const beginOrFind = async (agent: Agent, task: Json, id: string, given: RunOptions): Promise<Run> => {
    const known = await runtime.store.run(id)
    if (!known) return begin(agent, task, id, given)
    if (known.agent === agent.name && known.task === JSON.stringify(task)) return handle(id)
    throw new TroupeError(
      'run.conflict',
      `the run "${id}" was started with another task; choose another id, or attach to it without a task`,
      { place: id },
    )
  }

  const agentFor = (given: Agent | string): Agent => {
    const agent = typeof given === 'string' ? registry.agents.get(given) : given
    if (agent) return agent
    throw new TroupeError(
      'config.invalid',
      `there is no agent "${String(given)}"; this system has ${[...registry.agents.keys()].join(', ') || 'none'}`,
      { place: String(given) },
    )
  }

  const start = async (given: Agent | string, task: unknown, about: RunOptions = {}): Promise<Run> => {
    const agent = agentFor(given)
    const body = taskFrom(agent, task, about.quality)
    checkLimits(about)
    const { id = runtime.random.id() } = about
    const before = starting.get(id) ?? Promise.resolve()
    const begun = before.catch(() => {}).then(() => beginOrFind(agent, body, id, about))
    starting.set(id, begun)
    try {
      return await begun
    } finally {
      if (starting.get(id) === begun) starting.delete(id)
    }
  }

  return {
    start: start as Runs['start'],
    attach: async (id) => handle((await rowOf(id)).id),
    handle,
    textOf,
  }
}
