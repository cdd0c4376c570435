// Writer. Owns the batch and the output gate: what turns wrote, and what may happen once it is durable.
//   W1. One commit at a time; whatever piled up while it ran goes together in the next (group commit, no timer). A long
//       round of turns is written by halves, so that the store writes one while the other is taken.
//   W2. Nothing leaves before its commit is durable (C7): gated actions run after it, in order, or never.
//   W3. A commit that fails ends the writer: nothing is acknowledged any more, and nothing is tried again (C30).
import { TroupeError, toFailure } from './errors.ts'
import { mailWrite } from './letter-text.ts'
import type { Core, Entry, Letter, Writer } from './state.ts'
import type { Write } from './store.ts'

type Gate = { open(): void; refuse: ((error: TroupeError) => void) | null }

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

const closeBatch = ({ actors, writes, posted }: Batch): Write[] => {
  const all: Write[] = []
  for (const [entry, touched] of actors) all.push(actorWrite(entry, touched))
  for (const write of writes) all.push(write)
  for (const letter of posted) {
    letter.stored = true
    all.push(mailWrite(letter))
  }
  return all
}

const touch = ({ actors }: Batch, entry: Entry, born: Touched['born']): void => {
  const touched = actors.get(entry)
  if (!touched) actors.set(entry, { incarnation: entry.row.incarnation, revision: entry.row.revision, born })
  else if (born === 'again') touched.born ??= born
}

const take = ({ posted, writes }: Batch, letter: Letter): void => {
  if (!posted.delete(letter) && letter.stored) writes.push({ do: 'mail.drop', seq: letter.seq })
  letter.stored = false
}

const isEmpty = ({ writes, actors, posted, gates }: Batch): boolean =>
  writes.length + actors.size + posted.size + gates.length === 0

/** Why nothing can be written any more, as one of the store's errors. */
export const asStoreFailure = (cause: unknown): TroupeError =>
  cause instanceof TroupeError
    ? cause
    : new TroupeError(
        'store.failed',
        `the store could not write: ${toFailure(cause).message}; close the system and open it again`,
        { cause },
      )

/** Turns that are worth a commit of their own. */
const fewest = 8

/** A writer for `core`; `observe` sees the rows of every commit once it is durable. */
export const createWriter = (core: Core, observe: (writes: readonly Write[], at: number) => void): Writer => {
  let batch = emptyBatch()
  let writing: Batch | null = null
  let lastTurns = 0

  const commit = async (closing: Batch): Promise<void> => {
    const writes = closeBatch(closing)
    const at = core.at
    if (writes.length > 0)
      await core.store.commit({ epoch: core.epoch, seq: core.seq, at, counters: { ...core.counters }, writes })
    if (core.failure) return
    observe(writes, at)
    for (const gate of closing.gates) gate.open()
    writing = null
    core.wake() // the pump takes what this let in, and flushes
  }

  const flush = (): void => {
    if (writing || core.failure || isEmpty(batch)) return
    writing = batch
    lastTurns = batch.turns
    batch = emptyBatch()
    commit(writing).catch(core.fail)
  }

  return {
    write: (write) => void batch.writes.push(write),
    touch: (entry, born) => touch(batch, entry, born),
    post: (letter) => void batch.posted.add(letter),
    take: (letter) => take(batch, letter),
    after: (open) => void batch.gates.push({ open, refuse: null }),
    durable: () =>
      core.failure
        ? Promise.reject(core.failure)
        : new Promise((open, refuse) => {
            batch.gates.push({ open, refuse })
            core.wake()
          }),
    turned: () => {
      batch.turns++
    },
    get full() {
      return batch.turns >= core.limits.turnsPerCommit
    },
    get ripe() {
      return writing === null && batch.turns >= fewest && batch.turns * 2 >= lastTurns
    },
    get idle() {
      return writing === null && isEmpty(batch)
    },
    flush,
    stop: (error) => {
      const refused = [...(writing?.gates ?? []), ...batch.gates]
      writing = null
      batch = emptyBatch()
      for (const gate of refused) gate.refuse?.(error)
    },
  }
}
