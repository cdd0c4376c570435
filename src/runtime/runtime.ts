// Runtime. Owns the door: what can be asked of a running system. Everything it does is done by its parts.
import type { AnyActorLogic, InputFrom } from 'xstate'
import { type ActorStatusReport, awaitEnd, readActor, reportStatus } from './actor-reads.ts'
import { bearRoot } from './births.ts'
import { abandonCalls, decideCall } from './calls.ts'
import { type Clock, systemClock } from './clock.ts'
import { closedError, createCore, refuseWaiting } from './core.ts'
import { type Definition, define, type Limits } from './definition.ts'
import { stopTree } from './ends.ts'
import { TroupeError, toFailure } from './errors.ts'
import { type ForkOptions, forkRun } from './fork.ts'
import type { Json } from './json.ts'
import { post } from './letters.ts'
import { createObservers, type Listener, type PartListener } from './observers.ts'
import { type Random, systemRandom } from './random.ts'
import { type Registry, recover } from './recovery.ts'
import { createRest, drain, type Rest } from './rest.ts'
import { acceptMessage, detach, type Receipt, type SendOptions } from './send.ts'
import { atOneTime, type Core, checkOpen, type Ended, now, type Quarantine, type RuntimeLimits } from './state.ts'
import type { Counters, LedgerRow, RunRow, Store } from './store.ts'
import { cancelType } from './turn.ts'

export type { ActorStatusReport } from './actor-reads.ts'

export type RuntimeOptions = {
  store: Store
  clock?: Clock
  random?: Random
  limits?: Partial<RuntimeLimits>
  /** Finds the machines of root actors in the store by id, when it is opened again. */
  registry?: Registry
  judge?: Core['judge']
}

export type SpawnOptions<Input = unknown> = {
  /** The address; a path segment. Default a fresh id. */
  id?: string
  input?: Input
  limits?: Limits
  /** Makes the actor the root of a run, with a row of its own in `runs`. */
  run?: { agent: string; task: Json; options: Json }
}

export interface Runtime {
  /** Starts a root actor; resolves with its address when that is durable. Throws `actor.exists`, `machine.*`. */
  spawn<Logic extends AnyActorLogic>(
    logic: Logic | Definition,
    options?: SpawnOptions<InputFrom<Logic>>,
  ): Promise<string>
  /** Resolves when the message is durable. Throws `message.*`, `mailbox.full`, `actor.*`; a refused one is a dead letter. */
  send(address: string, event: unknown, options?: SendOptions): Promise<Receipt>
  /** Resolves when the actor has ended and that is durable; at once when it had ended before. */
  ended(address: string): Promise<Ended>
  /** Ends an actor and everything below it, leaves first; resolves when that is durable. Safe to repeat. */
  cancel(address: string, reason: string): Promise<void>
  /** What lives under an address now; may be ahead of the store by what is being written. */
  status(prefix?: string): ActorStatusReport[]
  /** The state of an actor as JSON, living or ended, once it is durable. */
  snapshot(address: string): Promise<Json>
  decide(call: string, decision: 'retry' | 'fail'): Promise<void>
  /** A new run that begins where another was; resolves with its address when that is durable. Throws `replay.diverged`. */
  fork(options: Omit<ForkOptions, 'id' | 'definition'> & { id?: string }): Promise<string>
  subscribe(listener: Listener): () => void
  subscribeParts(listener: PartListener): () => void
  balance(address: string): LedgerRow | null
  counters(): Counters
  /** Actors that could not be taken up, each with the reason; grows as more are found. */
  readonly quarantined: readonly Quarantine[]
  /** Adds a value to the store's blobs; resolves when it is durable. */
  putBlob(hash: string, data: string): Promise<void>
  getBlob(hash: string): Promise<string | null>
  /** Resolves when no message waits, no call runs and everything is durable. Timers may be armed. */
  idle(): Promise<void>
  /** Stops starting calls, waits for those under way for `graceMs`, then leaves the rest to the next opening. */
  close(options?: { graceMs?: number }): Promise<void>
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
}

const judgeByStatus = ({ status, output, error }: Ended): { status: RunRow['status']; result: Json } => {
  if (status === 'done') return { status: 'complete', result: (output ?? null) as Json }
  if (status === 'stopped') return { status: 'cancelled', result: null }
  return { status: 'failed', result: toFailure(error, 'actor.failed') as unknown as Json }
}

const checkAddress = (id: string): string => {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(id)) return id
  throw new TroupeError(
    'config.invalid',
    `"${id.slice(0, 60)}" is no id; use up to 128 letters, digits, dots, dashes and underscores, the first a letter or digit`,
    { place: 'id' },
  )
}

const isDefinition = (logic: unknown): logic is Definition =>
  typeof logic === 'object' && logic !== null && 'prepared' in logic

/** Checking a machine costs more than a hundred turns of it: each is checked once. */
const definitionOf = (core: Core, logic: AnyActorLogic | Definition): Definition => {
  if (isDefinition(logic)) return logic
  const known = core.definitions.get(logic) ?? define(logic)
  core.definitions.set(logic, known)
  return known
}

