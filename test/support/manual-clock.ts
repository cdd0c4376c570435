// Manual clock. Owns time in tests: it stands still until a test moves it, timer by timer.
import type { Clock } from '../../src/runtime/clock.ts'

export interface ManualClock extends Clock {
  /** Goes to the earliest timer that is due by `until` and wakes all that are due then; false when there is none. */
  next(until: number): boolean
  /** Moves on by `ms`, waiting for `settled` after each moment at which something was due. */
  advance(ms: number, settled?: () => Promise<void>): Promise<void>
  /** How many timers are armed. */
  readonly pending: number
}

type Armed = { at: number; wake: () => void }

/** A clock that starts at `start`, milliseconds since 1970. */
export const manualClock = (start = 1_000_000): ManualClock => {
  let time = start
  const armed = new Set<Armed>()
  const next = (until: number): boolean => {
    const at = Math.min(...[...armed].map((timer) => timer.at))
    if (!(at <= until)) return false
    time = Math.max(time, at)
    for (const timer of [...armed].filter((one) => one.at <= time)) if (armed.delete(timer)) timer.wake()
    return true
  }
  return {
    now: () => time,
    setTimer: (at, wake) => {
      const timer = { at, wake }
      armed.add(timer)
      return { clear: () => void armed.delete(timer) }
    },
    next,
    advance: async (ms, settled = async () => {}) => {
      const until = time + ms
      while (next(until)) await settled()
      time = until
    },
    get pending() {
      return armed.size
    },
  }
}
