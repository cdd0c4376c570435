// SQLite inspection. Owns the refusal of files that are no sound Troupe store, before anything is written (C30).
//   I1. A refused file keeps every byte, and nothing new lies beside it.
//   I2. Nothing here opens the file but SQLite: another descriptor, once closed, would free the locks of this process.
import { accessSync, constants, existsSync, rmSync, type Stats, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type ErrorCode, TroupeError } from '../runtime/errors.ts'
import { connect } from './sqlite-connection.ts'
import { isCorrupt, isNotDatabase, storeError } from './sqlite-errors.ts'
import { checkMark } from './sqlite-mark.ts'
import { applicationId, schemaSql, schemaVersion } from './sqlite-schema.ts'

const refuse = (code: ErrorCode, file: string, what: string, remedy: string): TroupeError =>
  new TroupeError(code, `${file} ${what}; ${remedy}. The file was left as it is.`, { place: file })

const choose = 'choose another path, or restore the store from a backup'

const smallest = 512 // SQLite's smallest page; it takes anything shorter for a new database

const statOf = (file: string): Stats | undefined => statSync(file, { throwIfNoEntry: false })

const checkAccess = (file: string, access: 'read' | 'write'): void => {
  try {
    accessSync(file, access === 'read' ? constants.R_OK : constants.R_OK | constants.W_OK)
  } catch {
    const what = access === 'read' ? 'cannot be read' : 'cannot be written'
    throw refuse('store.invalid', file, what, 'change its owner or permissions, or choose another path')
  }
}

/** Whether there is a store to open. Throws when what is there can be none. */
export const inspectPath = (file: string, access: 'read' | 'write'): boolean => {
  const found = statOf(file)
  if (!found && existsSync(`${file}-wal`)) {
    throw refuse('store.corrupt', file, 'is missing but its -wal file is there', 'put the store back beside it')
  }
  if (!found) return false
  if (!found.isFile()) throw refuse('store.invalid', file, 'is no regular file', 'name a file for the store')
  if (found.nlink > 1) {
    throw refuse(
      'store.invalid',
      file,
      'has several hard links, so two owners could miss each other',
      'copy it instead',
    )
  }
  checkAccess(file, access)
  if (found.size < smallest) {
    const what = found.size === 0 ? 'is empty, no store' : 'is too short to be a store'
    throw refuse('store.corrupt', file, what, `delete it if it is not needed, or ${choose}`)
  }
  return true
}

const pragma = (db: DatabaseSync, name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]

/** Refuses what another program made and what a newer Troupe made. */
const checkMarks = (file: string, db: DatabaseSync): void => {
  const made = pragma(db, 'application_id')
  if (made !== applicationId) throw refuse('store.invalid', file, 'belongs to another program', 'choose another path')
  const version = pragma(db, 'user_version')
  if (version === schemaVersion) return
  if (typeof version === 'number' && version > schemaVersion) {
    const what = `has schema ${version}, this Troupe knows up to ${schemaVersion}`
    throw refuse('store.version', file, what, 'run a newer Troupe')
  }
  throw refuse('store.corrupt', file, `has no known schema (${version})`, choose)
}

const fingerprint = (db: DatabaseSync): string =>
  JSON.stringify(db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all())

const expected = (): string => {
  using db = new DatabaseSync(':memory:')
  db.exec(schemaSql)
  return fingerprint(db)
}

/** BAD 130: a planted trigger or view would run with every commit. */
export const checkSchema = (file: string, db: DatabaseSync): void => {
  checkMarks(file, db)
  if (fingerprint(db) !== expected()) {
    throw refuse('store.corrupt', file, 'has tables, indexes, triggers or views that Troupe did not make', choose)
  }
  if (!db.prepare('SELECT 1 FROM meta').get()) throw refuse('store.corrupt', file, 'has lost its meta row', choose)
}

const translate = (file: string, error: unknown): TroupeError => {
  if (isNotDatabase(error)) return refuse('store.corrupt', file, 'is no SQLite database', choose)
  if (isCorrupt(error)) return refuse('store.corrupt', file, 'is damaged or cut short', choose)
  return storeError(error)
}

/**
 * A first look that needs no lock and disturbs no owner. A damaged file passes: while an owner is at work,
 * a look past its locks can find pages that do not fit together.
 */
export const inspectMarks = (file: string): void => {
  using db = connect(file, 'immutable')
  try {
    checkMarks(file, db)
  } catch (error) {
    if (!isCorrupt(error)) throw error instanceof TroupeError ? error : translate(file, error)
  }
}

/** The store's own id, as its main file alone tells it; undefined when a crash left that file for the WAL to mend. */
const mainId = (file: string): unknown => {
  using db = connect(file, 'immutable')
  try {
    return db.prepare('SELECT store FROM meta').get()?.store
  } catch {
    return undefined // checked again, through the WAL, by the caller
  }
}

/** BAD 128: SQLite would take over a `-wal` file that belongs to another store. */
const checkIdentity = (file: string, db: DatabaseSync): void => {
  const own = mainId(file)
  if (own === undefined || own === db.prepare('SELECT store FROM meta').get()?.store) return
  throw refuse('store.corrupt', file, 'lies beside the -wal file of another store', 'put its own -wal file back')
}

/** The whole inspection. Needs the lock: nobody writes meanwhile. */
export const inspectStore = (file: string): void => {
  const hasWal = (statOf(`${file}-wal`)?.size ?? 0) > 0
  const hasIndex = existsSync(`${file}-shm`)
  try {
    using db = connect(file, hasWal ? 'read' : 'immutable')
    checkSchema(file, db)
    if (hasWal) checkIdentity(file, db)
    checkMark(file, db)
  } catch (error) {
    if (hasWal && !hasIndex) rmSync(`${file}-shm`, { force: true }) // I1: SQLite made it for our look
    throw error instanceof TroupeError ? error : translate(file, error)
  }
}
