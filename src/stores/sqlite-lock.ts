// SQLite lock. Owns who may write a store: an exclusive lock that SQLite holds on `<file>.lock`, and a note of the holder.
//   L1. The lock is the system's: free the moment its process dies, held while the process is merely paused (C28).
//   L2. The lock file is never deleted, and never opened but by SQLite: closing any other descriptor frees the lock.
//   L3. The note in `<file>.owner` only tells; it decides nothing.
import { chmodSync, closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { type Holder, storeLocked } from './refusals.ts'
import { isBusy, storeError } from './sqlite-errors.ts'

/** Two that come at the same instant step back from each other; one holds it after this long. */
const patienceMs = 50

export type Lock = { release(): void }

/** Creates an empty file that only its owner may read, whatever the umask. Keeps one that is there. */
export const createPrivate = (file: string): void => {
  try {
    closeSync(openSync(file, 'wx', 0o600))
    chmodSync(file, 0o600)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

const note = (file: string, holder: Holder): void => {
  const draft = `${file}.owner-${holder.pid}`
  createPrivate(draft)
  writeFileSync(draft, JSON.stringify(holder))
  renameSync(draft, `${file}.owner`)
}

/** The last holder noted; it may have died since. */
const readNote = (file: string): Holder | undefined => {
  try {
    const { pid, since, host } = JSON.parse(readFileSync(`${file}.owner`, 'utf8')) as Partial<Holder>
    return typeof pid === 'number' && typeof since === 'number' ? { pid, since, host: String(host) } : undefined
  } catch {
    return undefined // L3: without a readable note the lock holds all the same
  }
}

/** Runs `claim` on the lock file; undefined when another connection has it. */
const claimed = (file: string, access: 'read' | 'write', claim: string): DatabaseSync | undefined => {
  const db = new DatabaseSync(`${file}.lock`, { readOnly: access === 'read', timeout: patienceMs })
  try {
    db.exec(`PRAGMA journal_mode = MEMORY; ${claim}`) // nothing is ever written, so no journal file is wanted
    return db
  } catch (error) {
    db.close()
    if (isBusy(error)) return undefined
    throw error
  }
}

/** Takes the lock at once or throws `store.locked` naming its holder. */
export const takeLock = (file: string, since: number): Lock => {
  createPrivate(`${file}.lock`)
  const db = claimed(file, 'write', 'BEGIN EXCLUSIVE')
  if (!db) throw storeLocked(`the store ${file}`, readNote(file))
  try {
    note(file, { pid: process.pid, since, host: hostname() })
  } catch (error) {
    db.close()
    throw error
  }
  return {
    release: () => {
      rmSync(`${file}.owner`, { force: true })
      db.close()
    },
  }
}

/** Whether somebody has the store open now, and who. Holds the lock shared itself for an instant. */
export const lockState = (file: string): { held: boolean; holder?: Holder } => {
  if (!existsSync(`${file}.lock`)) return { held: false }
  try {
    const db = claimed(file, 'read', 'SELECT * FROM sqlite_schema')
    db?.close()
    const holder = db ? undefined : readNote(file)
    return { held: !db, ...(holder && { holder }) }
  } catch (error) {
    throw storeError(error)
  }
}
