// Directory by path. Owns the fallback for systems where a folder cannot be held open and resolved below.
//   Every use checks, before and after, that each folder on the way is still the one that was entered, and that what was opened is
//   what stands there; nothing is read or written before the second check. Someone who swaps a folder to and fro fast enough can
//   still have an empty file made elsewhere: that is the limit of these systems, and why Linux does not use this file.
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Directory, type EntryStats, entriesOf, entryStats, type OpenDirectory, safeFlags } from './directory.ts'

type Step = { path: string; id: string }

const statsOf = async (path: string): Promise<EntryStats> => entryStats(await lstat(path, { bigint: true }))

/** With the code that the kernel gives where a link stands in the way. */
const replaced = (path: string): Error =>
  Object.assign(new Error(`ELOOP: a link, or replaced: ${path}`), { code: 'ELOOP' })

const verify = async (steps: readonly Step[]): Promise<void> => {
  for (const { path, id } of steps) {
    const stats = await statsOf(path)
    if (stats.kind !== 'directory' || stats.id !== id) throw replaced(path)
  }
}

const guarded = async <T>(steps: readonly Step[], use: () => Promise<T>): Promise<T> => {
  await verify(steps)
  const value = await use()
  await verify(steps)
  return value
}

const openChecked = async (steps: readonly Step[], path: string, flags: number, mode?: number): Promise<FileHandle> => {
  await verify(steps)
  const makes = (flags & constants.O_EXCL) !== 0
  if (!makes && (await statsOf(path)).kind !== 'file') throw replaced(path)
  const handle = await open(path, flags | safeFlags, mode)
  try {
    const opened = entryStats(await handle.stat({ bigint: true }))
    const standing = await guarded(steps, () => statsOf(path))
    if (opened.id !== standing.id) throw replaced(path)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

const enter = async (above: readonly Step[], path: string): Promise<Directory> => {
  const { kind, id } = await statsOf(path)
  if (kind !== 'directory') throw replaced(path)
  const steps = [...above, { path, id }]
  const below = (name: string): string => join(path, name)
  return {
    id: async () => id,
    enter: (name) => guarded(steps, () => enter(steps, below(name))),
    open: (name, flags, mode) => openChecked(steps, below(name), flags, mode),
    stat: (name) => guarded(steps, () => statsOf(below(name))),
    entries: () => guarded(steps, () => entriesOf(path)),
    make: (name) => guarded(steps, () => mkdir(below(name), { mode: 0o700 }).then(() => undefined)),
    rename: (from, to) => guarded(steps, () => rename(below(from), below(to))),
    remove: (name) => guarded(steps, () => rm(below(name), { force: true })),
    sync: async () => undefined, // a folder that is not held open cannot be synced
    [Symbol.asyncDispose]: async () => undefined,
  }
}

export const openByPath: OpenDirectory = (path) => enter([], path)
