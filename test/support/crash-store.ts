// Crash store. Owns the death of a process at a chosen commit, over any store: open the same contents again afterwards.
import type { Store } from '../../src/runtime/store.ts'

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
