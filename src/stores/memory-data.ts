// Memory data. Owns what a memory store holds between its openings; knows nothing of commits.
import type {
  ActorRow,
  BlobRow,
  CallRow,
  DeadRow,
  JournalRow,
  LedgerRow,
  MailRow,
  Meta,
  OutcomeRow,
  PendingRow,
  ReceiptRow,
  RunRow,
  SnapshotRow,
} from '../runtime/store.ts'
import { createTable, type Table } from './memory-table.ts'

/** The contents of a memory store. Hand it from one store to the next to close and open again. */
export type MemoryData = {
  meta: Meta
  /** Who has it open: at most one store at a time. */
  holder: { pid: number; since: number } | null
  readonly actors: Table<ActorRow>
  readonly addresses: Map<string, { id: number }>
  readonly snapshots: Table<SnapshotRow>
  readonly journal: Table<JournalRow>
  readonly mail: Table<MailRow>
  readonly calls: Table<CallRow>
  readonly outcomes: Table<OutcomeRow>
  readonly pending: Table<PendingRow>
  readonly dead: Table<DeadRow>
  readonly blobs: Map<string, BlobRow>
  readonly runs: Map<string, RunRow>
  readonly ledger: Map<string, LedgerRow>
  readonly receipts: Map<string, ReceiptRow>
}

/** An empty store in memory. */
export const memoryData = (): MemoryData => ({
  meta: { schema: 1, epoch: 0, seq: 0, at: 0, counters: { accepted: 0, applied: 0, dead: 0, expired: 0, purged: 0 } },
  holder: null,
  actors: createTable({ key: (row) => row.id, group: (row) => row.parent }),
  addresses: new Map(),
  snapshots: createTable({ key: (row) => row.actor }),
  journal: createTable({ key: (row) => row.seq, group: (row) => row.actor }),
  mail: createTable({ key: (row) => row.seq, group: (row) => row.actor }),
  calls: createTable({ key: (row) => row.id, group: (row) => row.actor }),
  outcomes: createTable({ key: (row) => row.seq, group: (row) => row.call }),
  pending: createTable({ key: (row) => row.call }),
  dead: createTable({ key: (row) => row.seq }),
  blobs: new Map(),
  runs: new Map(),
  ledger: new Map(),
  receipts: new Map(),
})
