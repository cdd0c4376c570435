// State. Owns the shape of what the runtime holds in memory. All of it can be built again from the store.
import type { AnyCallSpec } from './call.ts'
import type { Clock, Timer } from './clock.ts'
import type { Codec } from './codec.ts'
import type { Definition } from './definition.ts'
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import type { Identity, Live, Stepped } from './kernel.ts'
import type { Ledger } from './ledger.ts'
import type { Random } from './random.ts'
import type { ActorRow, CallRow, Counters, RunRow, Store, Write } from './store.ts'

/** What an actor is when its snapshot is in memory. */
export type Hydrated = { live: Live; json: Json; snapshotBytes: number; patchBytes: number }

/** An actor that has not ended, or whose parent has not. */
export type Entry = {
  row: ActorRow
  definition: Definition
  parent: Entry | null
  children: Map<string, Entry>
  /** Null until a message needs it. */
  hydrated: Hydrated | null
  loading: boolean
  queue: Letter[]
  timers: Set<Letter>
  calls: Map<string, OpenCall>
  /** Whether it stands in the queue of actors with something to do. */
  ready: boolean
}

/** A message on its way into a turn. */
export type Letter = {
  seq: number
  entry: Entry
  from: string
  id: string | null
  event: Json
  priority: number
  sentAt: number
  expiresAt: number | null
  cause: number | null
  /** Sent by the runtime itself: timers, call results, child endings, cancellation. */
  internal: boolean
  /** For child endings and call results: which life of the child they are of. */
  token: string | null
  /** For call results: the outcome row that holds the result, so that it is stored once. */
  outcome: { seq: number; call: number; ok: boolean } | null
  /** For timers and delayed messages. */
  timer: { key: string; due: number; to: string } | null
  attempts: number
  /** Whether it has a row in the mailbox. */
  stored: boolean
}

export type OpenCall = {
  row: CallRow
  /** Whether no price is known for it, so that dollars cannot be set aside. */
  unpriced: boolean
  spec: AnyCallSpec
  entry: Entry
  token: string
  attempt: number
  failures: number
  /** `gated`: its commit is not durable yet. `queued`: waits for a free place. `waiting`: for its next attempt. */
  phase: 'gated' | 'queued' | 'running' | 'waiting' | 'parked'
  controller: AbortController | null
  timer: Timer | null
  over: boolean
}

export type RuntimeLimits = {
  /** Bytes of one message as JSON. Default 1 MiB. */
  messageBytes: number
  /** Messages waiting for one actor. Default 10,000. */
  mailbox: number
  /** Calls running at once. Default 256. */
  calls: number
  /** Turns in one commit. Default 512. */
  turnsPerCommit: number
  /** How often a message may make a machine throw before it is set aside. Default 3. */
  attempts: number
  /** Milliseconds for which a message id from outside is remembered. Default 7 days. */
  receiptsMs: number
}

export interface Writer {
  /** Adds a row to the open batch. */
  write(write: Write): void
  /** Notes that an actor's row is about to change; its state before the batch is what the commit checks (C9). */
  touch(entry: Entry, born?: 'new' | 'again'): void
  /** Notes a message that must be in the mailbox if it is still waiting when the batch closes. */
  post(letter: Letter): void
  /** Forgets a message that was taken, in the batch or in the mailbox. */
  take(letter: Letter): void
  /** Runs after the batch is durable. */
  after(action: () => void): void
  /** Resolves when what is in the open batch now is durable. */
  durable(): Promise<void>
  turned(): void
  readonly full: boolean
  /** Whether enough waits to be written while more turns are taken. */
  readonly ripe: boolean
  /** Whether nothing is being written or waits to be. */
  readonly idle: boolean
  /** Starts writing if nothing is being written. */
  flush(): void
  /** Refuses all that waits, for good. */
  stop(error: TroupeError): void
}

export interface Timers {
  /** Considers a letter that has a time. */
  add(letter: Letter): void
  /** Moves everything due into its mailbox and sets the next wake-up. */
  fire(): void
  close(): void
}

export interface Blobs {
  read(hash: string): Promise<string | null>
  /** Adds a value to the open batch unless it is known to be stored. */
  write(hash: string, data: string): void
}

