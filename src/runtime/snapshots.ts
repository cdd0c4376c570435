// Snapshots. Owns reading an actor's state out of the store: the newest full snapshot with the patches made since.
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import { apply, type Operation } from './patch.ts'
import type { ActorRow, StoreReader } from './store.ts'

export type FoldedSnapshot = { json: Json; snapshotBytes: number; patchBytes: number }

/** The state of an actor as it was last committed. Throws `store.corrupt` when it cannot be put together. */
export const readSnapshot = async (
  store: Pick<StoreReader, 'snapshot'>,
  row: Pick<ActorRow, 'id' | 'address'>,
): Promise<FoldedSnapshot> => {
  const stored = await store.snapshot(row.id)
  if (!stored)
    throw new TroupeError('store.corrupt', `${row.address} has no snapshot; restore the store from a copy`, {
      place: row.address,
    })
  let json = JSON.parse(stored.row.data) as Json
  let patchBytes = 0
  for (const { patch } of stored.patches) {
    if (patch === null) continue
    patchBytes += patch.length
    json = apply(json, JSON.parse(patch) as Operation[])
  }
  return { json, snapshotBytes: stored.row.data.length, patchBytes }
}