const existsAlready = (address: string): TroupeError =>
  new TroupeError('actor.exists', `there is an actor "${address}" already; choose another id`, { place: address })

const openRun = (core: Core, address: string, run: NonNullable<SpawnOptions['run']>): void => {
  const row: RunRow = {
    id: address,
    agent: run.agent,
    task: JSON.stringify(run.task),
    status: 'active',
    startedAt: now(core),
    endedAt: null,
    result: null,
    options: JSON.stringify(run.options),
  }
  core.runs.set(address, row)
  core.writer.write({ do: 'run.put', row })
}

const spawnRoot = async (core: Core, logic: AnyActorLogic | Definition, options: SpawnOptions): Promise<string> => {
  checkOpen(core)
  const { id = core.random.id(), input, limits, run } = options
  const address = checkAddress(id)
  const definition = definitionOf(core, logic)
  const { json } = detach(core, input, 'input')
  if (core.births.has(address) || core.entries.has(address)) throw existsAlready(address)
  core.births.add(address)
  try {
    if (await core.store.actor(address)) throw existsAlready(address)
    checkOpen(core)
    if (limits) core.writer.write(core.ledger.open(address, limits))
    if (run) openRun(core, address, run)
    atOneTime(core, () => bearRoot(core, { address, definition, input: json }))
    await core.writer.durable()
  } finally {
    core.births.delete(address)
  }
  return address
}

const fork = async (core: Core, given: Parameters<Runtime['fork']>[0], registry: Registry): Promise<string> => {
  checkOpen(core)
  const id = checkAddress(given.id ?? core.random.id())
  if (core.births.has(id) || core.entries.has(id) || (await core.store.actor(id))) throw existsAlready(id)
  const root = await core.store.actor(given.run)
  const definition = root && registry(root.machine)
  if (!definition)
    throw new TroupeError(
      'run.unknown',
      `there is no run "${given.run}" of a machine this system knows; list them with runs()`,
      { place: given.run },
    )
  core.births.add(id)
  try {
    await forkRun(core, { ...given, id, definition }, registry)
  } finally {
    core.births.delete(id)
  }
  return id
}

const cancelActor = async (core: Core, address: string, reason: string): Promise<void> => {
  checkOpen(core)
  const entry = core.entries.get(address)
  if (entry?.row.status === 'quarantined') stopTree(core, entry, reason)
  if (entry?.row.status !== 'active') return core.writer.durable()
  const ended = awaitEnd(core, address)
  post(core, { entry, from: '@outside', event: { type: cancelType, reason }, priority: 2, internal: true })
  await ended
}

const closeAll = async (core: Core, rest: Rest, told: () => Promise<void>, graceMs: number): Promise<void> => {
  core.draining = true
  await drain(core, rest, graceMs)
  core.closing = true
  core.timers.close()
  abandonCalls(core)
  if (!core.failure) await core.writer.durable().catch(() => {}) // a failure has been told to all who wait
  await told()
  refuseWaiting(core, closedError())
  await core.store.close()
}

/** Opens a store and goes on with everything in it. Throws `store.locked` and the other `store.*` errors. */
export const createRuntime = async (options: RuntimeOptions): Promise<Runtime> => {
  const { store, clock = systemClock(), random = systemRandom(), limits = {}, judge = judgeByStatus } = options
  const registry = options.registry ?? (() => null)
  const meta = await store.open({ now: clock.now() })
  const observers = createObservers(store)
  const rest = createRest(() => core)
  const core = createCore({ store, clock, random, limits, judge, meta, observers, rested: rest.check })
  let closing: Promise<void> | null = null
  try {
    await recover(core, registry)
  } catch (error) {
    await store.close()
    throw error
  }
  core.writer.write({ do: 'receipt.prune', before: now(core) - core.limits.receiptsMs })
  core.wake()

  return {
    store,
    clock,
    random,
    quarantined: core.quarantined,
    spawn: (logic, given = {}) => spawnRoot(core, logic, given),
    send: (address, event, given = {}) => acceptMessage(core, address, event, given),
    ended: (address) => awaitEnd(core, address),
    cancel: (address, reason) => cancelActor(core, address, reason),
    status: (prefix = '') => reportStatus(core, prefix),
    snapshot: (address) => readActor(core, address),
    decide: async (call, decision) => {
      checkOpen(core)
      decideCall(core, call, decision)
      await core.writer.durable()
    },
    fork: (given) => fork(core, given, registry),
    subscribe: observers.subscribe,
    subscribeParts: observers.subscribeParts,
    balance: (address) => core.ledger.balance(address),
    counters: () => ({ ...core.counters }),
    putBlob: async (hash, data) => {
      checkOpen(core)
      core.blobs.write(hash, data)
      await core.writer.durable()
    },
    getBlob: (hash) => core.blobs.read(hash),
    idle: () => rest.wait().then(observers.told),
    close: ({ graceMs = 5_000 } = {}) => {
      closing ??= closeAll(core, rest, observers.told, graceMs)
      return closing
    },
  }
}
