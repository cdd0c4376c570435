// Fault store. Owns stores that fail or wait at a chosen commit, over any other store.
import type { Commit, Store } from '../../src/runtime/store.ts'

export type CrashOptions = {
  /** Which commit of this opening fails, from 1. */
  at: number
  /** `before`: nothing of it is written. `after`: all of it is, but nobody hears so. */
  when: 'before' | 'after'
}

/** `store` until the process "dies" at a commit: from then on every commit fails. */
export const crashStore = (store: Store, { at, when }: CrashOptions): Store & { readonly commits: number } => {
  let commits = 0
  const crash = () => new Error(`the process died ${when} commit ${at}`)
  return {
    ...store,
    commit: async (commit) => {
      commits++
      if (commits < at) return store.commit(commit)
      if (commits === at && when === 'after') await store.commit(commit)
      throw crash()
    },
    get commits() {
      return commits
    },
  }
}

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
