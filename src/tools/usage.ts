// Usage. Owns what a workspace holds, measured on the disk each time: the quota is true whoever else writes there.
import { type Directory, hasCode } from './directory.ts'

export type Usage = { bytes: number; entries: number }

/** Counts everything below `directory`, links and leftovers too; stops once there are more than `maxEntries`. */
export const usageOf = async (directory: Directory, maxEntries: number): Promise<Usage> => {
  const used: Usage = { bytes: 0, entries: 0 }
  const measure = async (here: Directory): Promise<void> => {
    for (const { name, kind } of await here.entries()) {
      if (used.entries > maxEntries) return
      used.entries += 1
      try {
        if (kind !== 'directory') used.bytes += (await here.stat(name)).bytes
        else {
          await using below = await here.enter(name)
          await measure(below)
        }
      } catch (error) {
        if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES')) throw error // gone or unreadable: nothing to add
      }
    }
  }
  await measure(directory)
  return used
}
