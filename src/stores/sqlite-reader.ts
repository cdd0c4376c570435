// SQLite reader. Owns the reading half of the store port over one read-only connection.
//   R1. A read is one statement or one transaction: it sees whole commits only, and waits for no writer.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Counters, JournalRow, Meta, SnapshotRow, StoreReader } from '../runtime/store.ts'
import { storeError } from './sqlite-errors.ts'
import { columns, listed, schemaVersion } from './sqlite-schema.ts'

type Value = string | number | null
type Scope = { run?: string; actor?: number; after?: number; limit?: number }
type Patch = Pick<JournalRow, 'revision' | 'patch'>

/** Prepares each statement once. Rows come out as plain objects; the schema makes them what `Row` says. */
const createQueries = (db: DatabaseSync) => {
  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = prepared.get(sql) ?? db.prepare(sql)
    prepared.set(sql, known)
    return known
  }
  const run = <Result>(read: () => Result): Result => {
    try {
      return read()
    } catch (error) {
      throw storeError(error)
    }
  }
  const all = <Row>(sql: string, ...values: Value[]): Row[] =>
    run(() => prepare(sql).all(...values)).map((row) => ({ ...row }) as Row)
  const get = <Row>(sql: string, ...values: Value[]): Row | null => {
    const row = run(() => prepare(sql).get(...values))
    return row ? ({ ...row } as Row) : null
  }
  return { all, get, prepare, run }
}

const actorColumns = `${listed(columns.actors, 'a.')}, ${listed(columns.heads.slice(1), 'h.')}`
const actorSql = `SELECT ${actorColumns} FROM actors a JOIN heads h ON h.id = a.id`
const isLiving = (table: string) => `${table}.status IN ('active', 'quarantined', 'parked')`
const livingKeys = `SELECT h.id FROM heads h WHERE ${isLiving('h')} UNION ALL SELECT a.id FROM heads p
  CROSS JOIN actors a ON a.parent = p.id CROSS JOIN heads h ON h.id = a.id WHERE ${isLiving('p')} AND NOT ${isLiving('h')}`
/** From the index of the living to their ended children, so that what has ended for good is never looked at. */
const livingSql = `SELECT ${actorColumns} FROM heads h CROSS JOIN actors a ON a.id = h.id
  WHERE ${isLiving('h')} AND h.id > ? UNION ALL SELECT ${actorColumns} FROM heads p
  CROSS JOIN actors a ON a.parent = p.id CROSS JOIN heads h ON h.id = a.id
  WHERE ${isLiving('p')} AND NOT ${isLiving('h')} AND a.id > ? ORDER BY 1 LIMIT ?`
const metaSql = 'SELECT epoch, seq, at, accepted, applied, dead, expired, purged FROM meta'
const countersSql = `SELECT accepted, applied, dead, expired, purged,
  (SELECT count(*) FROM mail WHERE timer IS NULL) AS waiting FROM meta`

/** The keys of a run's rows, found actor by actor, so that a run costs its own rows and not the whole table. */
const runKeys: Record<string, string> = {
  journal: 'SELECT t.seq FROM actors a CROSS JOIN journal t ON t.actor = a.id WHERE a.run = ? AND t.seq > ?',
  calls: 'SELECT t.id FROM actors a CROSS JOIN calls t ON t.actor = a.id WHERE a.run = ? AND t.id > ?',
  outcomes: `SELECT t.seq FROM actors a CROSS JOIN calls c ON c.actor = a.id CROSS JOIN outcomes t ON t.call = c.id
    WHERE a.run = ? AND t.seq > ?`,
}

/** Reads rows of `table` by run, actor, and position; `key` is the column of their numbers. */
const scopedSql = (table: keyof typeof columns, key: string, { run, actor, after = -1, limit = -1 }: Scope) => {
  const values: Value[] = [after]
  let where = `"${key}" > ?`
  if (actor !== undefined) {
    where += ' AND actor = ?'
    values.push(actor)
  }
  if (run !== undefined) {
    where += ` AND "${key}" IN (${runKeys[table]})`
    values.push(run, after)
  }
  const sql = `SELECT ${listed(columns[table])} FROM ${table} WHERE ${where} ORDER BY "${key}" LIMIT ?`
  return [sql, ...values, limit] as const
}

const ledgerOrder = ' ORDER BY account'
const ledgerSql = (prefix: string | undefined): [string, ...Value[]] => {
  const sql = `SELECT ${listed(columns.ledger)} FROM ledger`
  if (prefix === undefined) return [sql + ledgerOrder]
  const under = prefix.endsWith('/') ? prefix : `${prefix}/`
  // '0' follows '/', so this range is everything that begins with `under`.
  const where = ' WHERE account = ? OR (account >= ? AND account < ?)'
  return [sql + where + ledgerOrder, prefix, under, `${under.slice(0, -1)}0`]
}

