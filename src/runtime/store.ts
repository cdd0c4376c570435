// Store. Owns the port behind which everything durable lies, and the rows that cross it.
//   T1. A commit is all of its writes or none of them (C6), in the order commits were called.
//   T2. A commit checks the epoch, and (incarnation, revision) of every actor it updates; a mismatch writes nothing (C9, C29).
//   T3. Numbers are given by the runtime from one counter, recorded in `meta.seq` by every commit, and never used again (C43).
//   T4. After any failed commit the store is failed: every later call rejects with `store.failed` until it is reopened (C30).

/** `power`: survives power loss. `process`: survives kill -9, may lose a recent suffix on power loss. `none`: memory. */
export type Durability = 'power' | 'process' | 'none'

/** Text columns hold JSON written by the codec; the store never reads into them. Times are ms since 1970. */
export type ActorRow = {
  id: number
  address: string
  parent: number | null
  /** Address of the root actor: the run. */
  run: string
  machine: string
  version: string
  hash: string
  status: ActorStatus
  incarnation: number
  revision: number
  /** The state value, JSON, for listings. */
  state: string
  /** The input it was spawned with, JSON, or null. */
  input: string | null
  /** What is known beside the snapshot: restarts left, the child id and token its parent knows it by. JSON. */
  birth: string
}
export type ActorStatus = 'active' | 'done' | 'error' | 'stopped' | 'quarantined' | 'parked'

export type SnapshotRow = { actor: number; revision: number; data: string }
export type JournalRow = {
  seq: number
  actor: number
  incarnation: number
  revision: number
  at: number
  /** `seq` of the row that caused it (message, call outcome), or null. */
  cause: number | null
  /** The message as handled, JSON. A call's result is not repeated here: `{"$call": seq}` stands for it. */
  message: string
  /** RFC 6902 patch from the previous snapshot, JSON; null when nothing changed. */
  patch: string | null
  /** Emitted events and log lines, JSON array, or null. */
  notes: string | null
}
/** A message not yet handled; with `due`, a timer or delayed message, `timer` being its key for clearing. */
export type MailRow = {
  seq: number
  actor: number
  message: string
  due: number | null
  timer: string | null
  attempts: number
}

export type CallRow = {
  id: number
  actor: number
  incarnation: number
  revision: number
  index: number
  /** The invoke or spawn id by which the machine knows it. */
  child: string
  kind: string
  name: string
  interrupted: 'retry' | 'once' | 'ask'
  input: string
  requestedAt: number
  /** Null when it waits for its turn; then a `started` outcome follows. */
  startedAt: number | null
  reservedUsd: number
  reservedTokens: number
}
/** One row for each thing that happened to a call after its request; rows are appended, never grown. */
export type OutcomeRow = {
  seq: number
  call: number
  attempt: number
  status: OutcomeStatus
  at: number
  result: string | null
  error: string | null
  inputTokens: number
  outputTokens: number
  usd: number | null
}
/** `done · failed · unknown · cancelled` are final. `late`: a result that came after the call was over: recorded, never delivered (C19). */
export type OutcomeStatus =
  | 'started'
  | 'retrying'
  | 'interrupted'
  | 'parked'
  | 'done'
  | 'failed'
  | 'unknown'
  | 'cancelled'
  | 'late'
/** A call that is not over. Small, so that it can be rewritten. */
export type PendingRow = {
  call: number
  attempt: number
  failures: number
  startedAt: number | null
  nextAt: number | null
  deadlineAt: number | null
  parked: boolean
}

export type BlobRow = { hash: string; data: string }
export type RunRow = {
  id: string
  agent: string
  task: string
  status: 'active' | 'complete' | 'failed' | 'cancelled'
  startedAt: number
  endedAt: number | null
  result: string | null
  options: string
}
/** What an account may spend and has spent. An account is the address of an actor; spending counts for it and all above it. */
export type LedgerRow = {
  account: string
  limits: string
  reservedUsd: number
  reservedTokens: number
  usd: number
  tokens: number
  calls: number
}
export type DeadRow = { seq: number; target: string; reason: string; error: string | null; message: string; at: number }
/** An id accepted from outside, for as long as sending it again must be recognised (C4). */
export type ReceiptRow = { id: string; hash: string; seq: number; at: number }

