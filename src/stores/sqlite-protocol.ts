// SQLite protocol. Owns what the calling thread and the writing thread say to each other.
//   1. Every `commit` is answered by one `done` or `failed`, in the order they were sent (T1).
import type { Counters, Meta } from '../runtime/store.ts'
import type { Fault } from './sqlite-errors.ts'
import type { Cell } from './sqlite-statements.ts'

export type WriterOptions = {
  file: string
  durability: 'power' | 'process'
  now: number
  /** The file may hold no more bytes than this. */
  maxBytes: number | null
}

export type CommitMessage = {
  is: 'commit'
  epoch: number
  seq: number
  at: number
  counters: Counters
  cells: Cell[]
}
export type ToWriter = CommitMessage | { is: 'close' }

export type FromWriter =
  | { is: 'ready'; meta: Meta }
  | { is: 'refused'; fault: Fault }
  | { is: 'done' }
  | { is: 'failed'; fault: Fault }
  | { is: 'closed' }
