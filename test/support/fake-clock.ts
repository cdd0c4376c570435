// Fake clock. Owns a clock that stands still until a test moves it: timers fire in the order of (time, arming), never early.
import type { Clock } from '../../src/runtime/clock.ts'

export interface FakeClock extends Clock {
  /** Moves time by `ms`, firing what comes due on the way, each at its own time. */
  advance(ms: number): void
  /** Sets the time as a clock that was wrong is set, backwards too; what is then due fires. */
  set(at: number): void
  /** When the earliest timer is due; null when none is armed. */
  readonly next: number | null
}

type Armed = { at: number; order: number; wake: () => void }

export const fakeClock = (start = 1_000_000): FakeClock => {
  const armed = new Set<Armed>()
  let present = start
  let orders = 0

  const first = (): Armed | null => {
    let least: Armed | null = null
    for (const one of armed)
      if (!least || one.at < least.at || (one.at === least.at && one.order < least.order)) least = one
    return least
  }
  const fireDue = () => {
    for (let one = first(); one && one.at <= present; one = first()) {
      armed.delete(one)
      one.wake()
    }
  }
  return {
    now: () => present,
    setTimer: (at, wake) => {
      const one = { at, order: orders++, wake }
      armed.add(one)
      if (at <= present) queueMicrotask(fireDue)
      return { clear: () => void armed.delete(one) }
    },
    advance: (ms) => {
      const end = present + ms
      for (let one = first(); one && one.at <= end; one = first()) {
        present = Math.max(present, one.at)
        fireDue()
      }
      present = end
    },
    set: (at) => {
      present = at
      fireDue()
    },
    get next() {
      return first()?.at ?? null
    },
  }
}
