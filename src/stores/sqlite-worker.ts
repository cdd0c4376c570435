// SQLite worker. Owns the writing connection, in a thread of its own, so that an fsync never stalls the caller.
//   K1. After a failed commit nothing more is written: every later commit is answered `failed` (T4).
//   K2. Checkpoints run when the store is idle or the WAL is big, never between a commit and its answer.
import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock, type Timer } from '../runtime/clock.ts'
import { storeFailed } from './refusals.ts'
import { applySettings, connect, writerSettings } from './sqlite-connection.ts'
import { toFault } from './sqlite-errors.ts'
import { checkSchema } from './sqlite-inspect.ts'
import type { FromWriter, ToWriter, WriterOptions } from './sqlite-protocol.ts'
import { pageSize } from './sqlite-schema.ts'
import { createCommitter, raiseEpoch } from './sqlite-transaction.ts'

const idleMs = 200
const bigBytes = 16 * 1024 * 1024
const checkEvery = 64 // commits between two looks at the size of the WAL

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

const createCheckpoints = (db: DatabaseSync) => {
  let commits = 0
  let timer: Timer | undefined
  const passive = () => void db.exec('PRAGMA wal_checkpoint(PASSIVE)')
  const arm = () => {
    const seen = commits
    timer = clock.setTimer(clock.now() + idleMs, () => {
      timer = undefined
      if (commits === seen) passive()
      else arm()
    })
  }
  return {
    /** Called after each commit was answered. */
    note: () => {
      commits += 1
      if (!timer) arm()
      if (commits % checkEvery === 0 && statSync(`${options.file}-wal`).size >= bigBytes) passive()
    },
    stop: () => timer?.clear(),
    /** Empties the WAL for good; a reader that is in the way does not hold up closing. */
    last: () => db.exec('PRAGMA busy_timeout = 100; PRAGMA wal_checkpoint(TRUNCATE)'),
  }
}

const serve = (db: DatabaseSync) => {
  const commit = createCommitter(db)
  const checkpoints = createCheckpoints(db)
  let failure: { cause: unknown } | undefined

  const answer = (message: Extract<ToWriter, { is: 'commit' }>) => {
    try {
      if (failure) throw storeFailed(failure.cause)
      commit(message)
      say({ is: 'done' })
    } catch (cause) {
      failure ??= { cause }
      return say({ is: 'failed', fault: toFault(cause) })
    }
    checkpoints.note()
  }
  const close = () => {
    checkpoints.stop()
    try {
      if (!failure) checkpoints.last()
    } finally {
      db.close()
      say({ is: 'closed' })
      port.close()
    }
  }
  port.on('message', (message: ToWriter) => (message.is === 'commit' ? answer(message) : close()))
}

try {
  const db = openForWriting(options)
  const meta = raiseEpoch(db, options.now)
  serve(db)
  say({ is: 'ready', meta })
} catch (error) {
  say({ is: 'refused', fault: toFault(error) })
}
