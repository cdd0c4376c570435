// Memory store. Owns the store port over plain maps: for tests, simulations and work that need not outlive the process.
//   1. The data outlives close(): the same store, or another one given the same data, opens it again.
import type { Commit, Meta, Store } from '../runtime/store.ts'
import { type MemoryData, memoryData } from './memory-data.ts'
import { memoryReader } from './memory-reader.ts'
import { applyWrites } from './memory-writes.ts'
import { checkMeta, storeClosed, storeFailed, storeLocked } from './refusals.ts'

export type MemoryStoreOptions = {
  /** Contents of an earlier store, to go on from them. Default: empty. */
  data?: MemoryData
}

type State = { is: 'closed' } | { is: 'open' } | { is: 'failed'; cause: unknown }

const apply = (data: MemoryData, { epoch, seq, at, counters, writes }: Commit): void => {
  checkMeta(data.meta, { epoch, seq })
  applyWrites(data, writes)
  data.meta = { ...data.meta, seq, at: Math.max(at, data.meta.at), counters: { ...counters } }
}

/**
 * A store in memory. Throws as every store does; `store.locked` when its data is open elsewhere.
 * @example const store = memoryStore()
 */
export const memoryStore = ({ data = memoryData() }: MemoryStoreOptions = {}): Store & { data: MemoryData } => {
  let state: State = { is: 'closed' }
  const readable = (): void => {
    if (state.is === 'closed') throw storeClosed()
  }

  const open = async ({ now }: { now: number }): Promise<Meta> => {
    if (data.holder) throw storeLocked('the memory store', data.holder)
    data.holder = { pid: process.pid, since: now }
    data.meta = { ...data.meta, epoch: data.meta.epoch + 1, at: Math.max(now, data.meta.at) }
    state = { is: 'open' }
    return structuredClone(data.meta)
  }
  const commit = async (commit: Commit): Promise<void> => {
    readable()
    if (state.is === 'failed') throw storeFailed(state.cause)
    try {
      apply(data, commit)
    } catch (cause) {
      state = { is: 'failed', cause }
      throw cause
    }
  }
  const close = async (): Promise<void> => {
    if (state.is !== 'closed') data.holder = null
    state = { is: 'closed' }
  }
  return { data, durability: 'none', ...guarded(memoryReader(data), readable), open, commit, close }
}

type Reading = ReturnType<typeof memoryReader>

/** Every reading call first asks `check`, which throws when the store is closed. */
const guarded = (reading: Reading, check: () => void): Reading => {
  const calls = Object.entries(reading).map(([name, call]) => [
    name,
    async (...query: unknown[]) => {
      check()
      return (call as (...query: unknown[]) => unknown)(...query)
    },
  ])
  // Each entry keeps its name, parameters and result; only the check is added.
  return Object.fromEntries(calls) as Reading
}