/** Everything the parts of the runtime share. */
export type Core = {
  store: Store
  clock: Clock
  random: Random
  /** For values that machines hold. */
  codec: Codec
  /** For values that still belong to a caller. */
  intake: Codec
  limits: RuntimeLimits
  entries: Map<string, Entry>
  byId: Map<number, Entry>
  runs: Map<string, RunRow>
  ready: Entry[]
  writer: Writer
  ledger: Ledger
  counters: Counters
  seq: number
  at: number
  /** Whether a turn is being taken: its time stands still. */
  inTurn: boolean
  epoch: number
  running: Set<OpenCall>
  /** Ids from outside whose commit is under way (C4). */
  receipts: Map<string, Admission>
  /** Sends that wait for a look into the store, by address: later ones stand behind them (C12). */
  admitting: Map<string, Promise<void>>
  /** Addresses of root actors whose birth is not durable yet. */
  births: Set<string>
  quarantined: Quarantine[]
  /** Machines given to `spawn` so far, checked and made ready. */
  definitions: WeakMap<object, Definition>
  queued: OpenCall[]
  failure: TroupeError | null
  /** No new call starts; what runs may end. */
  draining: boolean
  closing: boolean
  timers: Timers
  /** What a run's row says of how its root actor ended. */
  judge(ended: Ended): { status: RunRow['status']; result: Json }
  /** Told when an actor ends, in the turn that ends it. */
  settled: Map<string, ((end: Ended) => void)[]>
  /** Told once, when the runtime can go on no longer. */
  failing: Set<(error: TroupeError) => void>
  /** Ends everything: nothing is acknowledged any more (C30). */
  fail(cause: unknown): void
  blobs: Blobs
  /** Best-effort parts of running calls, for observers (C23). */
  observePart(part: CallPart): void
  /**
   * Makes a first step ready for the store, or throws; the result puts it into the batch. Bound late, since births
   * are part of what steps ask for.
   */
  prepareBirth(entry: Entry, stepped: Stepped, cause: Cause): () => void
  wake(): void
}

/** An id under way: `over` resolves when what it came with is durable, or refused. */
export type Admission = { hash: string; over: Promise<void> }

/** An actor that could not be taken up, and why. */
export type Quarantine = { address: string; error: TroupeError }

/** What the journal says a turn was about. */
export type Cause = { seq: number | null; text: string }

export type CallPart = { address: string; run: string; call: string; attempt: number; part: unknown }

export type Ended = { status: 'done' | 'error' | 'stopped'; output: unknown; error: unknown }

/** The next `count` numbers; returns the first (T3). */
export const number = (core: Core, count = 1): number => {
  const first = core.seq + 1
  core.seq += count
  return first
}

/** The recorded time: the clock's, but never backwards (C26), and standing still while a turn is taken (C8). */
export const now = (core: Core): number => {
  if (!core.inTurn) core.at = Math.max(core.at, core.clock.now())
  return core.at
}

/** Does the work of one turn: all of it happens at one recorded time, so that a replay finds the same. */
export const atOneTime = (core: Core, work: () => void): void => {
  now(core)
  core.inTurn = true
  try {
    work()
  } finally {
    core.inTurn = false
  }
}

const closed = () => new TroupeError('system.closed', 'the system is closed; open it again')

/** Refuses to go on with work when nothing can be written any more. */
export const checkAlive = (core: Core): void => {
  if (core.failure) throw core.failure
  if (core.closing) throw closed()
}

/** Refuses new work for a runtime that has failed or is on its way out (C35). */
export const checkOpen = (core: Core): void => {
  checkAlive(core)
  if (core.draining) throw closed()
}

/** Who an actor is in its next step. */
export const nextIdentity = ({ row, parent }: Entry): Identity => ({
  address: row.address,
  parent: parent?.row.address ?? null,
  incarnation: row.incarnation,
  revision: row.revision + 1,
})

/** Puts an actor in line for its turn, once. */
export const makeReady = (core: Core, entry: Entry): void => {
  if (!entry.ready && entry.queue.length > 0) {
    entry.ready = true
    core.ready.push(entry)
  }
  core.wake()
}

/** Decides where a letter of this priority stands: behind its equals, before what is less urgent (C12). */
export const enqueue = (entry: Entry, letter: Letter): void => {
  const { queue } = entry
  let at = queue.length
  while (at > 0 && queue[at - 1]!.priority < letter.priority) at--
  queue.splice(at, 0, letter)
}
