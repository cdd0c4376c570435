// Clock. Owns the only way to learn the time or to wait. Time is milliseconds since 1970, UTC.

/** A pending wake-up; `clear` is idempotent. */
export type Timer = { clear(): void }

/** The port for time. The simulation replaces it; nothing else in the project may read a clock. */
export interface Clock {
  now(): number
  /** Calls `wake` once, no earlier than `at` by this clock. */
  setTimer(at: number, wake: () => void): Timer
}

const longest = 2_147_483_647 // setTimeout fires at once beyond 2^31-1 ms

/** The clock of this machine. */
export const systemClock = (): Clock => ({
  now: () => Date.now(),
  setTimer: (at, wake) => {
    let handle: ReturnType<typeof setTimeout>
    const arm = () => {
      const wait = at - Date.now()
      handle = setTimeout(() => (at > Date.now() ? arm() : wake()), Math.min(Math.max(wait, 0), longest))
    }
    arm()
    return { clear: () => clearTimeout(handle) }
  },
})

/** Resolves after `ms` by `clock`; rejects with `signal.reason` when aborted. */
export const sleep = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = clock.setTimer(clock.now() + ms, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    const abort = () => {
      timer.clear()
      reject(signal!.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
  })

/** A time as ISO-8601 UTC, as all Troupe's texts and events show it. */
export const isoTime = (at: number): string => new Date(at).toISOString()
