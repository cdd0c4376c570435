// What the tests of the Claude model share: a clock that moves by hand, a request, and a model on a local server.
import { anthropic } from '../../src/models/anthropic.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import { TroupeError } from '../../src/runtime/errors.ts'
import type { ModelContext, ModelRequest } from '../../src/runtime/model.ts'
import {
  event,
  type MessagesServer,
  type ServerScript,
  type ServerStep,
  startMessagesServer,
} from '../support/messages-server.ts'

export const apiKey = 'sk-test-0123456789'
const start = Date.UTC(2026, 10, 1)

export type HandClock = Clock & {
  advance(ms: number): void
  /** Resolves when `count` timers have been set since the clock was made. */
  armed(count: number): Promise<void>
  readonly armings: number
  readonly waiting: number
}

export const handClock = (): HandClock => {
  let now = start
  let armings = 0
  const timers = new Set<{ at: number; wake: () => void }>()
  let hopes: { count: number; resolve: () => void }[] = []
  return {
    now: () => now,
    get armings() {
      return armings
    },
    get waiting() {
      return timers.size
    },
    setTimer: (at, wake) => {
      const timer = { at, wake }
      timers.add(timer)
      armings += 1
      for (const hope of hopes) if (armings >= hope.count) hope.resolve()
      hopes = hopes.filter((hope) => armings < hope.count)
      return { clear: () => void timers.delete(timer) }
    },
    advance: (ms) => {
      now += ms
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer)
        timer.wake()
      }
    },
    armed: (count) =>
      new Promise((resolve) => (armings >= count ? resolve() : void hopes.push({ count, resolve: () => resolve() }))),
  }
}

export const ask = (rest: Partial<ModelRequest> = {}): ModelRequest => ({
  model: 'balanced',
  caller: { address: 'run-1/researcher', name: 'researcher', role: 'researcher', turn: 0, task: 0 },
  system: 'You are a researcher.',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'What is the capital of France?' }] }],
  tools: [],
  task: null,
  maxTokens: 1000,
  ...rest,
})

export const readTool = {
  name: 'read',
  description: 'Reads a file.',
  inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
}

export const within = (rest: Partial<ModelContext> = {}): ModelContext => ({
  callId: 'run-1/researcher/1/1/0',
  attempt: 1,
  signal: new AbortController().signal,
  clock: handClock(),
  ...rest,
})

/** A model on a server that runs `script`; both end with the test. */
export const claudeOn = async (
  script: ServerScript,
): Promise<AsyncDisposable & { server: MessagesServer; model: ReturnType<typeof anthropic> }> => {
  const server = await startMessagesServer(script)
  const model = anthropic({ apiKey, baseURL: server.url, idleTimeoutMs: 1000 })
  return { server, model, [Symbol.asyncDispose]: () => server.close() }
}

/** The TroupeError that `work` ends with; anything else fails the test. */
export const failureOf = async (work: Promise<unknown>): Promise<TroupeError> => {
  const outcome = await work.then(
    () => 'no error',
    (error: unknown) => error,
  )
  if (outcome instanceof TroupeError) return outcome
  throw new Error(`expected a TroupeError, got ${String(outcome)}`, { cause: outcome })
}

/** The first events of a stream, up to half a word. */
export const opening: ServerStep[] = [
  event({ type: 'message_start', message: { content: [], usage: { input_tokens: 10, output_tokens: 1 } } }),
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Par' } }),
]
