// Writer. Owns the batch and the output gate: what turns wrote, and what may happen once it is durable.
//   W1. One commit at a time; whatever piled up while it ran goes together in the next (group commit, no timer).
//   W2. Nothing leaves before its commit is durable (C7): gated actions run after it, in order, or never.
//   W3. A commit that fails ends the writer: nothing is acknowledged any more, and nothing is tried again (C30).
import type { Failure } from './errors.ts'
import { TroupeError, toFailure } from './errors.ts'
import type { Core, Entry, Letter } from './state.ts'
import type { Write } from './store.ts'

type Gate = { open(): void; refuse(error: TroupeError): void }

export interface Writer {
  /** Adds rows to the open batch. */
  write(...writes: Write[]): void
  /** Notes that an actor's row has changed; its state before the batch is what the commit checks (C9). */
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
  /** Starts writing if nothing is being written. */
  flush(): void
  /** Resolves when nothing is being written or waits to be. */
  idle(): Promise<void>
}

type Touched = { incarnation: number; revision: number; born: 'new' | 'again' | undefined }
type Batch = { writes: Write[]; actors: Map<Entry, Touched>; posted: Set<Letter>; gates: Gate[]; turns: number }
const emptyBatch = (): Batch => ({ writes: [], actors: new Map(), posted: new Set(), gates: [], turns: 0 })

const actorWrite = (entry: Entry, { incarnation, revision, born }: Touched): Write => {
  const { row } = entry
  if (born === 'new') return { do: 'actor.add', row: { ...row } }
  const { machine, version, hash, input, birth } = row
  return {
    do: 'actor.set',
    id: row.id,
    incarnation,
    revision,
    nextIncarnation: row.incarnation,
    nextRevision: row.revision,
    status: row.status,
    state: row.state,
    ...(born && { born: { machine, version, hash, input, birth } }),
  }
}

/** What a letter is in the mailbox. A call's result is named, not repeated. */
export const letterText = (letter: Letter): string =>
  JSON.stringify({
    ...(letter.outcome ? { $call: letter.outcome } : { event: letter.event }),
    from: letter.from,
    ...(letter.id !== null && { id: letter.id }),
    ...(letter.priority !== 0 && { priority: letter.priority }),
    ...(!letter.internal && { sentAt: letter.sentAt }),
    ...(letter.expiresAt !== null && { expiresAt: letter.expiresAt }),
    ...(letter.internal && { internal: true }),
    ...(letter.token !== null && { token: letter.token }),
    ...(letter.timer && { to: letter.timer.to }),
  })

const mailWrite = (letter: Letter): Write => ({
  do: 'mail.add',
  row: {
    seq: letter.seq,
    actor: letter.entry.row.id,
    message: letterText(letter),
    due: letter.timer?.due ?? null,
    timer: letter.timer?.key ?? null,
    attempts: letter.attempts,
  },
})

const closeBatch = (batch: Batch): Write[] => {
  const actors = [...batch.actors].map(([entry, touched]) => actorWrite(entry, touched))
  const mail = [...batch.posted].map((letter) => {
    letter.stored = true
    return mailWrite(letter)
  })
  return [...actors, ...batch.writes, ...mail]
}

const isEmpty = (batch: Batch): boolean =>
  batch.writes.length + batch.actors.size + batch.posted.size + batch.gates.length === 0

/** A writer for `core`; `observe` sees the rows of every commit once it is durable. `fail` is called once, with why. */
export const createWriter = (
  core: Core,
  observe: (writes: readonly Write[]) => void,
  fail: (error: TroupeError) => void,
): Writer => {
  let batch = emptyBatch()
  let writing = false
  const resting: (() => void)[] = []

  const failed = (cause: unknown): TroupeError => {
    const reason: Failure = toFailure(cause, 'store.failed')
    return cause instanceof TroupeError
      ? cause
      : new TroupeError(
          'store.failed',
          `the store could not write: ${reason.message}; close the system and open it again`,
          { cause },
        )
  }

  const refuseAll = (error: TroupeError, gates: readonly Gate[]) => {
    for (const gate of gates) gate.refuse(error)
  }

  const commitOne = async (closing: Batch): Promise<void> => {
    const writes = closeBatch(closing)
    try {
      if (writes.length > 0)
        await core.store.commit({
          epoch: core.epoch,
          seq: core.seq,
          at: core.at,
          counters: { ...core.counters },
          writes,
        })
    } catch (cause) {
      const error = failed(cause)
      core.failure = error
      refuseAll(error, closing.gates)
      refuseAll(error, batch.gates)
      batch = emptyBatch()
      fail(error)
      return
    }
    observe(writes)
    for (const gate of closing.gates) gate.open()
  }

  const flush = (): void => {
    if (writing || core.failure || isEmpty(batch)) return
    writing = true
    const closing = batch
    batch = emptyBatch()
    void commitOne(closing).then(() => {
      writing = false
      core.wake()
      flush()
      if (!writing) for (const rest of resting.splice(0)) rest()
    })
  }

  return {
    write: (...writes) => void batch.writes.push(...writes),
    touch: (entry, born) => {
      if (!batch.actors.has(entry))
        batch.actors.set(entry, { incarnation: entry.row.incarnation, revision: entry.row.revision, born })
      else if (born === 'again') batch.actors.get(entry)!.born ??= born
    },
    post: (letter) => void batch.posted.add(letter),
    take: (letter) => {
      if (!batch.posted.delete(letter) && letter.stored) batch.writes.push({ do: 'mail.drop', seq: letter.seq })
      letter.stored = false
    },
    after: (action) => void batch.gates.push({ open: action, refuse: () => {} }),
    durable: () =>
      core.failure
        ? Promise.reject(core.failure)
        : new Promise((resolve, reject) => {
            batch.gates.push({ open: resolve, refuse: reject })
            flush()
          }),
    turned: () => {
      batch.turns++
    },
    get full() {
      return batch.turns >= core.limits.turnsPerCommit
    },
    flush,
    idle: () =>
      new Promise((resolve) => {
        flush()
        if (writing) resting.push(resolve)
        else resolve()
      }),
  }
}
