// Runtime. Owns the loop: opens a store, takes turns, and lets out what is durable. Everything it does is done by its parts.
import type { AnyActorLogic, InputFrom } from 'xstate'
import { createBlobs } from './blobs.ts'
import { callId } from './call-rows.ts'
import { abandonCalls, decideCall } from './calls.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import { createCodec } from './codec.ts'
import { type Definition, define, type Limits } from './definition.ts'
import { carryOut } from './effects.ts'
import { TroupeError, toFailure } from './errors.ts'
import type { Json } from './json.ts'
import { createLedger } from './ledger.ts'
import { post } from './letters.ts'
import { bearRoot } from './lives.ts'
import { createObservers, type Listener, type PartListener } from './observers.ts'
import { type Random, systemRandom } from './random.ts'
import { hydrate, type Quarantine, quarantine, type Registry, recover } from './recovery.ts'
import { acceptMessage, detach, type Receipt, type SendOptions } from './send.ts'
import { readSnapshot } from './snapshots.ts'
import { type Core, type Ended, type Entry, makeReady, now, type RuntimeLimits } from './state.ts'
import type { Counters, LedgerRow, RunRow, Store } from './store.ts'
import { createTimers } from './timers.ts'
import { cancelType, turn } from './turn.ts'
import { createWriter } from './writer.ts'

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

export type ActorStatusReport = {
  address: string
  machine: string
  status: string
  state: Json
  revision: number
  incarnation: number
  waiting: number
  calls: string[]
}

