// SQLite connection. Owns how a store file is opened: limits, PRAGMAs, and the proof that they hold (C3).
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { TroupeError } from '../runtime/errors.ts'

const oldest = [3, 51, 3] as const

/** Older ones can corrupt a file when its WAL is reset. */
export const requireSqlite = (version: string = process.versions.sqlite ?? '0'): void => {
  const found = version.split('.').map(Number)
  const step = oldest.findIndex((part, index) => (found[index] ?? 0) !== part)
  if (step === -1 || (found[step] ?? 0) > oldest[step]!) return
  const message = `SQLite ${version} is too old, ${oldest.join('.')} is the oldest that keeps a store safe; run a newer Node (24.21 or later)`
  throw new TroupeError('store.invalid', message)
}

export type Settings = Record<string, string | number>

const shared: Settings = { busy_timeout: 5000, trusted_schema: 0, foreign_keys: 0 }

/** What every reading connection runs with. */
export const readerSettings: Settings = { ...shared, query_only: 1 }

/** What the writing connection runs with. Checkpoints are the writer's own business, off the hot path. */
export const writerSettings = (durability: 'power' | 'process'): Settings => ({
  ...shared,
  journal_mode: 'wal',
  synchronous: durability === 'power' ? 2 : 1,
  fullfsync: durability === 'power' ? 1 : 0,
  checkpoint_fullfsync: durability === 'power' ? 1 : 0,
  wal_autocheckpoint: 0,
})

/** C3: sets each PRAGMA, reads it back, and refuses when the connection says otherwise. */
export const applySettings = (db: DatabaseSync, settings: Settings): void => {
  for (const [name, wanted] of Object.entries(settings)) {
    db.exec(`PRAGMA ${name} = ${wanted}`)
    const found = Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]
    if (found === wanted) continue
    const message = `the store file cannot be used safely: ${name} is ${found}, must be ${wanted}; put the store on a local disk`
    throw new TroupeError('store.invalid', message, { details: { pragma: name, found: String(found), wanted } })
  }
}

type Access = 'write' | 'read' | 'immutable'

/** `immutable` takes no lock and makes no file: for a look at a file that nobody has open. */
export const connect = (file: string, access: Access): DatabaseSync => {
  const url = pathToFileURL(file)
  if (access === 'immutable') url.searchParams.set('immutable', '1')
  return new DatabaseSync(url, {
    readOnly: access !== 'write',
    enableForeignKeyConstraints: false,
    limits: { attach: 0, triggerDepth: 0 },
  })
}