/** C41: accepted = applied + waiting + dead + expired + purged, where waiting is the mailbox without armed timers. */
export type Counters = { accepted: number; applied: number; dead: number; expired: number; purged: number }

export type Write =
  | { do: 'actor.add'; row: ActorRow }
  /** `revision` and `incarnation` are the ones before; `next*` are written. */
  | {
      do: 'actor.set'
      id: number
      incarnation: number
      revision: number
      nextIncarnation: number
      nextRevision: number
      status: ActorStatus
      state: string
      /** Given when a new life begins under the same address. */
      born?: Pick<ActorRow, 'machine' | 'version' | 'hash' | 'input' | 'birth'>
    }
  | { do: 'snapshot.put'; row: SnapshotRow }
  | { do: 'journal.add'; row: JournalRow }
  | { do: 'mail.add'; row: MailRow }
  | { do: 'mail.attempt'; seq: number; attempts: number }
  | { do: 'mail.drop'; seq: number }
  | { do: 'call.add'; row: CallRow }
  | { do: 'outcome.add'; row: OutcomeRow }
  | { do: 'pending.put'; row: PendingRow }
  | { do: 'pending.drop'; call: number }
  | { do: 'blob.put'; row: BlobRow }
  | { do: 'run.put'; row: RunRow }
  | { do: 'ledger.put'; row: LedgerRow }
  | { do: 'dead.add'; row: DeadRow }
  | { do: 'dead.drop'; seq: number }
  | { do: 'receipt.add'; row: ReceiptRow }
  | { do: 'receipt.prune'; before: number }
  | { do: 'journal.trim'; before: number }

export type Commit = {
  epoch: number
  /** The highest number given so far. */
  seq: number
  /** The recorded time: never goes backwards (C26). */
  at: number
  counters: Counters
  writes: readonly Write[]
}

export type Meta = { schema: number; epoch: number; seq: number; at: number; counters: Counters }

export type ActorQuery = { run?: string; parent?: number; living?: true; after?: number; limit?: number }

/** Whether an actor with this status may still take a message, now or after a repair. */
export const isLiving = (status: ActorStatus): boolean => !['done', 'error', 'stopped'].includes(status)

/** Reading never waits for writing and sees whole commits only. Lists come in the order of their numbers. */
export interface StoreReader {
  meta(): Promise<Meta>
  actor(address: string): Promise<ActorRow | null>
  actorById(id: number): Promise<ActorRow | null>
  /**
   * `run`: that root actor and everything under it. `living`: those that have not ended, and the ended children of
   * living parents; found without a look at the others.
   */
  actors(query?: ActorQuery): Promise<ActorRow[]>
  /** The newest full snapshot and the patches made since, oldest first. With `atSeq`, as of that journal position. Null when none. */
  snapshot(actor: number): Promise<{ row: SnapshotRow; patches: { revision: number; patch: string | null }[] } | null>
  journal(query?: { run?: string; actor?: number; after?: number; limit?: number }): Promise<JournalRow[]>
  mail(query?: { actor?: number; after?: number; limit?: number }): Promise<MailRow[]>
  calls(query?: { run?: string; actor?: number; after?: number; limit?: number }): Promise<CallRow[]>
  call(id: number): Promise<CallRow | null>
  outcomes(query: { call: number } | { run?: string; after?: number; limit?: number }): Promise<OutcomeRow[]>
  pending(): Promise<PendingRow[]>
  blob(hash: string): Promise<string | null>
  runs(): Promise<RunRow[]>
  run(id: string): Promise<RunRow | null>
  ledger(prefix?: string): Promise<LedgerRow[]>
  dead(query?: { after?: number; limit?: number }): Promise<DeadRow[]>
  receipt(id: string): Promise<ReceiptRow | null>
  /** Mailbox rows that are not armed timers: `waiting` of C41, counted in the same read as `meta`. */
  conservation(): Promise<Counters & { waiting: number }>
  close(): Promise<void>
}

export interface Store extends StoreReader {
  readonly durability: Durability
  /** Takes ownership and raises the epoch. Throws `store.locked` naming the holder, `store.corrupt`, `store.version`, `store.invalid`. */
  open(owner: { now: number }): Promise<Meta>
  /** Resolves when the commit is durable at the store's level. */
  commit(commit: Commit): Promise<void>
}
