// Watchdog. Owns noticing that a connection fell silent, by bytes: the SDK hides pings and its timeout ends with the headers.
import type { Clock, Timer } from '../runtime/clock.ts'

export type Watch = {
  /** Aborted with no reason of its own once `idleMs` passed without a byte. */
  readonly signal: AbortSignal
  readonly expired: boolean
  /** A fetch that notes every byte of every body. */
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** Ends the watch; idempotent. */
  stop(): void
}

/** Watches from now on: the wait for the headers counts too. */
export const watchBytes = (clock: Clock, idleMs: number): Watch => {
  const silence = new AbortController()
  let stopped = false
  let timer: Timer | null = null
  const note = () => {
    timer?.clear()
    if (!stopped) timer = clock.setTimer(clock.now() + idleMs, () => silence.abort())
  }
  const noted = (body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> =>
    body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (bytes, output) => {
          note()
          output.enqueue(bytes)
        },
      }),
    )
  note()
  return {
    signal: silence.signal,
    get expired() {
      return silence.signal.aborted
    },
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      note()
      const { status, statusText, headers } = response
      return response.body ? new Response(noted(response.body), { status, statusText, headers }) : response
    },
    stop: () => {
      stopped = true
      timer?.clear()
    },
  }
}
