// Memory writes. Owns what each write of a commit does to the data in memory.
//   W1. Adding under a number, address or id that is taken is a conflict; dropping what is not there does nothing.
//   W2. A write that throws has changed nothing; it returns the undo of all it did.
import { TroupeError } from '../runtime/errors.ts'
import type { Write } from '../runtime/store.ts'
import type { MemoryData } from './memory-data.ts'
import { putNamed, type Table, type Undo } from './memory-table.ts'

type WriteOf<Do extends Write['do']> = Extract<Write, { do: Do }>
type Writers = { [Do in Write['do']]: (data: MemoryData, write: WriteOf<Do>) => Undo }

const conflict = (what: string): TroupeError =>
  new TroupeError('store.conflict', `${what}; nothing was written. Close the store, open it again and load its rows.`)

const all =
  (undos: readonly Undo[]): Undo =>
  () => {
    for (const undo of undos.toReversed()) undo()
  }

const add = <Row>(table: Table<Row>, name: string, key: number, row: Row): Undo => {
  if (table.has(key)) throw conflict(`number ${key} is already used in ${name}`)
  return table.put(row)
}

const addActor = (data: MemoryData, { row }: WriteOf<'actor.add'>): Undo => {
  if (data.addresses.has(row.address)) throw conflict(`address ${row.address} is already used in actors`)
  return all([
    add(data.actors, 'actors', row.id, row),
    putNamed<{ id: number }>(data.addresses, row.address, { id: row.id }),
  ])
}

const setActor = (data: MemoryData, write: WriteOf<'actor.set'>): Undo => {
  const row = data.actors.get(write.id)
  if (!row || row.incarnation !== write.incarnation || row.revision !== write.revision) {
    throw conflict(`actor ${write.id} is not at incarnation ${write.incarnation}, revision ${write.revision}`)
  }
  const { nextIncarnation: incarnation, nextRevision: revision, status, state } = write
  return data.actors.put({ ...row, ...write.born, incarnation, revision, status, state })
}

const putSnapshot = (data: MemoryData, { row }: WriteOf<'snapshot.put'>): Undo =>
  (data.snapshots.get(row.actor)?.revision ?? -1) > row.revision ? () => {} : data.snapshots.put(row)

const addReceipt = (data: MemoryData, { row }: WriteOf<'receipt.add'>): Undo => {
  if (data.receipts.has(row.id)) throw conflict(`receipt ${row.id} is already there`)
  return putNamed(data.receipts, row.id, row)
}

const pruneReceipts = (data: MemoryData, { before }: WriteOf<'receipt.prune'>): Undo => {
  const old = [...data.receipts.values()].filter((row) => row.at < before)
  const rest = [...data.receipts]
  for (const row of old) data.receipts.delete(row.id)
  return () => {
    data.receipts.clear()
    for (const [id, row] of rest) data.receipts.set(id, row)
  }
}

/** C43: only where the snapshot alone says all that the journal said. */
const trimJournal = (data: MemoryData, { before }: WriteOf<'journal.trim'>): Undo => {
  const whole = (actor: number) => data.snapshots.get(actor)?.revision === data.actors.get(actor)?.revision
  const old = data.journal.list().filter((row) => row.seq < before && data.snapshots.has(row.actor) && whole(row.actor))
  return all(old.map((row) => data.journal.drop(row.seq)))
}

const attemptMail = (data: MemoryData, { seq, attempts }: WriteOf<'mail.attempt'>): Undo => {
  const row = data.mail.get(seq)
  return row ? data.mail.put({ ...row, attempts }) : () => {}
}

const writers: Writers = {
  'actor.add': addActor,
  'actor.set': setActor,
  'snapshot.put': putSnapshot,
  'journal.add': (data, { row }) => add(data.journal, 'journal', row.seq, row),
  'mail.add': (data, { row }) => add(data.mail, 'mail', row.seq, row),
  'mail.attempt': attemptMail,
  'mail.drop': (data, { seq }) => data.mail.drop(seq),
  'call.add': (data, { row }) => add(data.calls, 'calls', row.id, row),
  'outcome.add': (data, { row }) => add(data.outcomes, 'outcomes', row.seq, row),
  'pending.put': (data, { row }) => data.pending.put(row),
  'pending.drop': (data, { call }) => data.pending.drop(call),
  'blob.put': (data, { row }) => (data.blobs.has(row.hash) ? () => {} : putNamed(data.blobs, row.hash, row)),
  'run.put': (data, { row }) => putNamed(data.runs, row.id, row),
  'ledger.put': (data, { row }) => putNamed(data.ledger, row.account, row),
  'dead.add': (data, { row }) => add(data.dead, 'dead letters', row.seq, row),
  'dead.drop': (data, { seq }) => data.dead.drop(seq),
  'receipt.add': addReceipt,
  'receipt.prune': pruneReceipts,
  'journal.trim': trimJournal,
}

/** Applies all of `writes` or, throwing, none of them. */
export const applyWrites = (data: MemoryData, writes: readonly Write[]): void => {
  const undos: Undo[] = []
  try {
    for (const write of writes) {
      // The table above pairs each `do` with the writer of exactly that write.
      const writer = writers[write.do] as (data: MemoryData, write: Write) => Undo
      undos.push(writer(data, write))
    }
  } catch (error) {
    all(undos)()
    throw error
  }
}