export interface Runtime {
  spawn<Logic extends AnyActorLogic>(
    logic: Logic | Definition,
    options?: SpawnOptions<InputFrom<Logic>>,
  ): Promise<string>
  send(address: string, event: unknown, options?: SendOptions): Promise<Receipt>
  /** Resolves when the root actor has ended and that is durable; at once when it had ended before. */
  ended(address: string): Promise<Ended>
  /** Ends an actor and everything below it, leaves first. Safe to repeat. */
  cancel(address: string, reason: string): Promise<void>
  /** What lives under an address now. */
  status(prefix?: string): ActorStatusReport[]
  /** The context and state of an actor, as JSON. */
  snapshot(address: string): Promise<Json>
  decide(call: string, decision: 'retry' | 'fail'): Promise<void>
  subscribe(listener: Listener): () => void
  subscribeParts(listener: PartListener): () => void
  balance(address: string): LedgerRow | null
  counters(): Counters
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

const defaultLimits: RuntimeLimits = {
  messageBytes: 1024 * 1024,
  mailbox: 10_000,
  calls: 256,
  turnsPerCommit: 512,
  attempts: 3,
  receiptsMs: 7 * 24 * 3_600_000,
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

const isDefinition = (logic: object): logic is Definition => 'prepared' in logic

/** Opens a store and goes on with everything in it. Throws `store.locked` and the other `store.*` errors. */
export const createRuntime = async (options: RuntimeOptions): Promise<Runtime> => {
  const { store, clock = systemClock(), random = systemRandom() } = options
  const meta = await store.open({ now: clock.now() })
  const observers = createObservers(store)
  let scheduled = false

  const core: Core = {
    store,
    clock,
    random,
    codec: createCodec(),
    intake: createCodec({ keep: false }),
    limits: { ...defaultLimits, ...options.limits },
    entries: new Map(),
    byId: new Map(),
    runs: new Map(),
    receipts: new Map(),
    settled: new Map(),
    ready: [],
    running: new Set(),
    queued: [],
    ledger: createLedger(),
    counters: { ...meta.counters },
    seq: meta.seq,
    at: meta.at,
    epoch: meta.epoch,
    failure: null,
    draining: false,
    closing: false,
    judge: options.judge ?? judgeByStatus,
    carryOut: (entry, stepped, cause, fresh) => carryOut(core, entry, stepped, cause, fresh),
    observePart: (part) => observers.part(part),
    wake: () => {
      if (scheduled) return
      scheduled = true
      queueMicrotask(pump)
    },
    writer: undefined as never,
    timers: undefined as never,
    blobs: undefined as never, // set in the next lines: each needs the core
  }
  core.writer = createWriter(core, (writes) => observers.committed(writes, core.at), stopAll)
  core.timers = createTimers(core)
  core.blobs = createBlobs(store, () => core.writer)

  function stopAll(error: TroupeError): void {
    core.timers.close()
    abandonCalls(core)
    for (const waiting of failing.splice(0)) waiting(error)
  }
  const failing: ((error: TroupeError) => void)[] = []
  const quarantined: Quarantine[] = []

  const load = (entry: Entry): void => {
    if (entry.loading) return
    entry.loading = true
    hydrate(core, entry)
      .catch((error) => void quarantined.push(quarantine(core, entry, error)))
      .finally(() => {
        entry.loading = false
        makeReady(core, entry)
      })
  }

  const takeTurns = (): void => {
    const round = core.ready
    core.ready = []
    for (let i = 0; i < round.length; i++) {
      const entry = round[i]!
      if (core.writer.full) {
        core.ready = [...round.slice(i), ...core.ready]
        return
      }
      entry.ready = false
      if (entry.row.status !== 'active' || entry.queue.length === 0) continue
      if (!entry.hydrated) load(entry)
      else {
        turn(core, entry)
        makeReady(core, entry)
      }
    }
  }

  const pump = (): void => {
    while (core.ready.length > 0 && !core.writer.full && !core.failure && !core.closing) takeTurns()
    scheduled = false
    core.writer.flush()
  }

  const checkOpen = (): void => {
    if (core.failure) throw core.failure
    if (core.closing) throw new TroupeError('system.closed', 'the system is closed; open it again')
  }

  const busy = (): boolean =>
    core.running.size > 0 ||
    core.ready.length > 0 ||
    [...core.entries.values()].some((entry) => entry.row.status === 'active' && entry.queue.length > 0)

  const quiet = async (): Promise<void> => {
    do {
      await core.writer.idle()
      if (core.failure) throw core.failure
      if (busy()) await core.writer.durable().then(() => new Promise<void>((resolve) => setImmediate(resolve)))
    } while (busy())
    await core.writer.idle()
    await observers.told()
  }

  quarantined.push(...(await recover(core, options.registry ?? (() => null), (letter) => core.timers.add(letter))))
  core.writer.write({ do: 'receipt.prune', before: now(core) - core.limits.receiptsMs })
  core.timers.fire()
  core.wake()

  return {
    store,
    clock,
    random,
    quarantined,
    spawn: async (logic, { id = random.id(), input, limits, run } = {}) => {
      checkOpen()
      const address = checkAddress(id)
      const definition = isDefinition(logic) ? logic : define(logic)
      const { json } = detach(core, input, 'input')
      if (core.entries.has(address) || (await store.actor(address)))
        throw new TroupeError('actor.exists', `there is an actor "${address}" already; choose another id`, {
          place: address,
        })
      checkOpen()
      if (limits) core.writer.write(core.ledger.open(address, limits))
      if (run) {
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
      bearRoot(core, { address, definition, input: json })
      await core.writer.durable()
      return address
    },
    send: (address, event, sendOptions = {}) => acceptMessage(core, address, event, sendOptions),
    ended: async (address) => {
      if (!core.entries.has(address)) return storedEnd(core, address)
      const { promise, resolve, reject } = Promise.withResolvers<Ended>()
      failing.push(reject)
      core.settled.set(address, [
        ...(core.settled.get(address) ?? []),
        (ended) => core.writer.after(() => resolve(ended)),
      ])
      return promise
    },
    cancel: async (address, reason) => {
      checkOpen()
      const entry = core.entries.get(address)
      if (entry?.row.status !== 'active') return
      post(core, { entry, from: '@outside', event: { type: cancelType, reason }, priority: 2, internal: true })
      await core.writer.durable()
      await core.writer.idle()
    },
    status: (prefix = '') =>
      [...core.entries.values()]
        .filter(({ row }) => prefix === '' || row.address === prefix || row.address.startsWith(`${prefix}/`))
        .map(({ row, queue, calls }) => ({
          address: row.address,
          machine: row.machine,
          status: row.status,
          state: JSON.parse(row.state || 'null') as Json,
          revision: row.revision,
          incarnation: row.incarnation,
          waiting: queue.length,
          calls: [...calls.values()].map((call) => callId(row.address, call.row)),
        })),
    snapshot: async (address) => {
      const entry = core.entries.get(address)
      if (entry?.hydrated) return entry.hydrated.json
      if (entry) {
        await hydrate(core, entry)
        return entry.hydrated!.json
      }
      throw new TroupeError('actor.unknown', `there is no living actor ${address}`, { place: address })
    },
    decide: async (id, decision) => {
      checkOpen()
      const call = [...core.entries.values()]
        .flatMap((entry) => [...entry.calls.values()])
        .find((open) => callId(open.entry.row.address, open.row) === id)
      if (!call) throw new TroupeError('call.failed', `no call ${id} is under way`, { place: id })
      decideCall(core, call, decision)
      core.wake()
      await core.writer.durable()
    },
    subscribe: observers.subscribe,
    subscribeParts: observers.subscribeParts,
    balance: (address) => core.ledger.balance(address),
    counters: () => ({ ...core.counters }),
    putBlob: (hash, data) => {
      core.blobs.write(hash, data)
      return core.writer.durable()
    },
    getBlob: (hash) => core.blobs.read(hash),
    idle: quiet,
    close: async ({ graceMs = 5_000 } = {}) => {
      if (core.closing) return
      core.draining = true
      if (!core.failure) await drain(core, graceMs, quiet)
      core.closing = true
      core.timers.close()
      abandonCalls(core)
      await core.writer.idle()
      await observers.told()
      for (const waiting of failing.splice(0))
        waiting(new TroupeError('system.closed', 'the system was closed before the run ended; open it again to go on'))
      await store.close()
    },
  }
}

const drain = async (core: Core, graceMs: number, quiet: () => Promise<void>): Promise<void> => {
  const stop = new AbortController()
  const late = sleep(core.clock, graceMs, stop.signal).catch(() => {})
  await Promise.race([quiet().catch(() => {}), late])
  stop.abort(new TroupeError('system.closed', 'drained'))
}

const storedEnd = async (core: Core, address: string): Promise<Ended> => {
  const row = await core.store.actor(address)
  if (!row) throw new TroupeError('actor.unknown', `there is no actor ${address}`, { place: address })
  const json = (await readSnapshot(core.store, row)).json as { output?: Json; error?: Json }
  const decode = (value: Json | undefined) => (value === undefined ? undefined : core.codec.decode(value))
  return { status: row.status as Ended['status'], output: decode(json.output), error: decode(json.error) }
}
