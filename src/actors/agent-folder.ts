// Agent folder. Owns the reading of files that somebody else wrote: what is no small regular text file in the folder is
// refused before a byte of it is read.
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { escapeText, TroupeError } from '../runtime/errors.ts'

/** A file above this is refused; the largest agent file seen in public is a third of it. */
export const maxAgentFileBytes = 64 * 1024

export type ReadResult = { ok: true; text: string } | { ok: false; line: number; message: string }

const refused = (message: string, line = 1): ReadResult => ({ ok: false, line, message })

const tooLarge = refused(`the file is larger than ${maxAgentFileBytes / 1024} KB and was not read; shorten it`)

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error'

/** The path to open: the file itself, or what a link within the folder leads to; null when it leads out. */
const resolveLink = async (folder: string, path: string): Promise<string | null> => {
  const target = await realpath(path)
  return target.startsWith(`${folder}${sep}`) ? target : null
}

const kindOf = (stat: { isDirectory(): boolean; isFIFO(): boolean; isSocket(): boolean }): string =>
  stat.isDirectory() ? 'a directory' : stat.isFIFO() ? 'a pipe' : stat.isSocket() ? 'a socket' : 'a device'

/** Text from bytes, or the line where they stop being UTF-8. */
export const decodeText = (bytes: Uint8Array): ReadResult => {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return refused('the file is UTF-16; save it as UTF-8')
  const nul = bytes.indexOf(0)
  if (nul >= 0)
    return refused('the file holds NUL bytes, as UTF-16 and binary files do; save it as UTF-8', lineAt(bytes, nul))
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return refused('the file is not valid UTF-8; save it as UTF-8', lineAt(bytes, validLength(bytes)))
  }
}

const lineAt = (bytes: Uint8Array, end: number): number => {
  let line = 1
  for (let i = 0; i < end; i++) if (bytes[i] === 10) line += 1
  return line
}

/** How many bytes are valid: where decoding with replacements first differs from the bytes. */
const validLength = (bytes: Uint8Array): number => {
  const again = new TextEncoder().encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
  let i = 0
  while (i < bytes.length && bytes[i] === again[i]) i += 1
  return i
}

const readHandle = async (file: FileHandle): Promise<ReadResult> => {
  const stat = await file.stat()
  if (!stat.isFile()) return refused(`this is ${kindOf(stat)}, not a file; remove it`)
  if (stat.size > maxAgentFileBytes) return tooLarge
  const bytes = new Uint8Array(maxAgentFileBytes + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length)
    length += bytesRead
    if (bytesRead === 0 || length === bytes.length) break
  }
  return length > maxAgentFileBytes ? tooLarge : decodeText(bytes.subarray(0, length))
}

const openAndRead = async (folder: string, path: string): Promise<ReadResult> => {
  const named = await lstat(path)
  const target = named.isSymbolicLink() ? await resolveLink(folder, path) : path
  if (target === null) return refused('this link leads out of the folder and was not followed; copy the file here')
  const stat = await lstat(target)
  if (!stat.isFile()) return refused(`this is ${kindOf(stat)}, not a file; remove it`)
  // Checked again on the handle: the file may have been changed for another in between, and a pipe must not block us.
  const file = await open(target, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  try {
    return await readHandle(file)
  } finally {
    await file.close()
  }
}

/** The text of a file of the folder, or why it was refused. `folder` is a real path, without links. */
export const readAgentFile = async (folder: string, name: string): Promise<ReadResult> => {
  try {
    return await openAndRead(folder, join(folder, name))
  } catch (error) {
    return refused(`the file cannot be read (${escapeText(codeOf(error))}); check that it exists and its permissions`)
  }
}

/** The real path of a folder and the names of the markdown files in it, sorted. */
export const listAgentFiles = async (dir: string): Promise<{ folder: string; names: string[] }> => {
  try {
    const folder = await realpath(dir)
    const names = await readdir(folder)
    return { folder, names: names.filter((name) => /\.md$/i.test(name)).sort() }
  } catch (error) {
    const message = `the folder of agent files ${escapeText(dir)} cannot be read (${escapeText(codeOf(error))}); create it in ${escapeText(dirname(dir))} or give another`
    throw new TroupeError('agent-file.invalid', message, { place: dir, cause: error })
  }
}
