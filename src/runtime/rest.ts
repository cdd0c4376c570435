// Rest. Owns knowing when there is nothing to do, and waiting for it.
import { sleep } from './clock.ts'
import { TroupeError } from './errors.ts'
import type { Core } from './state.ts'

/** Whether a message waits, or is on its way in, or a call runs. */
const isBusy = (core: Core): boolean => {
  if (core.running.size + core.ready.length + core.admitting.size > 0) return true
  for (const entry of core.entries.values()) if (entry.row.status === 'active' && entry.queue.length > 0) return true
  return false
}

export interface Rest {
  /** Resolves when no message waits, no call runs and everything is durable. Rejects when the runtime fails. */
  wait(): Promise<void>
  /** To be called whenever everything is written. */
  check(): void
}

/** `core` is asked for late: the core itself tells this one when it has written everything. */
export const createRest = (core: () => Core): Rest => {
  const waiting = new Set<() => void>()
  return {
    check: () => {
      if (waiting.size === 0 || isBusy(core())) return
      for (const resolve of waiting) resolve()
      waiting.clear()
    },
    wait: () => {
      const { failure, failing, wake } = core()
      if (failure) return Promise.reject(failure)
      return new Promise<void>((resolve, reject) => {
        failing.add(reject)
        waiting.add(() => {
          failing.delete(reject)
          resolve()
        })
        wake()
      })
    },
  }
}

/** Waits for rest, but no longer than the grace. */
export const drain = async (core: Core, rest: Rest, graceMs: number): Promise<void> => {
  if (core.failure || graceMs <= 0) return
  const stop = new AbortController()
  const ignored = () => {} // a failure is known to all; an aborted sleep is the purpose
  await Promise.race([rest.wait().catch(ignored), sleep(core.clock, graceMs, stop.signal).catch(ignored)])
  stop.abort(new TroupeError('system.closed', 'there is nothing left to wait for'))
}
