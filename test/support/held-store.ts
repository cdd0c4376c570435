// Held store. Owns commits that wait until a test lets them go on, or makes them fail, over any store.
import type { Commit, Store } from '../../src/runtime/store.ts'

export type HeldStore = Store & {
  /** Commits from now on wait. */
  hold(): void
  /** Lets what waits go on, and all that comes. */
  release(): void
  /** Makes what waits fail, and all that comes. */
  refuse(error: Error): void
  /** Resolves when a commit waits. */
  waiting(): Promise<Commit>
}

/** `store`, whose commits wait while it is held. */
export const heldStore = (store: Store): HeldStore => {
  let gate: PromiseWithResolvers<void> | null = null
  let arrived = Promise.withResolvers<Commit>()
  const open = (settle: (gate: PromiseWithResolvers<void>) => void) => {
    if (gate) settle(gate)
    arrived = Promise.withResolvers()
  }
  return {
    ...store,
    commit: async (commit) => {
      if (gate) {
        arrived.resolve(commit)
        await gate.promise
      }
      return store.commit(commit)
    },
    hold: () => {
      gate = Promise.withResolvers()
    },
    release: () => {
      open((held) => held.resolve())
      gate = null
    },
    refuse: (error) => open((held) => held.reject(error)),
    waiting: () => arrived.promise,
  }
}
