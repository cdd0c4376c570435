// SQLite store. Owns the store port over one file: its lock, its writing thread, its reading connection.
//   1. Opening goes from the harmless to the harmful: look, lock, look again, create, write (C30).
//   2. Whatever opening took is given back when it fails.
import { statSync } from 'node:fs'
import { TroupeError } from '../runtime/errors.ts'
import type { Commit, Meta, Store, StoreReader } from '../runtime/store.ts'
import { type Holder, storeClosed } from './refusals.ts'
import { applySettings, connect, readerSettings, requireSqlite } from './sqlite-connection.ts'
import { createFolder, createStoreFile, makePrivate, trueName } from './sqlite-create.ts'
import { storeError } from './sqlite-errors.ts'
import { checkSchema, inspectMarks, inspectPath, inspectStore } from './sqlite-inspect.ts'
import { type Lock, lockState, takeLock } from './sqlite-lock.ts'
import { createReader } from './sqlite-reader.ts'
import { schemaVersion } from './sqlite-schema.ts'
import { startWriter, type Writer } from './sqlite-writer.ts'

export type SqliteStoreOptions = {
  /** `power` survives power loss; `process` survives kill -9 and is faster on slow disks. Default `power`. */
  durability?: 'power' | 'process'
  /** The store file may grow to this many bytes; a commit that needs more is `store.full`. Default: the disk. */
  maxBytes?: number
}

type Opened = { lock: Lock; writer: Writer; reader: StoreReader }

/** Runs `work`; errors of the file system and of SQLite leave as the store's own. */
const withStoreErrors = async <Result>(file: string, work: () => Result | Promise<Result>): Promise<Result> => {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof TroupeError) throw cause
    if (!(cause instanceof Error && 'syscall' in cause)) throw storeError(cause)
    const message = `the store ${file} cannot be opened (${cause.message}); check its folder and permissions, or choose another path`
    throw new TroupeError('store.invalid', message, { place: file, cause })
  }
}

const openReader = (file: string): StoreReader => {
  const db = connect(file, 'read')
  try {
    applySettings(db, readerSettings)
    checkSchema(file, db)
    return createReader(db)
  } catch (error) {
    db.close()
    throw error
  }
}

const prepareFile = (file: string): void => {
  if (inspectPath(file, 'write')) inspectStore(file)
  else createStoreFile(file)
  makePrivate(file)
}

const openStore = async (given: string, { durability = 'power', maxBytes }: SqliteStoreOptions, now: number) => {
  requireSqlite()
  createFolder(given)
  const file = trueName(given)
  if (inspectPath(file, 'write')) inspectMarks(file)
  const lock = takeLock(file, now)
  let writer: Writer | undefined
  try {
    prepareFile(file)
    writer = await startWriter({ file, durability, now, maxBytes: maxBytes ?? null })
    return { lock, writer, reader: openReader(file) }
  } catch (error) {
    await writer?.close()
    lock.release()
    throw error
  }
}

/** Names of the reading calls, each of which goes to the open reader. */
const readCalls = [
  ...(['meta', 'actor', 'actorById', 'actors', 'snapshot', 'journal', 'mail', 'calls', 'call', 'outcomes'] as const),
  ...(['pending', 'blob', 'runs', 'run', 'ledger', 'dead', 'receipt', 'conservation'] as const),
]
type Reading = Pick<StoreReader, (typeof readCalls)[number]>

const readsOf = (reader: () => StoreReader): Reading => {
  const calls = readCalls.map((name) => [
    name,
    async (...query: unknown[]) => (reader()[name] as (...query: unknown[]) => unknown)(...query),
  ])
  // Each call keeps its name, parameters and result.
  return Object.fromEntries(calls) as Reading
}

/**
 * A store in one SQLite file, created when it is not there. Throws `store.locked` while another has it open.
 * @example const store = sqliteStore('.troupe/store.db')
 */
export const sqliteStore = (file: string, options: SqliteStoreOptions = {}): Store => {
  let opened: Opened | undefined
  const current = (): Opened => {
    if (!opened) throw storeClosed()
    return opened
  }
  const open = async ({ now }: { now: number }): Promise<Meta> => {
    const fresh = await withStoreErrors(file, () => openStore(file, options, now))
    opened = fresh
    return fresh.writer.meta
  }
  const commit = async (commit: Commit): Promise<void> => current().writer.commit(commit)
  const close = async (): Promise<void> => {
    const last = opened
    opened = undefined
    if (!last) return
    await last.reader.close()
    await last.writer.close()
    last.lock.release()
  }
  return { durability: options.durability ?? 'power', ...readsOf(() => current().reader), open, commit, close }
}

const missing = (file: string): TroupeError =>
  new TroupeError('store.invalid', `${file} is not there; name an existing store`, { place: file })

/**
 * A look at a store that another process may own. Throws `store.invalid`, `store.corrupt`, `store.version`.
 * @example const store = await sqliteReader('.troupe/store.db')
 */
export const sqliteReader = (file: string): Promise<StoreReader> =>
  withStoreErrors(file, () => {
    requireSqlite()
    const name = trueName(file)
    if (!inspectPath(name, 'read')) throw missing(file)
    inspectMarks(name)
    if (!lockState(name).held) inspectStore(name)
    return openReader(name)
  })

export type StoreDescription = { exists: boolean; schema: number | null; bytes: number; holder?: Holder }

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/**
 * What lies at `file` and who has it open. Throws as {@link sqliteReader} does, but not when nothing is there.
 * @example const { holder } = await describeStore('.troupe/store.db')
 */
export const describeStore = (file: string): Promise<StoreDescription> =>
  withStoreErrors(file, () => {
    const name = trueName(file)
    if (!inspectPath(name, 'read')) return { exists: false, schema: null, bytes: 0 }
    inspectMarks(name)
    const { holder } = lockState(name)
    const bytes = sizeOf(name) + sizeOf(`${name}-wal`)
    return { exists: true, schema: schemaVersion, bytes, ...(holder && { holder }) }
  })
