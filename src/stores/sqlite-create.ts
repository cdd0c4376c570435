// SQLite creation. Owns the making of a new store file.
//   1. The file appears whole or not at all: it is made under another name and renamed when it is on disk.
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { TroupeError } from '../runtime/errors.ts'
import { systemRandom } from '../runtime/random.ts'
import { connect } from './sqlite-connection.ts'
import { createPrivate } from './sqlite-lock.ts'
import { pageSize, schemaSql } from './sqlite-schema.ts'

/** The one name of the file, links followed, so that its lock and its WAL are found by whoever opens it. */
export const trueName = (file: string): string => {
  const path = resolve(file)
  if (existsSync(path)) return realpathSync(path)
  const folder = dirname(path)
  return existsSync(folder) ? join(realpathSync(folder), basename(path)) : path
}

/** Makes the folder of a store, but no folder above it. */
export const createFolder = (file: string): void => {
  const folder = dirname(file)
  if (existsSync(folder)) return
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (cause) {
    const message = `the folder ${folder} cannot be created; create ${dirname(folder)} first, or choose another path`
    throw new TroupeError('store.invalid', message, { place: folder, cause })
  }
}

const syncFolder = (folder: string): void => {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Creates the store file. Needs the lock. */
export const createStoreFile = (file: string): void => {
  const draft = `${file}.new`
  for (const name of [draft, `${draft}-journal`, `${draft}-wal`, `${draft}-shm`]) rmSync(name, { force: true })
  createPrivate(draft)
  {
    using db = connect(draft, 'write')
    db.exec(`PRAGMA page_size = ${pageSize}; PRAGMA synchronous = FULL; BEGIN; ${schemaSql}`)
    db.prepare('INSERT INTO meta VALUES (1, ?, 0, 0, 0, 0, 0, 0, 0, 0)').run(systemRandom().id())
    db.exec('COMMIT; PRAGMA journal_mode = WAL')
  }
  renameSync(draft, file)
  syncFolder(dirname(file))
}

/** Only its owner may read a store, also one that came here as a copy. SQLite gives -wal and -shm the same mode. */
export const makePrivate = (file: string): void => chmodSync(file, 0o600)
