// SQLite schema. Owns the tables of a store file, its marks, and the columns of each row.
//   Q1. Columns carry the names the port gives them, so a row read is a row of the port.
//   Q2. Every number is given by the runtime; no table invents one that anybody sees (T3).
//   Q3. What changes often is small: `heads` is rewritten each turn, `actors` only when a new life begins.
import type {
  ActorRow,
  CallRow,
  DeadRow,
  JournalRow,
  LedgerRow,
  MailRow,
  OutcomeRow,
  PendingRow,
  ReceiptRow,
  RunRow,
  SnapshotRow,
} from '../runtime/store.ts'

/** Marks a file as a Troupe store: "TRPE". */
export const applicationId = 0x54525045
export const schemaVersion = 1
/** Three rows of 1 KB waste a fifth of a 4 KB page; seven waste a tenth of this one. */
export const pageSize = 8192

const columnsOf =
  <Row>() =>
  <const Names extends readonly (keyof Row & string)[]>(...names: Names): Names =>
    names

export const columns = {
  actors: columnsOf<ActorRow>()('id', 'address', 'parent', 'run', 'machine', 'version', 'hash', 'input', 'birth'),
  heads: columnsOf<ActorRow>()('id', 'status', 'incarnation', 'revision', 'state'),
  snapshots: columnsOf<SnapshotRow>()('actor', 'revision', 'data'),
  journal: columnsOf<JournalRow>()(
    'seq',
    'actor',
    'incarnation',
    'revision',
    'at',
    'cause',
    'message',
    'patch',
    'notes',
  ),
  mail: columnsOf<MailRow>()('seq', 'actor', 'message', 'due', 'timer', 'attempts'),
  calls: columnsOf<CallRow>()(
    ...(['id', 'actor', 'incarnation', 'revision', 'index', 'child', 'kind', 'name', 'interrupted'] as const),
    ...(['input', 'requestedAt', 'startedAt', 'reservedUsd', 'reservedTokens'] as const),
  ),
  outcomes: columnsOf<OutcomeRow>()(
    ...(['seq', 'call', 'attempt', 'status', 'at', 'result', 'error'] as const),
    ...(['inputTokens', 'outputTokens', 'usd'] as const),
  ),
  pending: columnsOf<PendingRow>()('call', 'attempt', 'failures', 'startedAt', 'nextAt', 'deadlineAt', 'parked'),
  runs: columnsOf<RunRow>()('id', 'agent', 'task', 'status', 'startedAt', 'endedAt', 'result', 'options'),
  ledger: columnsOf<LedgerRow>()('account', 'limits', 'reservedUsd', 'reservedTokens', 'usd', 'tokens', 'calls'),
  dead: columnsOf<DeadRow>()('seq', 'target', 'reason', 'error', 'message', 'at'),
  receipts: columnsOf<ReceiptRow>()('id', 'hash', 'seq', 'at'),
} as const

/** `"a", "b"`, each with `prefix` before it. */
export const listed = (names: readonly string[], prefix = ''): string =>
  names.map((name) => `${prefix}"${name}"`).join(', ')

const tables = `
CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), store TEXT NOT NULL, epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL, at INTEGER NOT NULL, accepted INTEGER NOT NULL, applied INTEGER NOT NULL,
  dead INTEGER NOT NULL, expired INTEGER NOT NULL, purged INTEGER NOT NULL) STRICT;
CREATE TABLE actors (id INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE, parent INTEGER, run TEXT NOT NULL,
  machine TEXT NOT NULL, version TEXT NOT NULL, hash TEXT NOT NULL, input TEXT, birth TEXT NOT NULL) STRICT;
CREATE TABLE heads (id INTEGER PRIMARY KEY, status TEXT NOT NULL, incarnation INTEGER NOT NULL,
  revision INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
CREATE TABLE snapshots (actor INTEGER PRIMARY KEY, revision INTEGER NOT NULL, data TEXT NOT NULL) STRICT;
CREATE TABLE journal (seq INTEGER PRIMARY KEY, actor INTEGER NOT NULL, incarnation INTEGER NOT NULL,
  revision INTEGER NOT NULL, at INTEGER NOT NULL, cause INTEGER, message TEXT NOT NULL, patch TEXT, notes TEXT) STRICT;
CREATE TABLE mail (seq INTEGER PRIMARY KEY, actor INTEGER NOT NULL, message TEXT NOT NULL, due INTEGER, timer TEXT,
  attempts INTEGER NOT NULL) STRICT;
CREATE TABLE calls (id INTEGER PRIMARY KEY, actor INTEGER NOT NULL, incarnation INTEGER NOT NULL,
  revision INTEGER NOT NULL, "index" INTEGER NOT NULL, child TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
  interrupted TEXT NOT NULL, input TEXT NOT NULL, requestedAt INTEGER NOT NULL, startedAt INTEGER,
  reservedUsd REAL NOT NULL, reservedTokens REAL NOT NULL) STRICT;
CREATE TABLE outcomes (seq INTEGER PRIMARY KEY, call INTEGER NOT NULL, attempt INTEGER NOT NULL, status TEXT NOT NULL,
  at INTEGER NOT NULL, result TEXT, error TEXT, inputTokens REAL NOT NULL, outputTokens REAL NOT NULL,
  usd REAL) STRICT;
CREATE TABLE pending (call INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, failures INTEGER NOT NULL,
  startedAt INTEGER, nextAt INTEGER, deadlineAt INTEGER, parked INTEGER NOT NULL) STRICT;
CREATE TABLE blobs (hash TEXT NOT NULL UNIQUE, data TEXT NOT NULL) STRICT;
CREATE TABLE runs (id TEXT NOT NULL UNIQUE, agent TEXT NOT NULL, task TEXT NOT NULL, status TEXT NOT NULL,
  startedAt INTEGER NOT NULL, endedAt INTEGER, result TEXT, options TEXT NOT NULL) STRICT;
CREATE TABLE ledger (account TEXT PRIMARY KEY, limits TEXT NOT NULL, reservedUsd REAL NOT NULL,
  reservedTokens REAL NOT NULL, usd REAL NOT NULL, tokens REAL NOT NULL, calls INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE dead (seq INTEGER PRIMARY KEY, target TEXT NOT NULL, reason TEXT NOT NULL, error TEXT,
  message TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE receipts (id TEXT NOT NULL UNIQUE, hash TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;`

/** Rows of one actor come in the order of their numbers, since an index ends in the number it points to. */
const indexes = `
CREATE INDEX actors_parent ON actors (parent) WHERE parent IS NOT NULL;
CREATE INDEX actors_run ON actors (run);
CREATE INDEX heads_living ON heads (id) WHERE status IN ('active', 'quarantined', 'parked');
CREATE INDEX journal_actor ON journal (actor);
CREATE INDEX mail_actor ON mail (actor);
CREATE INDEX calls_actor ON calls (actor);
CREATE INDEX outcomes_call ON outcomes (call);`

export const schemaSql = `${tables}${indexes}
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${schemaVersion};`
