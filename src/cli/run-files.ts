// Run files. Owns when a run's artifacts are written: after work was handed in, never twice at once, and at the end.

import type { StoreReader } from '../runtime/store.ts'
import { writeRunFiles } from '../system/projection.ts'

export type RunFiles = {
  /** Something new may be there; it is written when the last writing is over. */
  refresh(): void
  /** Writes what there is now. Resolves with the files. */
  finish(): Promise<string[]>
}

export const createRunFiles = (reader: StoreReader, run: string, dir: string): RunFiles => {
  let writing: Promise<unknown> = Promise.resolve()
  let busy = false
  let again = false
  const write = async (): Promise<void> => {
    do {
      again = false
      await writeRunFiles(reader, run, dir)
    } while (again)
  }
  return {
    refresh: () => {
      again = true
      if (busy) return
      busy = true
      writing = write()
        .catch(() => {}) // what stands in the way is met again by finish(), which tells
        .finally(() => {
          busy = false
        })
    },
    finish: async () => {
      again = false
      await writing
      return (await writeRunFiles(reader, run, dir)).files
    },
  }
}
