// Directory. Owns what a workspace may do to the file system: one folder at a time, and single names below it.
//   P1. A name is one component and is never followed when it is a symbolic link.
//   P2. A folder that was entered stays the one that is used, whatever is renamed or replaced meanwhile.
import { constants } from 'node:fs'
import { type FileHandle, readdir } from 'node:fs/promises'

export type EntryKind = 'file' | 'directory' | 'other'
export type Entry = { name: string; kind: EntryKind }
/** `id` is device and file number: two names with the same id are the same file. */
export type EntryStats = { kind: EntryKind; bytes: number; links: number; id: string }

/** An entered folder. Failures are the system's own, with `code`: ELOOP or ENOTDIR where a link was met. */
export interface Directory extends AsyncDisposable {
  id(): Promise<string>
  enter(name: string): Promise<Directory>
  open(name: string, flags: number, mode?: number): Promise<FileHandle>
  stat(name: string): Promise<EntryStats>
  /** Ordered by code unit. */
  entries(): Promise<Entry[]>
  make(name: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  remove(name: string): Promise<void>
  /** Makes names that were added or replaced survive power loss, where the system can. */
  sync(): Promise<void>
}
export type OpenDirectory = (path: string) => Promise<Directory>

/** Never through a link, and never waiting for the other end of a FIFO. A system without these flags has them as 0. */
export const safeFlags = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

type Typed = { isFile(): boolean; isDirectory(): boolean }
const kindOf = (entry: Typed): EntryKind => (entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : 'other')

/** What a caller may know of an entry. */
export const entryStats = (stats: Typed & { size: bigint; nlink: bigint; dev: bigint; ino: bigint }): EntryStats => ({
  kind: kindOf(stats),
  bytes: Number(stats.size),
  links: Number(stats.nlink),
  id: `${stats.dev}:${stats.ino}`,
})

/** By code unit: the same order on every machine, whatever its language. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export const entriesOf = async (path: string): Promise<Entry[]> => {
  const entries = await readdir(path, { withFileTypes: true })
  return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) })).sort((a, b) => byText(a.name, b.name))
}

/** Whether the system failed with one of `codes`. */
export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code))

/** Goes down `names` from `start`, which it takes over and closes. */
export const descend = async (
  start: Directory,
  names: readonly string[],
  step: (from: Directory, name: string) => Promise<Directory> = (from, name) => from.enter(name),
): Promise<Directory> => {
  let here = start
  for (const name of names) {
    await using left = here
    here = await step(left, name)
  }
  return here
}

/** A step of {@link descend} that makes the folder when it is missing. */
export const enterOrMake = async (from: Directory, name: string): Promise<Directory> => {
  try {
    return await from.enter(name)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
  try {
    await from.make(name)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error // someone else made it first
  }
  return from.enter(name)
}
