// SQLite statements. Owns what each write becomes: a number of a statement and its values, in one flat array.
//   S1. The array holds only texts, numbers and nulls: thousands of small objects cost more to hand to another thread
//       than to write.
import type { ActorRow, Write } from '../runtime/store.ts'
import { columns, listed } from './sqlite-schema.ts'

export type Cell = string | number | null

const insert = (table: keyof typeof columns, way = 'INSERT'): string =>
  `${way} INTO ${table} (${listed(columns[table])}) VALUES (${columns[table].map(() => '?').join(', ')})`

/** Replaces every column but the first, which names the row. */
const upsert = (table: keyof typeof columns, condition = ''): string => {
  const [key, ...rest] = columns[table]
  const changes = rest.map((name) => `"${name}" = excluded."${name}"`).join(', ')
  return `${insert(table)} ON CONFLICT ("${key}") DO UPDATE SET ${changes}${condition}`
}

const trim = `DELETE FROM journal WHERE seq < ? AND EXISTS (SELECT 1 FROM heads JOIN snapshots ON snapshots.actor = heads.id
  WHERE heads.id = journal.actor AND heads.revision = snapshots.revision)`

/** Receipts lie in the order they were accepted, so the first that is young enough ends the search. */
const prune = `DELETE FROM receipts WHERE rowid <
  coalesce((SELECT rowid FROM receipts WHERE at >= ? ORDER BY rowid LIMIT 1), 9223372036854775807)`

const sql = {
  'actor.add': insert('actors'),
  'head.add': insert('heads'),
  'actor.set': `UPDATE heads SET incarnation = ?, revision = ?, status = ?, state = ?
    WHERE id = ? AND incarnation = ? AND revision = ?`,
  'actor.born': 'UPDATE actors SET machine = ?, version = ?, hash = ?, input = ?, birth = ? WHERE id = ?',
  'snapshot.put': upsert('snapshots', ' WHERE excluded.revision >= revision'),
  'journal.add': insert('journal'),
  'mail.add': insert('mail'),
  'mail.attempt': 'UPDATE mail SET attempts = ? WHERE seq = ?',
  'mail.drop': 'DELETE FROM mail WHERE seq = ?',
  'call.add': insert('calls'),
  'outcome.add': insert('outcomes'),
  'pending.put': upsert('pending'),
  'pending.drop': 'DELETE FROM pending WHERE call = ?',
  'blob.put': 'INSERT OR IGNORE INTO blobs (hash, data) VALUES (?, ?)',
  'run.put': upsert('runs'),
  'ledger.put': upsert('ledger'),
  'dead.add': insert('dead'),
  'dead.drop': 'DELETE FROM dead WHERE seq = ?',
  'receipt.add': insert('receipts'),
  'receipt.prune': prune,
  'journal.trim': trim,
} as const

type Name = keyof typeof sql
const names = Object.keys(sql) as Name[]
const numberOf = Object.fromEntries(names.map((name, index) => [name, index])) as Record<Name, number>

/** `changes`: the rows it must change, else another writer was here (T2). */
export type Statement = { sql: string; width: number; changes: number | null }

export const statements: readonly Statement[] = names.map((name) => ({
  sql: sql[name],
  width: sql[name].split('?').length - 1,
  changes: name === 'actor.set' ? 1 : null,
}))

type Out = Cell[]
type WriteOf<Do extends Write['do']> = Extract<Write, { do: Do }>
type Encoders = { [Do in Write['do']]: (out: Out, write: WriteOf<Do>) => void }

/** Pushes a row's columns in the order of its table. */
const row =
  <Row>(name: Name, keys: readonly (keyof Row & string)[]) =>
  (out: Out, write: { row: Row }): void => {
    out.push(numberOf[name])
    for (const key of keys) out.push(cell(write.row[key]))
  }
const cell = (value: unknown): Cell => (typeof value === 'boolean' ? Number(value) : (value as Cell)) // rows are flat by type

const addActor = row<ActorRow>('actor.add', columns.actors)
const addHead = row<ActorRow>('head.add', columns.heads)

const encoders: Encoders = {
  'actor.add': (out, write) => {
    addActor(out, write)
    addHead(out, write)
  },
  'actor.set': (out, w) => {
    out.push(numberOf['actor.set'], w.nextIncarnation, w.nextRevision, w.status, w.state)
    out.push(w.id, w.incarnation, w.revision)
    if (!w.born) return
    const { machine, version, hash, input, birth } = w.born
    out.push(numberOf['actor.born'], machine, version, hash, input, birth, w.id)
  },
  'snapshot.put': row('snapshot.put', columns.snapshots),
  'journal.add': row('journal.add', columns.journal),
  'mail.add': row('mail.add', columns.mail),
  'mail.attempt': (out, { seq, attempts }) => void out.push(numberOf['mail.attempt'], attempts, seq),
  'mail.drop': (out, { seq }) => void out.push(numberOf['mail.drop'], seq),
  'call.add': row('call.add', columns.calls),
  'outcome.add': row('outcome.add', columns.outcomes),
  'pending.put': row('pending.put', columns.pending),
  'pending.drop': (out, { call }) => void out.push(numberOf['pending.drop'], call),
  'blob.put': (out, write) => void out.push(numberOf['blob.put'], write.row.hash, write.row.data),
  'run.put': row('run.put', columns.runs),
  'ledger.put': row('ledger.put', columns.ledger),
  'dead.add': row('dead.add', columns.dead),
  'dead.drop': (out, { seq }) => void out.push(numberOf['dead.drop'], seq),
  'receipt.add': row('receipt.add', columns.receipts),
  'receipt.prune': (out, { before }) => void out.push(numberOf['receipt.prune'], before),
  'journal.trim': (out, { before }) => void out.push(numberOf['journal.trim'], before),
}

/** All writes of a commit as `[statement, ...values, statement, ...values]`. */
export const encode = (writes: readonly Write[]): Cell[] => {
  const out: Out = []
  // The table above pairs each `do` with the encoder of exactly that write.
  for (const write of writes) (encoders[write.do] as (out: Out, write: Write) => void)(out, write)
  return out
}
