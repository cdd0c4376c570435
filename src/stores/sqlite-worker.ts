// SQLite worker. Owns the writing connection, in a thread of its own, so that an fsync never stalls the caller.
//   K1. After a failed commit nothing more is written: every later commit is answered `failed` (T4).
//   K2. Checkpoints run when the store is idle or the WAL is big, never between a commit and its answer.
import type { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock, type Timer } from '../runtime/clock.ts'
import { storeFailed } from './refusals.ts'
import { applySettings, connect, writerSettings } from './sqlite-connection.ts'
import { toFault } from './sqlite-errors.ts'
import { checkSchema } from './sqlite-inspect.ts'
import { createMark, type MarkWriter, noMark } from './sqlite-mark.ts'
import type { CommitMessage, FromWriter, ToWriter, WriterOptions } from './sqlite-protocol.ts'
import { pageSize } from './sqlite-schema.ts'
import { createCommitter, raiseEpoch } from './sqlite-transaction.ts'

const idleMs = 200
const bigBytes = 16 * 1024 * 1024

const port = parentPort! // this file runs only as a worker
const options = workerData as WriterOptions // written by sqlite-writer.ts alone
const clock = systemClock()
const say = (message: FromWriter) => port.postMessage(message)

const openForWriting = ({ file, durability, maxBytes }: WriterOptions): DatabaseSync => {
  const db = connect(file, 'write')
  applySettings(db, writerSettings(durability))
  if (maxBytes !== null) db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageSize))}`)
  checkSchema(file, db)
  return db
}

/** A checkpoint that fails loses nothing, for the WAL keeps it all; `failed` is told, since the next commit would fail too. */
const createCheckpoints = (db: DatabaseSync, failed: (cause: unknown) => void) => {
  let commits = 0
  let timer: Timer | undefined
  const look = db.prepare('PRAGMA wal_checkpoint(NOOP)')
  /** Pages in the WAL that are not in the file; the WAL's own size says nothing, since it is used again and never cut. */
  const waiting = (): number => {
    const { log, checkpointed } = look.get() as { log: number; checkpointed: number } // as SQLite documents
    return log - checkpointed
  }
  const checkpoint = () => {
    try {
      db.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } catch (cause) {
      failed(cause)
    }
  }
  const arm = () => {
    const seen = commits
    timer = clock.setTimer(clock.now() + idleMs, () => {
      timer = undefined
      if (commits === seen) checkpoint()
      else arm()
    })
  }
  return {
    /** Called after each commit was answered. */
    note: () => {
      commits += 1
      if (!timer) arm()
      if (waiting() * pageSize >= bigBytes) checkpoint()
    },
    stop: () => timer?.clear(),
    /** Empties the WAL for good; a reader that is in the way does not hold up closing. */
    last: () => db.exec('PRAGMA busy_timeout = 100; PRAGMA wal_checkpoint(TRUNCATE)'),
  }
}

const serve = (db: DatabaseSync, mark: MarkWriter) => {
  let failure: { cause: unknown } | undefined
  const commit = createCommitter(db)
  const fail = (cause: unknown) => {
    failure ??= { cause }
    checkpoints.stop()
  }
  const checkpoints = createCheckpoints(db, fail)

  const answer = (message: CommitMessage) => {
    try {
      if (failure) throw storeFailed(failure.cause)
      commit(message)
    } catch (cause) {
      fail(cause)
      return say({ is: 'failed', fault: toFault(cause) })
    }
    say({ is: 'done' })
    after(message)
  }
  /** What the answer need not wait for. */
  const after = (message: CommitMessage) => {
    try {
      mark.write(message)
      checkpoints.note()
    } catch (cause) {
      fail(cause)
    }
  }
  const close = () => {
    checkpoints.stop()
    try {
      if (!failure) checkpoints.last()
    } catch (cause) {
      fail(cause) // nothing is lost: the next opening takes the WAL over
    }
    db.close()
    if (!failure) mark.remove()
    say({ is: 'closed' })
    port.close()
  }
  port.on('message', (message: ToWriter) => (message.is === 'commit' ? answer(message) : close()))
}

try {
  const db = openForWriting(options)
  const meta = raiseEpoch(db, options.now)
  const mark = options.durability === 'power' ? createMark(options.file, db) : noMark(options.file)
  mark.write(meta)
  serve(db, mark)
  say({ is: 'ready', meta })
} catch (error) {
  say({ is: 'refused', fault: toFault(error) })
}
