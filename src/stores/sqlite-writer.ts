// SQLite writer. Owns the writing thread as the calling thread sees it: commits sent, answers awaited, its death noticed.
//   1. Answers come in the order of commits, so the oldest one waiting is the one answered.
//   2. The thread keeps the process alive only while something waits for it.
import { Worker } from 'node:worker_threads'
import { TroupeError } from '../runtime/errors.ts'
import type { Commit, Meta } from '../runtime/store.ts'
import { storeFailed } from './refusals.ts'
import { fromFault } from './sqlite-errors.ts'
import type { FromWriter, ToWriter, WriterOptions } from './sqlite-protocol.ts'
import { encode } from './sqlite-statements.ts'

export type Writer = {
  meta: Meta
  commit(commit: Commit): Promise<void>
  close(): Promise<void>
}

type Waiting = { resolve: () => void; reject: (error: unknown) => void }

const startWorker = (options: WriterOptions): Worker => {
  const name = import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js'
  // The program's own flags are not for this thread.
  return new Worker(new URL(name, import.meta.url), { workerData: options, name: 'troupe-store', execArgv: [] })
}

const died = (cause: unknown): TroupeError =>
  new TroupeError('store.failed', 'the writing thread of the store ended; close the store and open it again', { cause })

/** Resolves with the first thing the thread says, or rejects when it ends unheard. */
const firstWord = (worker: Worker): Promise<Meta> =>
  new Promise((resolve, reject) => {
    worker.once('message', (message: FromWriter) => {
      if (message.is === 'ready') resolve(message.meta)
      else reject(message.is === 'refused' ? fromFault(message.fault) : died(message))
    })
    worker.once('error', (cause) => reject(died(cause)))
    worker.once('exit', (code) => reject(died(new Error(`exit code ${code}`))))
  })

const createQueue = (worker: Worker) => {
  const waiting: Waiting[] = []
  let next = 0
  let failure: { cause: unknown } | undefined

  const settle = (): Waiting | undefined => {
    const oldest = waiting[next++]
    const drained = next === waiting.length
    if (drained) worker.unref()
    if (drained || next === 1000) next -= waiting.splice(0, next).length
    return oldest
  }
  const fail = (cause: unknown) => {
    failure ??= { cause }
    const left = waiting.splice(0).slice(next)
    next = 0
    worker.unref()
    for (const { reject } of left) reject(died(cause))
  }
  const hear = (message: FromWriter) => {
    if (message.is === 'done') return settle()?.resolve()
    if (message.is !== 'failed') return
    const error = fromFault(message.fault)
    failure ??= { cause: error }
    settle()?.reject(error)
  }
  const send = (message: ToWriter): Promise<void> => {
    if (failure) return Promise.reject(storeFailed(failure.cause))
    worker.postMessage(message)
    worker.ref()
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  }
  return { send, hear, fail }
}

const endOf = (worker: Worker): Promise<void> => new Promise((resolve) => worker.once('exit', () => resolve()))

/** Starts the writing thread, which opens the file and raises its epoch. */
export const startWriter = async (options: WriterOptions): Promise<Writer> => {
  const worker = startWorker(options)
  const ended = endOf(worker)
  let alive = true
  const meta = await firstWord(worker).catch(async (error: unknown) => {
    await worker.terminate()
    throw error
  })
  const { send, hear, fail } = createQueue(worker)
  worker.removeAllListeners('message').on('message', hear)
  worker.on('error', fail)
  worker.on('exit', (code) => {
    alive = false
    fail(new Error(`exit code ${code}`))
  })
  worker.unref()
  return {
    meta,
    commit: async ({ epoch, seq, at, counters, writes }) => {
      await send({ is: 'commit', epoch, seq, at, counters, cells: encode(writes) })
    },
    close: async () => {
      if (alive) {
        worker.ref()
        worker.postMessage({ is: 'close' } satisfies ToWriter)
      }
      await ended
    },
  }
}
