// Walk. Owns finding the files below a folder: in one order everywhere, through no link, and no further than a bound.
import { byText, type Directory, hasCode } from './directory.ts'
import { isReadable, isTemporary } from './paths.ts'

/** `skipped` counts entries that cannot be opened as files or folders; `complete` is false when the bound was met. */
export type Walked = { files: string[]; skipped: number; complete: boolean }

const uninteresting = new Set(['.git', 'node_modules'])

export type WalkOptions = {
  /** What every path begins with: '' or `input/`. */
  prefix: string
  maxEntries: number
  signal: AbortSignal
  /** Names at the top that are not shown. */
  hidden?: readonly string[]
}

/** Every file below `start`, sorted. `.git` and `node_modules` are left out. */
export const walk = async (start: Directory, options: WalkOptions): Promise<Walked> => {
  const found: Walked = { files: [], skipped: 0, complete: true }
  let seen = 0

  const visitFolder = async (from: Directory, name: string, path: string): Promise<void> => {
    try {
      await using below = await from.enter(name)
      await visit(below, `${path}/`)
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES')) throw error
      found.skipped += 1 // gone, replaced by a link, or closed to us since it was listed
    }
  }

  const visit = async (here: Directory, prefix: string): Promise<void> => {
    options.signal.throwIfAborted()
    for (const { name, kind } of await here.entries()) {
      if (isTemporary(name) || uninteresting.has(name)) continue
      if (prefix === options.prefix && options.hidden?.includes(name)) continue
      seen += 1
      found.complete &&= seen <= options.maxEntries
      if (!found.complete) return
      if (kind === 'other' || !isReadable(name)) found.skipped += 1
      else if (kind === 'file') found.files.push(`${prefix}${name}`)
      else await visitFolder(here, name, `${prefix}${name}`)
    }
  }

  await visit(start, options.prefix)
  found.files.sort(byText)
  return found
}
