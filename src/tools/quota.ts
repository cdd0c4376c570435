// Quota. Owns how much one agent may keep. Measured on the disk before each write: it is true whoever else writes there.
import { type Directory, descend, hasCode } from './directory.ts'
import { statOrNull } from './file.ts'
import type { NewPath } from './paths.ts'
import { type Usage, usageOf } from './usage.ts'
import { overLimit } from './workspace-errors.ts'

export type WriteLimits = {
  /** Of all files of the agent together. Default 64 MiB. */
  bytes: number
  /** Of one file, and of what is read whole. Default 2 MiB. */
  fileBytes: number
  /** Files and folders of the agent. Default 5,000. */
  entries: number
}

export type Quota = {
  usage(): Promise<Usage>
  /** Throws `workspace.limit` when a file of `bytes` at `path` would be too much. */
  check(path: NewPath, bytes: number): Promise<void>
}

export const createQuota = ({ enter, limits }: { enter: () => Promise<Directory>; limits: WriteLimits }): Quota => {
  const usage = async (): Promise<Usage> => {
    await using root = await enter()
    return await usageOf(root, limits.entries)
  }

  /** Bytes of the file that will be replaced; null when there is none. */
  const sizeNow = async ({ names, name }: NewPath): Promise<number | null> => {
    try {
      await using folder = await descend(await enter(), names)
      return (await statOrNull(folder, name))?.bytes ?? null
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null
      throw error
    }
  }

  return {
    usage,
    async check(path, bytes) {
      if (bytes > limits.fileBytes)
        throw overLimit(path.shown, `would have ${bytes} bytes; a file may have ${limits.fileBytes}: split it`)
      const [used, before] = [await usage(), await sizeNow(path)]
      const after = used.bytes - (before ?? 0) + bytes
      if (after > limits.bytes)
        throw overLimit(
          path.shown,
          `would fill the workspace to ${after} of ${limits.bytes} bytes; shorten a file first`,
        )
      const added = before === null ? path.names.length + 1 : 0 // at most: some of the folders may be there
      if (used.entries + added > limits.entries)
        throw overLimit(path.shown, `is too many: a workspace holds ${limits.entries} files and folders; use fewer`)
    },
  }
}
