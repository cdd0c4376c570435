// Blobs. Owns content-addressed values on their way to and from the store: written once, and kept near for a while.

import type { Blobs, Writer } from './state.ts'
import type { Store } from './store.ts'

const nearBytes = 32 * 1024 * 1024

/** Blobs over `store`; the newest 32 MiB stay in memory. */
export const createBlobs = (store: Pick<Store, 'blob'>, writer: () => Writer): Blobs => {
  const near = new Map<string, string>()
  let bytes = 0
  const keep = (hash: string, data: string) => {
    if (near.has(hash)) return
    near.set(hash, data)
    bytes += data.length
    for (const [oldest, value] of near) {
      if (bytes <= nearBytes) return
      near.delete(oldest)
      bytes -= value.length
    }
  }
  return {
    read: async (hash) => {
      const found = near.get(hash) ?? (await store.blob(hash))
      if (found !== null) keep(hash, found)
      return found
    },
    write: (hash, data) => {
      if (near.has(hash)) return
      keep(hash, data)
      writer().write({ do: 'blob.put', row: { hash, data } })
    },
  }
}
