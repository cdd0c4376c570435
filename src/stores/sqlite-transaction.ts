// SQLite transaction. Owns one commit as one transaction, and the raising of the epoch.
//   1. Either every statement of a commit and its COMMIT succeed, or the transaction is rolled back (C6).
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { TroupeError } from '../runtime/errors.ts'
import type { Counters, Meta } from '../runtime/store.ts'
import { checkMeta } from './refusals.ts'
import type { CommitMessage } from './sqlite-protocol.ts'
import { schemaVersion } from './sqlite-schema.ts'
import { type Cell, statements } from './sqlite-statements.ts'

/** Runs `work` in a transaction that holds the write lock from its start. */
const transaction = <Result>(db: DatabaseSync, work: () => Result): Result => {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

const conflict = (): TroupeError =>
  new TroupeError(
    'store.conflict',
    'an actor is not at the incarnation and revision this commit started from; nothing was written. Close the store and open it again.',
  )

const metaColumns = 'epoch, seq, at, accepted, applied, dead, expired, purged'

type MetaColumns = Pick<Meta, 'epoch' | 'seq' | 'at'> & Counters

export const readMeta = (db: DatabaseSync): Meta => {
  // The schema makes every column of the one row a number, and the row is there: opening checked it.
  const row = db.prepare(`SELECT ${metaColumns} FROM meta`).get() as MetaColumns
  const { epoch, seq, at, ...counters } = row
  return { schema: schemaVersion, epoch, seq, at, counters: { ...counters } }
}

/** C29: from here on, every earlier owner is fenced. */
export const raiseEpoch = (db: DatabaseSync, now: number): Meta =>
  transaction(db, () => {
    db.prepare('UPDATE meta SET epoch = epoch + 1, at = max(at, ?)').run(now)
    return readMeta(db)
  })

/** Applies commits over `db`, each statement prepared once. */
export const createCommitter = (db: DatabaseSync): ((message: CommitMessage) => void) => {
  const prepared: (StatementSync | undefined)[] = []
  const prepare = (number: number): StatementSync => {
    const statement = prepared[number] ?? db.prepare(statements[number]!.sql)
    prepared[number] = statement
    return statement
  }
  const metaSet =
    db.prepare(`UPDATE meta SET seq = ?, at = max(at, ?), accepted = ?, applied = ?, dead = ?, expired = ?,
    purged = ? WHERE epoch = ? AND seq <= ?`)

  const setMeta = ({ epoch, seq, at, counters }: CommitMessage) => {
    const { accepted, applied, dead, expired, purged } = counters
    const { changes } = metaSet.run(seq, at, accepted, applied, dead, expired, purged, epoch, seq)
    if (changes !== 1) checkMeta(readMeta(db), { epoch, seq })
  }
  const write = (cells: readonly Cell[]) => {
    for (let at = 0; at < cells.length; ) {
      const number = cells[at] as number // S1: a statement's number comes before its values
      const { width, changes } = statements[number]!
      const result = prepare(number).run(...cells.slice(at + 1, at + 1 + width))
      if (changes !== null && result.changes !== changes) throw conflict()
      at += width + 1
    }
  }
  return (message) =>
    transaction(db, () => {
      setMeta(message)
      write(message.cells)
    })
}