type Queries = ReturnType<typeof createQueries>

/** The newest snapshot and what the journal adds to it, newest first until the snapshot is reached (R1). */
const readSnapshot = ({ get, prepare, run }: Queries, actor: number) => {
  const row = get<SnapshotRow>(`SELECT ${listed(columns.snapshots)} FROM snapshots WHERE actor = ?`, actor)
  if (!row) return null
  const turns = prepare('SELECT revision, patch FROM journal WHERE actor = ? ORDER BY seq DESC')
  const patches: Patch[] = []
  run(() => {
    for (const turn of turns.iterate(actor) as Iterable<Patch>) {
      if (turn.revision <= row.revision) break
      patches.push({ ...turn })
    }
  })
  return { row, patches: patches.reverse() }
}

const inTransaction = <Result>(db: DatabaseSync, read: () => Result): Result => {
  db.exec('BEGIN')
  try {
    return read()
  } finally {
    db.exec('COMMIT')
  }
}

const readMeta = ({ get }: Queries): Meta => {
  const { epoch, seq, at, ...counters } = get<Counters & Omit<Meta, 'schema' | 'counters'>>(metaSql)!
  return { schema: schemaVersion, epoch, seq, at, counters }
}

const actorReads = (queries: Queries, db: DatabaseSync) => {
  const { all, get } = queries
  return {
    actor: async (address) => get(`${actorSql} WHERE a.address = ?`, address),
    actorById: async (id) => get(`${actorSql} WHERE a.id = ?`, id),
    actors: async ({ run, parent, living, after = -1, limit = -1 } = {}) => {
      if (living && run === undefined && parent === undefined) return all(livingSql, after, after, limit)
      const kept = living ? ` AND a.id IN (${livingKeys})` : ''
      const where = `${run === undefined ? '' : ' AND a.run = ?'}${parent === undefined ? '' : ' AND a.parent = ?'}`
      const given = [run, parent].filter((value) => value !== undefined)
      return all(`${actorSql} WHERE a.id > ?${where}${kept} ORDER BY a.id LIMIT ?`, after, ...given, limit)
    },
    snapshot: async (actor) => inTransaction(db, () => readSnapshot(queries, actor)),
    journal: async (query = {}) => all(...scopedSql('journal', 'seq', query)),
    mail: async (query = {}) => all(...scopedSql('mail', 'seq', query)),
  } satisfies Partial<StoreReader>
}

const callReads = ({ all, get }: Queries) => {
  const outcomes = `SELECT ${listed(columns.outcomes)} FROM outcomes WHERE call = ? ORDER BY seq`
  return {
    calls: async (query = {}) => all(...scopedSql('calls', 'id', query)),
    call: async (id) => get(`SELECT ${listed(columns.calls)} FROM calls WHERE id = ?`, id),
    outcomes: async (query) =>
      'call' in query ? all(outcomes, query.call) : all(...scopedSql('outcomes', 'seq', query)),
    pending: async () => {
      const rows = all<PendingRead>(`SELECT ${listed(columns.pending)} FROM pending ORDER BY call`)
      return rows.map((row) => ({ ...row, parked: row.parked === 1 }))
    },
  } satisfies Partial<StoreReader>
}
type PendingRead = Omit<Awaited<ReturnType<StoreReader['pending']>>[number], 'parked'> & { parked: number }

/** The reading half of a store over `db`, which it closes at the end. */
export const createReader = (db: DatabaseSync): StoreReader => {
  const queries = createQueries(db)
  const { all, get } = queries
  return {
    ...actorReads(queries, db),
    ...callReads(queries),
    meta: async () => readMeta(queries),
    blob: async (hash) => get<{ data: string }>('SELECT data FROM blobs WHERE hash = ?', hash)?.data ?? null,
    runs: async () => all(`SELECT ${listed(columns.runs)} FROM runs ORDER BY rowid`),
    run: async (id) => get(`SELECT ${listed(columns.runs)} FROM runs WHERE id = ?`, id),
    ledger: async (prefix) => all(...ledgerSql(prefix)),
    dead: async (query = {}) => all(...scopedSql('dead', 'seq', query)),
    receipt: async (id) => get(`SELECT ${listed(columns.receipts)} FROM receipts WHERE id = ?`, id),
    conservation: async () => get<Counters & { waiting: number }>(countersSql)!,
    close: async () => db.close(),
  }
}
