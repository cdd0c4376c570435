// SQLite mark. Owns the high-water mark: the last commit acknowledged, noted outside the file (BAD 126, 127).
//   H1. SQLite takes a WAL that is damaged or gone for one that ends early, and says nothing; the mark knows better.
//   H2. The mark is written after its commit was answered, and never synced: it may lag behind the store by a commit and
//       is never ahead of it.
//       Level `process` may lose a suffix on power loss, which would leave the mark ahead: it keeps none.
//   H3. A clean closing removes the mark, so that a store restored from a backup opens.
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { TroupeError } from '../runtime/errors.ts'
import { createPrivate } from './sqlite-lock.ts'

/** `store` is the id of the store it speaks of. */
type Mark = { store: string; epoch: number; seq: number }
type Position = Pick<Mark, 'epoch' | 'seq'>

export type MarkWriter = { write(position: Position): void; remove(): void }

const nameOf = (file: string): string => `${file}.mark`
const width = 128 // within one sector, and the same for every mark: an older, longer one is overwritten whole

const idOf = (db: DatabaseSync): string => String(db.prepare('SELECT store FROM meta').get()?.store)

const readMark = (file: string): Partial<Mark> => {
  try {
    return JSON.parse(readFileSync(nameOf(file), 'utf8')) as Partial<Mark>
  } catch {
    return {} // none, or one that power loss tore: nothing to compare with
  }
}

/** Throws `store.corrupt` when the store holds less than was acknowledged. Needs the lock. */
export const checkMark = (file: string, db: DatabaseSync): void => {
  const { store, epoch = 0, seq = 0 } = readMark(file)
  if (store !== idOf(db)) return
  const row = db.prepare('SELECT epoch, seq FROM meta').get() as Position // opening checked that the row is there
  if (row.epoch >= epoch && row.seq >= seq) return
  const lost = `${file} ends at ${row.seq}, but ${seq} was acknowledged: its -wal file is damaged or was removed`
  const remedy = `restore both, or delete ${nameOf(file)} to go on without what was lost. The file was left as it is.`
  throw new TroupeError('store.corrupt', `${lost}; ${remedy}`, {
    place: file,
    details: { found: row.seq, acknowledged: seq },
  })
}

export const createMark = (file: string, db: DatabaseSync): MarkWriter => {
  createPrivate(nameOf(file))
  const descriptor = openSync(nameOf(file), 'r+')
  const store = idOf(db)
  return {
    write: ({ epoch, seq }) => {
      const mark: Mark = { store, epoch, seq }
      writeSync(descriptor, JSON.stringify(mark).padEnd(width), 0)
    },
    remove: () => {
      closeSync(descriptor)
      rmSync(nameOf(file), { force: true })
    },
  }
}

/** For a level that keeps no mark: what another level left speaks of the past. */
export const noMark = (file: string): MarkWriter => {
  rmSync(nameOf(file), { force: true })
  return { write: () => {}, remove: () => {} }
}
