// Contract. Owns the one suite that every store passes.
import { describe } from 'vitest'
import type { Store } from '../../src/runtime/store.ts'
import { lifeContract } from './contract-life.ts'
import { readContract } from './contract-reads.ts'
import { writeContract } from './contract-writes.ts'

/** A place for one store's contents, used by one test. */
export type Place = {
  /** A new store over the same contents, not yet open. */
  store(): Store
  /** Raises the epoch behind the back of the store that is open, as a second owner would. */
  raiseEpoch(): Promise<void>
  dispose(): Promise<void>
}

/** Runs `use` with a place of its own and closes what it opened. */
export type WithPlace = (use: (place: Place, opened: (store: Store) => Store) => Promise<void>) => () => Promise<void>

export const storeContract = (name: string, make: () => Promise<Place>): void => {
  const withPlace: WithPlace = (use) => async () => {
    const place = await make()
    const stores: Store[] = []
    const opened = (store: Store) => {
      stores.push(store)
      return store
    }
    try {
      await use(place, opened)
    } finally {
      for (const store of stores) await store.close()
      await place.dispose()
    }
  }
  describe(`store contract: ${name}`, () => {
    lifeContract(withPlace)
    writeContract(withPlace)
    readContract(withPlace)
  })
}
