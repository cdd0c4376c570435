// Rows. Owns sample rows for the store tests: each field has a value of its own, so that a swapped column shows.
import type {
  ActorRow,
  CallRow,
  Commit,
  Counters,
  DeadRow,
  JournalRow,
  LedgerRow,
  MailRow,
  OutcomeRow,
  PendingRow,
  RunRow,
  Write,
} from '../../src/runtime/store.ts'

export const counters: Counters = { accepted: 9, applied: 4, dead: 2, expired: 1, purged: 0 }

export const actorRow = (id: number, row: Partial<ActorRow> = {}): ActorRow => ({
  id,
  address: `run-1/actor-${id}`,
  parent: null,
  run: 'run-1',
  machine: 'agent',
  version: '3',
  hash: 'b0b',
  status: 'active',
  incarnation: 1,
  revision: 1,
  state: '"idle"',
  input: '{"task":"größer 🎭"}',
  birth: '{"restarts":2}',
  ...row,
})

export const journalRow = (
  seq: number,
  actor: number,
  revision: number,
  row: Partial<JournalRow> = {},
): JournalRow => ({
  seq,
  actor,
  incarnation: 1,
  revision,
  at: 1_700_000_000_000 + seq,
  cause: seq - 1,
  message: `{"type":"task_request","n":${seq}}`,
  patch: `[{"op":"add","path":"/n","value":${revision}}]`,
  notes: null,
  ...row,
})

export const mailRow = (seq: number, actor: number, row: Partial<MailRow> = {}): MailRow => ({
  seq,
  actor,
  message: `{"n":${seq}}`,
  due: null,
  timer: null,
  attempts: 0,
  ...row,
})

export const callRow = (id: number, actor: number, row: Partial<CallRow> = {}): CallRow => ({
  id,
  actor,
  incarnation: 1,
  revision: 2,
  index: 3,
  child: 'think',
  kind: 'model',
  name: 'offline',
  interrupted: 'retry',
  input: '{"head":"abc"}',
  requestedAt: 1_700_000_000_100,
  startedAt: null,
  reservedUsd: 0.25,
  reservedTokens: 4000,
  ...row,
})

export const outcomeRow = (seq: number, call: number, row: Partial<OutcomeRow> = {}): OutcomeRow => ({
  seq,
  call,
  attempt: 1,
  status: 'done',
  at: 1_700_000_000_200,
  result: '"done"',
  error: null,
  inputTokens: 11,
  outputTokens: 22,
  usd: 0.125,
  ...row,
})

export const pendingRow = (call: number, row: Partial<PendingRow> = {}): PendingRow => ({
  call,
  attempt: 2,
  failures: 1,
  startedAt: 5,
  nextAt: 6,
  deadlineAt: null,
  parked: false,
  ...row,
})

export const runRow = (id: string, row: Partial<RunRow> = {}): RunRow => ({
  id,
  agent: 'lead',
  task: '{"description":"write"}',
  status: 'active',
  startedAt: 7,
  endedAt: null,
  result: null,
  options: '{}',
  ...row,
})

export const ledgerRow = (account: string, row: Partial<LedgerRow> = {}): LedgerRow => ({
  account,
  limits: '{"usd":1}',
  reservedUsd: 0.5,
  reservedTokens: 100,
  usd: 0.75,
  tokens: 200,
  calls: 3,
  ...row,
})

export const deadRow = (seq: number): DeadRow => ({
  seq,
  target: 'run-1/none',
  reason: 'unknown',
  error: null,
  message: '{}',
  at: 8,
})

/** A commit of `writes` that gives numbers up to `seq`. */
export const commitOf = (epoch: number, seq: number, writes: readonly Write[], rest: Partial<Commit> = {}): Commit => ({
  epoch,
  seq,
  at: 1_700_000_001_000,
  counters,
  writes,
  ...rest,
})

/** One write of every kind that adds something, over actors 1 (root), 2 (its child), and 3 (another run). */
export const everyWrite: readonly Write[] = [
  { do: 'actor.add', row: actorRow(1, { address: 'run-1' }) },
  { do: 'actor.add', row: actorRow(2, { parent: 1, input: null }) },
  { do: 'actor.add', row: actorRow(3, { address: 'run-2', run: 'run-2' }) },
  {
    do: 'actor.set',
    ...{ id: 2, incarnation: 1, revision: 1, nextIncarnation: 2, nextRevision: 2 },
    ...{ status: 'done', state: '"complete"' },
  },
  { do: 'snapshot.put', row: { actor: 2, revision: 1, data: '{"a":1}' } },
  { do: 'journal.add', row: journalRow(10, 1, 1, { cause: null, patch: null, notes: '["hello"]' }) },
  { do: 'journal.add', row: journalRow(11, 2, 2) },
  { do: 'journal.add', row: journalRow(12, 3, 1) },
  { do: 'mail.add', row: mailRow(13, 1) },
  { do: 'mail.add', row: mailRow(14, 2, { due: 99, timer: 'after.1' }) },
  { do: 'mail.add', row: mailRow(15, 2, { due: 98 }) },
  { do: 'mail.attempt', seq: 13, attempts: 2 },
  { do: 'call.add', row: callRow(16, 2) },
  { do: 'call.add', row: callRow(17, 3, { interrupted: 'once', startedAt: 4 }) },
  { do: 'outcome.add', row: outcomeRow(18, 16, { status: 'started', result: null, usd: null }) },
  { do: 'outcome.add', row: outcomeRow(19, 17, { status: 'failed', result: null, error: '{"code":"call.failed"}' }) },
  { do: 'outcome.add', row: outcomeRow(20, 16) },
  { do: 'pending.put', row: pendingRow(16) },
  { do: 'pending.put', row: pendingRow(17, { parked: true, nextAt: null, deadlineAt: 77 }) },
  { do: 'blob.put', row: { hash: 'b1', data: 'a blob' } },
  { do: 'run.put', row: runRow('run-2') },
  { do: 'run.put', row: runRow('run-1', { status: 'complete', endedAt: 9, result: '"r"' }) },
  { do: 'ledger.put', row: ledgerRow('run-1/actor-2') },
  { do: 'ledger.put', row: ledgerRow('run-1') },
  { do: 'ledger.put', row: ledgerRow('run-10') },
  { do: 'dead.add', row: deadRow(21) },
  { do: 'dead.add', row: deadRow(22) },
  { do: 'receipt.add', row: { id: 'm-1', hash: 'h1', seq: 13, at: 50 } },
  { do: 'receipt.add', row: { id: 'm-2', hash: 'h2', seq: 14, at: 60 } },
]
