// Dump. Owns the whole visible contents of a store as one value, to compare before with after.
import type { StoreReader } from '../../src/runtime/store.ts'

export const dump = async (store: StoreReader) => {
  const { epoch: _, ...meta } = await store.meta()
  const actors = await store.actors()
  return {
    meta,
    actors,
    snapshots: await Promise.all(actors.map(({ id }) => store.snapshot(id))),
    journal: await store.journal(),
    mail: await store.mail(),
    calls: await store.calls(),
    outcomes: await store.outcomes({}),
    pending: await store.pending(),
    blobs: await Promise.all(['b1', 'b2'].map((hash) => store.blob(hash))),
    runs: await store.runs(),
    ledger: await store.ledger(),
    dead: await store.dead(),
    receipts: await Promise.all(['m-1', 'm-2', 'm-3'].map((id) => store.receipt(id))),
    conservation: await store.conservation(),
  }
}
