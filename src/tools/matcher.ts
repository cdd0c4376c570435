// Matcher. Owns running an expression that a model wrote, which may take for ever: (a+)+$ on forty letters does.
//   It runs in a worker that is ended at a deadline or an abort. Refusing nested quantifiers instead would refuse good expressions and
//   still let bad ones pass (a*a*a*a*b); a budget looked at between lines is never looked at. Plain text needs no worker.
import { Worker } from 'node:worker_threads'
import type { Clock } from '../runtime/clock.ts'
import { TroupeError } from '../runtime/errors.ts'
import { type LineMatch, matchLines } from './match-lines.ts'

export type Matcher = AsyncDisposable & {
  /** The first `most` lines of `text` that fit. One text at a time. */
  match(text: string, most: number): Promise<LineMatch[]>
}
export type MatcherOptions = {
  pattern: string
  flags: '' | 'i'
  /** Milliseconds for all texts together. */
  budgetMs: number
  clock: Clock
  signal: AbortSignal
}

const special = /[\\^$.*+?()[\]{}|]/
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const workerUrl = new URL(`./match-worker.${extension}`, import.meta.url)
const heapMb = 128

const plainMatcher = ({ pattern, flags, signal }: MatcherOptions): Matcher => {
  const expression = new RegExp(pattern, flags)
  return {
    async match(text, most) {
      signal.throwIfAborted()
      return matchLines(text, expression, most)
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

const tooLong = (budgetMs: number): TroupeError =>
  new TroupeError('tool.invalid-input', `the pattern took longer than ${budgetMs} ms; use a simpler one`, {
    place: '/pattern',
  })

const workerMatcher = ({ pattern, flags, budgetMs, clock, signal }: MatcherOptions): Matcher => {
  signal.throwIfAborted()
  const ended = Promise.withResolvers<never>()
  ended.promise.catch(() => undefined) // it may end while nobody waits; the next match tells
  const worker = new Worker(workerUrl, {
    workerData: { pattern, flags },
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  })
  const timer = clock.setTimer(clock.now() + budgetMs, () => ended.reject(tooLong(budgetMs)))
  const abort = (): void => ended.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  worker.on('error', (cause) =>
    ended.reject(
      new TroupeError('tool.invalid-input', 'the pattern cannot be run; use a simpler one', {
        place: '/pattern',
        cause,
      }),
    ),
  )
  const answerTo = (text: string, most: number): Promise<LineMatch[]> =>
    new Promise((resolve) => {
      worker.once('message', resolve)
      worker.postMessage({ text, most })
    })
  return {
    match: (text, most) => Promise.race([answerTo(text, most), ended.promise]),
    async [Symbol.asyncDispose]() {
      timer.clear()
      signal.removeEventListener('abort', abort)
      await worker.terminate()
    },
  }
}

/** Starts what `pattern` needs; the caller disposes of it. */
export const openMatcher = (options: MatcherOptions): Matcher =>
  special.test(options.pattern) ? workerMatcher(options) : plainMatcher(options)
