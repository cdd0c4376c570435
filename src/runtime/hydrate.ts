// Hydrate. Owns bringing an actor's snapshot into memory, and setting aside the one whose snapshot cannot be.
//   Y1. What cannot be taken up again is quarantined, alone: its bytes and its mail stay, and the others go on.
//   Y2. Quarantine is tried again at every opening: what a newer machine or a repaired store can take up goes on.

import { TroupeError, toFailure } from './errors.ts'
import { restore } from './kernel.ts'
import { readSnapshot } from './snapshots.ts'
import { type Core, type Entry, type Hydrated, makeReady } from './state.ts'
import { asStoreFailure } from './writer.ts'

/** An actor's state as it was last committed. Throws `store.corrupt` or `machine.version`. */
export const readState = async (core: Core, entry: Entry): Promise<Hydrated> => {
  const { row, definition, parent } = entry
  const { address, incarnation, revision } = row
  const { json, snapshotBytes, patchBytes } = await readSnapshot(core.store, row)
  const identity = { address, parent: parent?.row.address ?? null, incarnation, revision }
  const live = restore(core.codec, definition.prepared, identity, json)
  return { live, json, snapshotBytes, patchBytes }
}

/** Sets one actor aside: marked in its row, its snapshot and its mail untouched (Y1). */
export const quarantine = (core: Core, entry: Entry, cause: unknown): void => {
  core.writer.touch(entry)
  entry.row.status = 'quarantined'
  core.quarantined.push({ address: entry.row.address, error: asQuarantine(cause, entry.row.address) })
}

/** Why an actor cannot be taken up. */
export const asQuarantine = (cause: unknown, address: string): TroupeError =>
  cause instanceof TroupeError
    ? cause
    : new TroupeError(
        'store.corrupt',
        `the stored state of ${address} cannot be read: ${toFailure(cause).message}; restore the store from a copy`,
        { cause, place: address },
      )

/** Whether the store itself is at fault, and not this one actor. */
const isStoreFailure = (error: unknown): boolean =>
  error instanceof TroupeError && (error.code === 'store.failed' || error.code === 'store.closed')

/** Brings an actor's snapshot into memory and puts the actor in line again. */
export const load = (core: Core, entry: Entry): void => {
  if (entry.loading) return
  entry.loading = true
  const { incarnation } = entry.row
  /** Another life may have begun meanwhile: what was read is not of it. */
  const isMeant = () => entry.row.incarnation === incarnation && entry.row.status === 'active' && !entry.hydrated
  void readState(core, entry)
    .then(
      (hydrated) => {
        if (isMeant()) entry.hydrated = hydrated
      },
      (error: unknown) => {
        if (isStoreFailure(error)) return core.fail(error)
        if (isMeant()) quarantine(core, entry, error)
      },
    )
    .then(() => {
      entry.loading = false
      makeReady(core, entry)
    })
    .catch((error: unknown) => core.fail(asStoreFailure(error)))
}
