// System. Owns the one door: agents, machines, a model and a store in; runs, messages and their records out.
//   It puts the parts together and holds none of their logic: what is durable is the runtime's, what agents do is theirs.
import { join } from 'node:path'
import type { AnyActorLogic, AnyStateMachine, InputFrom } from 'xstate'
import type { Agent, Hands } from '../actors/agent.ts'
import { type TaskInput, taskSchema } from '../actors/messages.ts'
import { type AskOutput, askMachine } from '../machines/ask.ts'
import type { Artifact } from '../machines/protocol.ts'
import { runMachine } from '../machines/run.ts'
import { offline } from '../models/offline.ts'
import type { Clock } from '../runtime/clock.ts'
import { type Definition, define, type Limits } from '../runtime/definition.ts'
import { TroupeError } from '../runtime/errors.ts'
import type { TroupeEvent } from '../runtime/events.ts'
import type { Json } from '../runtime/json.ts'
import type { Model } from '../runtime/model.ts'
import type { Listener, PartListener } from '../runtime/observers.ts'
import type { Random } from '../runtime/random.ts'
import { type ActorStatusReport, createRuntime, type Runtime } from '../runtime/runtime.ts'
import type { Receipt, SendOptions } from '../runtime/send.ts'
import type { Ended, RuntimeLimits } from '../runtime/state.ts'
import type { LedgerRow, RunRow, Store } from '../runtime/store.ts'
import { memoryStore } from '../stores/memory.ts'
import { type Checkpoint, readCheckpoints } from './checkpoints.ts'
import { type EventQuery, readEvents, streamEvents } from './event-stream.ts'
import { judgeRun, type RunResult, readResult } from './run-result.ts'
import { createToolbox, type WorkspaceSettings } from './workspaces.ts'

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

/** What an agent's tasks look like: words, a whole task, or the value its `input` schema describes. */
export type TaskFor<A> =
  A extends Agent<infer Input, unknown>
    ? unknown extends Input
      ? string | TaskInput
      : Input extends string
        ? string | TaskInput
        : Input
    : never
export type OutputOf<A> = A extends Agent<infer _Input, infer Output> ? Output : unknown

export interface Run<Output = unknown> {
  readonly id: string
  /** Resolves when the run has ended, however it ended. */
  result(): Promise<RunResult<Output>>
  cancel(reason?: string): Promise<void>
  /** From the run's first event; live until it ends. */
  events(): AsyncIterable<TroupeEvent>
}

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
  send(address: string, event: { type: string; [key: string]: unknown }, options?: SendOptions): Promise<Receipt>
  /** Asks an actor a question; an answer that is late is an unknown outcome. Default patience 60 s. */
  ask(address: string, text: string, options?: { timeoutMs?: number }): Promise<AskOutput>
  /** Sends to every living actor of a run but those named. */
  broadcast(
    run: string,
    event: { type: string; [key: string]: unknown },
    options?: { except?: readonly string[] },
  ): Promise<string[]>
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
  readonly runtime: Runtime
  [Symbol.asyncDispose](): Promise<void>
}

type StoredOptions = { input: string | null; workspaces: string }

const taskFrom = (agent: Agent, task: unknown, quality: number | undefined): Json => {
  const given = agent.input
    ? { description: `Do your work on the input value "input".`, input: { values: { input: agent.input.parse(task) } } }
    : typeof task === 'string'
      ? { description: task }
      : task
  const parsed = taskSchema.safeParse(given)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new TroupeError('config.invalid', `the task does not fit: ${issue?.message ?? ''}`, {
      place: `/${issue?.path.join('/') ?? ''}`,
    })
  }
  return { ...parsed.data, ...(quality !== undefined && { qualityThreshold: quality }) } as unknown as Json
}

const machineIdOf = (agent: Agent): string => `run:${agent.name}`

const createRegistry = (options: SystemOptions, hands: Hands) => {
  const agents = new Map<string, Agent>()
  const known = new Map<string, Definition>()
  const add = (definition: Definition): Definition => {
    known.set(definition.id, definition)
    return definition
  }
  const addAgent = (agent: Agent): Definition => {
    const same = agents.get(agent.name)
    const definition = known.get(machineIdOf(agent))
    if (same === agent && definition) return definition
    if (same)
      throw new TroupeError('config.invalid', `two agents have the name "${agent.name}"; give each its own`, {
        place: agent.name,
      })
    agents.set(agent.name, agent)
    return add(define(runMachine.provide({ actors: { agent: agent.logic(hands) as never } }), machineIdOf(agent)))
  }
  add(define(askMachine))
  for (const machine of options.machines ?? []) add(define(machine))
  for (const agent of options.agents ?? []) addAgent(agent)
  return { agents, find: (id: string) => known.get(id) ?? null, add, addAgent }
}

/**
 * Opens a store and goes on with every run in it. Throws `store.locked` when another process has it, `config.invalid`,
 * `machine.invalid` and `machine.not-durable` before anything starts.
 * @example
 * await using system = await createSystem({ agents: [greeter] })
 * const result = await system.run(greeter, 'Greet Ada.')
 */
