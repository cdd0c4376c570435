// Directory by descriptor. Owns the way of Linux: a folder is an open descriptor, and `/proc/self/fd/<fd>/<name>` resolves below it
// as openat does, so a folder that is replaced meanwhile redirects nothing (P2). `realpath` and then `open` would be a race.
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { type Directory, entriesOf, entryStats, type OpenDirectory, safeFlags } from './directory.ts'

const directoryFlags = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0)

const directoryOf = (handle: FileHandle): Directory => {
  const here = `/proc/self/fd/${handle.fd}`
  const below = (name: string): string => `${here}/${name}`
  return {
    id: async () => entryStats(await handle.stat({ bigint: true })).id,
    enter: async (name) => directoryOf(await open(below(name), directoryFlags)),
    open: (name, flags, mode) => open(below(name), flags | safeFlags, mode),
    stat: async (name) => entryStats(await lstat(below(name), { bigint: true })),
    entries: () => entriesOf(here),
    make: (name) => mkdir(below(name), { mode: 0o700 }).then(() => undefined),
    rename: (from, to) => rename(below(from), below(to)),
    remove: (name) => rm(below(name), { force: true }),
    sync: () => handle.sync(),
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

export const openByDescriptor: OpenDirectory = async (path) => directoryOf(await open(path, directoryFlags))
