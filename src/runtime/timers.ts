// Timers. Owns waking up for what is due: one wake-up for the earliest timer, whatever their number.
//   I1. A timer fires once per arming, never before its time by the port's clock (C24).
//   I2. Overdue ones fire by (due, number) (C25).
import type { Timer } from './clock.ts'
import { type Core, enqueue, type Letter, makeReady, type Timers } from './state.ts'

const before = (a: Letter, b: Letter): boolean =>
  a.timer!.due < b.timer!.due || (a.timer!.due === b.timer!.due && a.seq < b.seq)

/** A binary heap of letters by (due, number). */
const createHeap = () => {
  const items: Letter[] = []
  const swap = (a: number, b: number) => {
    ;[items[a], items[b]] = [items[b]!, items[a]!]
  }
  const sink = (from: number): void => {
    let at = from
    for (;;) {
      const left = 2 * at + 1
      if (left >= items.length) return
      const least = left + 1 < items.length && before(items[left + 1]!, items[left]!) ? left + 1 : left
      if (!before(items[least]!, items[at]!)) return
      swap(at, least)
      at = least
    }
  }
  return {
    first: () => items[0],
    push: (letter: Letter) => {
      items.push(letter)
      for (let at = items.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1
        if (!before(items[at]!, items[parent]!)) return
        swap(at, parent)
        at = parent
      }
    },
    pop: () => {
      const last = items.pop()
      if (items.length === 0 || !last) return
      items[0] = last
      sink(0)
    },
    size: () => items.length,
    /** Keeps only what is wanted: a sorted list is a heap. */
    keep: (isWanted: (letter: Letter) => boolean) => {
      const kept = items.filter(isWanted).sort((a, b) => (before(a, b) ? -1 : 1))
      items.length = 0
      for (const letter of kept) items.push(letter)
    },
  }
}

const firstSweep = 1024

/** Timers of `core`. A cleared one is not searched for: it is recognised when it comes up, or in a sweep now and then. */
export const createTimers = (core: Core): Timers => {
  const heap = createHeap()
  let wake: { at: number; timer: Timer } | null = null
  let closed = false
  let sweepAt = firstSweep

  const isArmed = (letter: Letter) => letter.entry.timers.has(letter)

  const schedule = () => {
    const next = heap.first()?.timer?.due
    if (next === undefined || closed || (wake && wake.at <= next)) return
    wake?.timer.clear()
    wake = {
      at: next,
      timer: core.clock.setTimer(next, () => {
        wake = null
        fire()
        core.wake()
      }),
    }
  }

  const fire = () => {
    const present = core.clock.now()
    for (let first = heap.first(); first && first.timer!.due <= present; first = heap.first()) {
      heap.pop()
      if (!isArmed(first)) continue
      first.entry.timers.delete(first)
      enqueue(first.entry, first)
      makeReady(core, first.entry)
    }
    schedule()
  }

  return {
    add: (letter) => {
      heap.push(letter)
      if (heap.size() >= sweepAt) {
        heap.keep(isArmed)
        sweepAt = Math.max(firstSweep, 2 * heap.size())
      }
      schedule()
    },
    fire,
    close: () => {
      closed = true
      wake?.timer.clear()
    },
  }
}