export const createSystem = async (options: SystemOptions = {}): Promise<System> => {
  const { model = offline(), store = memoryStore(), workspaces = join('.troupe', 'workspaces') } = options
  const settings = new Map<string, WorkspaceSettings>()
  const settingsOf = async (run: string): Promise<WorkspaceSettings> => {
    const known = settings.get(run)
    if (known) return known
    const row = await store.run(run)
    const stored = (row ? JSON.parse(row.options) : { input: null, workspaces }) as StoredOptions
    const made = { dir: stored.workspaces, input: stored.input }
    settings.set(run, made)
    return made
  }
  const registry = createRegistry(options, { model, tools: createToolbox(settingsOf) })
  const runtime = await createRuntime({
    store,
    registry: registry.find,
    judge: judgeRun,
    ...(options.limits && { limits: options.limits }),
    ...(options.clock && { clock: options.clock }),
    ...(options.random && { random: options.random }),
  })

  const textOf = async ({ hash }: Pick<Artifact, 'hash'>): Promise<string> => {
    const text = await runtime.getBlob(hash)
    if (text === null) throw new TroupeError('store.corrupt', `the store has no artifact ${hash}`, { place: hash })
    return text
  }

  const resultOf = async (id: string): Promise<RunResult> => {
    const row = await store.run(id)
    if (!row) throw new TroupeError('run.unknown', `there is no run "${id}"; list them with runs()`, { place: id })
    if (row.status !== 'active') return readResult(row, textOf)
    await runtime.ended(id)
    return readResult((await store.run(id))!, textOf)
  }

  const handle = (id: string): Run => ({
    id,
    result: () => resultOf(id),
    cancel: (reason = 'cancelled') => runtime.cancel(id, reason),
    events: () => streamEvents(runtime, { run: id, follow: true }),
  })

  const begin = async (
    agent: Agent,
    task: Json,
    { id = runtime.random.id(), budget, timeoutMs, input, about = {} }: RunOptions,
  ): Promise<Run> => {
    const definition = registry.addAgent(agent)
    const stored: StoredOptions = { input: input ?? null, workspaces }
    settings.set(id, { dir: workspaces, input: stored.input })
    await runtime.spawn(definition, {
      id,
      input: { agent: agent.name, agentInput: agent.machineInput(), task, timeoutMs: timeoutMs ?? null },
      limits: budget ?? {},
      run: {
        agent: agent.name,
        task,
        options: { ...stored, budget: budget ?? {}, timeoutMs: timeoutMs ?? null, about } as Json,
      },
    })
    return handle(id)
  }

  const start = async (given: Agent | string, task: unknown, runOptions: RunOptions = {}): Promise<Run> => {
    const agent = typeof given === 'string' ? registry.agents.get(given) : given
    if (!agent)
      throw new TroupeError(
        'config.invalid',
        `there is no agent "${String(given)}"; this system has ${[...registry.agents.keys()].join(', ') || 'none'}`,
        { place: String(given) },
      )
    const body = taskFrom(agent, task, runOptions.quality)
    const known = runOptions.id === undefined ? null : await store.run(runOptions.id)
    if (!known) return begin(agent, body, runOptions)
    if (known.agent === agent.name && known.task === JSON.stringify(body)) return handle(known.id)
    throw new TroupeError(
      'run.conflict',
      `the run "${known.id}" was started with another task; choose another id, or leave the task away to look at it`,
      { place: known.id },
    )
  }

  const ask = async (
    to: string,
    text: string,
    { timeoutMs = 60_000 }: { timeoutMs?: number } = {},
  ): Promise<AskOutput> => {
    if (runtime.status(to).length === 0)
      throw new TroupeError('actor.unknown', `there is no living actor ${to}; list them with status()`, { place: to })
    const address = await runtime.spawn(askMachine, {
      id: `ask-${runtime.random.id()}`,
      input: { to, text, timeoutMs },
    })
    const { output, status } = await runtime.ended(address)
    return status === 'done' ? (output as AskOutput) : { answered: false }
  }

  const broadcast: System['broadcast'] = async (run, event, { except = [] } = {}) => {
    const to = runtime
      .status(run)
      .filter(({ status, address }) => status === 'active' && address !== run && !except.includes(address))
    await Promise.all(to.map(({ address }) => runtime.send(address, event)))
    return to.map(({ address }) => address)
  }

  return {
    runtime,
    start: start as System['start'],
    run: (async (agent: Agent | string, task: unknown, runOptions?: RunOptions) =>
      (await start(agent, task, runOptions)).result()) as System['run'],
    attach: async (id) => {
      if (await store.run(id)) return handle(id)
      throw new TroupeError('run.unknown', `there is no run "${id}"; list them with runs()`, { place: id })
    },
    spawn: async (machine, spawnOptions) =>
      runtime.spawn(
        registry.find((machine as unknown as AnyStateMachine).id ?? '') ?? registry.add(define(machine)),
        spawnOptions as never,
      ),
    send: runtime.send,
    ask,
    broadcast,
    ended: runtime.ended,
    status: runtime.status,
    runs: () => store.runs(),
    events: (query = {}) => (query.follow ? streamEvents(runtime, query) : readEvents(store, query)),
    checkpoints: (run) => readCheckpoints(store, run),
    fork: async (run, given) => handle(await runtime.fork({ run, ...given, scratch: memoryStore() })),
    subscribe: runtime.subscribe,
    subscribeParts: runtime.subscribeParts,
    artifact: textOf,
    balance: runtime.balance,
    cancel: (address, reason = 'cancelled') => runtime.cancel(address, reason),
    decide: runtime.decide,
    idle: runtime.idle,
    close: runtime.close,
    [Symbol.asyncDispose]: () => runtime.close(),
  }
}
