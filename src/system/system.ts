// System. Owns the one door: agents, machines, a model and a store in; runs, messages and their records out.
//   It puts the parts together and holds none of their logic: what is durable is the runtime's, what agents do is theirs.
import { join } from 'node:path'
import type { AnyActorLogic, InputFrom } from 'xstate'
import type { Agent, OutputOf } from '../actors/agent.ts'
import type { AskOutput } from '../machines/ask.ts'
import type { Artifact } from '../machines/protocol.ts'
import { offline } from '../models/offline.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Limits } from '../runtime/definition.ts'
import type { TroupeEvent } from '../runtime/events.ts'
import type { Model } from '../runtime/model.ts'
import type { Listener, PartListener } from '../runtime/observers.ts'
import type { Random } from '../runtime/random.ts'
import { type ActorStatusReport, createRuntime, type Runtime } from '../runtime/runtime.ts'
import type { Receipt, SendOptions } from '../runtime/send.ts'
import type { Ended, Quarantine, RuntimeLimits } from '../runtime/state.ts'
import type { LedgerRow, RunRow, Store } from '../runtime/store.ts'
import { memoryStore } from '../stores/memory.ts'
import { type Checkpoint, readCheckpoints } from './checkpoints.ts'
import { type EventQuery, readEvents, streamEvents } from './event-stream.ts'
import { type AskOptions, ask, type BroadcastOptions, broadcast, type SentEvent } from './messaging.ts'
import { createRegistry, type Registry } from './registry.ts'
import { judgeRun, type RunResult } from './run-result.ts'
import { createRuns, type Run, type RunOptions, type Runs } from './runs.ts'
import type { TaskFor } from './tasks.ts'
import { createSettings, createToolbox } from './workspaces.ts'

export type SystemOptions = {
  /** Agents that can be given tasks. Runs in the store that are under way need theirs here. */
  agents?: readonly Agent[]
  /** XState machines whose actors may be in the store, so that they go on when it is opened. */
  machines?: readonly AnyActorLogic[]
  /** Default `offline()`: rules, no key, no network. */
  model?: Model
  /** Default `memoryStore()`: nothing survives the process. */
  store?: Store
  /** Folder for the agents' workspaces. Default `.troupe/workspaces`. */
  workspaces?: string
  limits?: Partial<RuntimeLimits>
  clock?: Clock
  random?: Random
}

export type { OutputOf } from '../actors/agent.ts'
export type { Run, RunOptions } from './runs.ts'
export type { TaskFor } from './tasks.ts'

export interface System {
  /** Gives an agent a task and waits for the end. */
  run<A extends Agent>(agent: A | string, task: TaskFor<A>, options?: RunOptions): Promise<RunResult<OutputOf<A>>>
  /** Gives an agent a task; resolves when that is durable. */
  start<A extends Agent>(agent: A | string, task: TaskFor<A>, options?: RunOptions): Promise<Run<OutputOf<A>>>
  /** A handle on a run that exists. */
  attach(id: string): Promise<Run>
  /** Starts any XState machine as a durable actor; returns its address. */
  spawn<Logic extends AnyActorLogic>(
    machine: Logic,
    options?: { id?: string; input?: InputFrom<Logic>; limits?: Limits },
  ): Promise<string>
  /** Resolves when the message is durable. */
  send(address: string, event: SentEvent, options?: SendOptions): Promise<Receipt>
  /** Asks an actor a question, or a run's agent; no answer in time is an unknown outcome. Throws `actor.unknown`. */
  ask(address: string, text: string, options?: AskOptions): Promise<AskOutput>
  /** Sends to every living actor below a root actor but those named; gives who got it. Throws `actor.unknown`. */
  broadcast(root: string, event: SentEvent, options?: BroadcastOptions): Promise<string[]>
  /** Resolves when the root actor has ended. */
  ended(address: string): Promise<Ended>
  status(run?: string): ActorStatusReport[]
  runs(): Promise<RunRow[]>
  events(query?: EventQuery): AsyncIterable<TroupeEvent>
  /** Every position of a run that can be looked back to and forked from, oldest first. */
  checkpoints(run: string): AsyncIterable<Checkpoint>
  /**
   * A new run that begins where another was. Calls that were open then are made anew, or with `answers: 'recorded'` get the
   * answer they got. Throws `actor.done` when the run had ended by then, `replay.diverged` when its machine has changed.
   */
  fork(run: string, options: { at: number; id?: string; answers?: 'live' | 'recorded' }): Promise<Run>
  subscribe(listener: Listener): () => void
  subscribeParts(listener: PartListener): () => void
  /** The text of an artifact. */
  artifact(artifact: Pick<Artifact, 'hash'>): Promise<string>
  balance(run: string): LedgerRow | null
  cancel(address: string, reason?: string): Promise<void>
  decide(call: string, decision: 'retry' | 'fail'): Promise<void>
  idle(): Promise<void>
  close(options?: { graceMs?: number }): Promise<void>
  /** Actors in the store that could not be taken up, each with the reason. What is stored of them stays as it is. */
  readonly problems: readonly Quarantine[]
  readonly runtime: Runtime
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Opens a store and goes on with every run in it. Throws `store.locked` when another process has it, `config.invalid`,
 * `machine.invalid` and `machine.not-durable` before anything starts.
 * @example
 * await using system = await createSystem({ agents: [greeter] })
 * const result = await system.run(greeter, 'Greet Ada.')
 */
export const createSystem = async (options: SystemOptions = {}): Promise<System> => {
  const { agents = [], machines = [], model = offline(), store = memoryStore() } = options
  const { workspaces = join('.troupe', 'workspaces'), limits, clock, random } = options
  const settings = createSettings(store, workspaces)
  const registry = createRegistry({ agents, machines, hands: { model, tools: createToolbox(settings.of) } })
  const runtime = await createRuntime({
    store,
    registry: registry.find,
    judge: judgeRun,
    ...(limits && { limits }),
    ...(clock && { clock }),
    ...(random && { random }),
  })
  return systemOf(runtime, registry, createRuns({ runtime, registry, settle: settings.settle, workspaces }))
}

const systemOf = (runtime: Runtime, registry: Registry, runs: Runs): System => {
  const { store } = runtime
  return {
    runtime,
    problems: runtime.quarantined,
    start: runs.start,
    run: async (agent, task, given) => (await runs.start(agent, task, given)).result(),
    attach: runs.attach,
    spawn: async (machine, given = {}) => runtime.spawn(registry.ofMachine(machine), given),
    send: runtime.send,
    ask: (address, text, given) => ask(runtime, address, text, given),
    broadcast: (root, event, given) => broadcast(runtime, root, event, given),
    ended: runtime.ended,
    status: runtime.status,
    runs: () => store.runs(),
    events: (query = {}) => (query.follow ? streamEvents(runtime, query) : readEvents(store, query)),
    checkpoints: (run) => readCheckpoints(store, run),
    fork: async (run, given) => runs.handle(await runtime.fork({ run, ...given, scratch: memoryStore() })),
    subscribe: runtime.subscribe,
    subscribeParts: runtime.subscribeParts,
    artifact: runs.textOf,
    balance: runtime.balance,
    cancel: (address, reason = 'cancelled') => runtime.cancel(address, reason),
    decide: runtime.decide,
    idle: runtime.idle,
    close: runtime.close,
    [Symbol.asyncDispose]: () => runtime.close(),
  }
}
