// File. Owns reading an opened file up to a bound, and replacing one whole.
//   F1. A file is replaced by renaming a finished one over it: readers see the old text or the new, and a hard link keeps the old.
//   F2. What counts is what was opened, never what a name said before.
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { type Directory, entryStats, hasCode } from './directory.ts'
import { denied, overLimit } from './workspace-errors.ts'

const chunkBytes = 64 * 1024

/** Opens `name` for reading if it is an ordinary file. With `single`, it must have no other name (a hard link leads elsewhere). */
export const openFile = async (
  folder: Directory,
  name: string,
  { shown, links }: { shown: string; links: 'any' | 'single' },
): Promise<FileHandle> => {
  const { kind } = await folder.stat(name)
  if (kind === 'directory') throw denied(shown, 'is a folder; name a file in it')
  // Looking first spares devices an open; what decides is the look at the opened file (F2).
  const fault = 'is no ordinary file (a link, FIFO, device or socket); use another path'
  if (kind === 'other') throw denied(shown, fault)
  const handle = await folder.open(name, constants.O_RDONLY)
  try {
    const opened = entryStats(await handle.stat({ bigint: true }))
    if (opened.kind !== 'file') throw denied(shown, fault)
    if (links === 'single' && opened.links > 1)
      throw denied(
        shown,
        'has a second name (a hard link), perhaps outside the workspace; write the text to a new file',
      )
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** The bytes of a file, or `workspace.limit` beyond `max`, whatever size the system reports. */
export async function* bytesOf(handle: FileHandle, max: number, shown: string): AsyncGenerator<Uint8Array> {
  for (let seen = 0; ; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, null)
    if (bytesRead === 0) return
    seen += bytesRead
    if (seen > max) throw overLimit(shown, `is read up to ${max} bytes only; read a part of it, or another file`)
    yield buffer.subarray(0, bytesRead)
  }
}

/** The same for the same name: a write that was interrupted leaves at most one behind, and its repetition replaces it. */
const temporaryName = (name: string): string =>
  `.troupe-${createHash('sha256').update(name).digest('hex').slice(0, 24)}.tmp`

const writeNew = async (folder: Directory, name: string, bytes: Uint8Array): Promise<string> => {
  await folder.remove(name)
  await using handle = await folder.open(name, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  await handle.writeFile(bytes)
  await handle.sync()
  return entryStats(await handle.stat({ bigint: true })).id
}

/** Replaces or makes the file `name` in one step (F1). A folder, link or device of that name is refused. */
export const replaceFile = async (
  folder: Directory,
  name: string,
  { bytes, shown }: { bytes: Uint8Array; shown: string },
): Promise<void> => {
  const standing = await statOrNull(folder, name)
  if (standing && standing.kind !== 'file')
    throw denied(shown, `is ${standing.kind === 'directory' ? 'a folder' : 'a link or device'}; write to another path`)
  const temporary = temporaryName(name)
  try {
    const written = await writeNew(folder, temporary, bytes)
    if ((await folder.stat(temporary)).id !== written)
      throw denied(shown, 'is being written by someone else; try later')
    await folder.rename(temporary, name)
  } catch (error) {
    await folder.remove(temporary).catch(() => undefined) // the first failure is the one to tell; the next write removes it
    throw error
  }
  await folder.sync()
}

export const statOrNull = async (folder: Directory, name: string) => {
  try {
    return await folder.stat(name)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null
    throw error
  }
}
