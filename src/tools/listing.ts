// Listing. Owns what is where in a workspace: kinds and sizes, folders, and every file below one.
import { byText, type Directory } from './directory.ts'
import { isReadable, isTemporary, parsePath } from './paths.ts'
import { type FilePath, filePath, mountName, namesOf, type Places } from './places.ts'
import { type Walked, walk } from './walk.ts'
import { denied } from './workspace-errors.ts'

export type ListedEntry = { name: string; kind: 'file' | 'directory'; bytes: number }

export type ListingLimits = {
  /** Files and folders that one search looks at. Default 20,000. */
  searchEntries: number
}

export type Listing = {
  /** What a folder holds, by name. Links and devices are left out. */
  list(path: string): Promise<ListedEntry[]>
  stat(path: string): Promise<{ kind: 'file' | 'directory'; bytes: number }>
  /** Every file at or below `path`, sorted. */
  files(path: string, signal: AbortSignal): Promise<Walked>
}

const isTop = ({ area, names }: FilePath): boolean => area === 'own' && names.length === 0

const listed = async (folder: Directory): Promise<ListedEntry[]> => {
  const entries: ListedEntry[] = []
  for (const { name, kind } of await folder.entries()) {
    if (kind === 'other' || isTemporary(name) || !isReadable(name)) continue
    entries.push({ name, kind, bytes: kind === 'file' ? (await folder.stat(name)).bytes : 0 })
  }
  return entries
}

const together = (a: Walked, b: Walked): Walked => ({
  files: [...a.files, ...b.files].sort(byText),
  skipped: a.skipped + b.skipped,
  complete: a.complete && b.complete,
})

export const createListing = ({ places, limits }: { places: Places; limits: ListingLimits }): Listing => {
  const stat: Listing['stat'] = async (given) => {
    const path = filePath(parsePath(given))
    const name = path.names.at(-1)
    if (name === undefined) return places.within(path, [], async () => ({ kind: 'directory', bytes: 0 }))
    const { kind, bytes } = await places.within(path, path.names.slice(0, -1), (folder) => folder.stat(name))
    if (kind === 'other')
      throw denied(path.shown, 'is no ordinary file (a link, FIFO, device or socket); use another path')
    return { kind, bytes: kind === 'file' ? bytes : 0 }
  }

  const walked = (path: FilePath, signal: AbortSignal): Promise<Walked> => {
    const prefix = namesOf(path)
      .map((name) => `${name}/`)
      .join('')
    const hidden = isTop(path) ? [mountName] : []
    return places.within(path, path.names, (folder) =>
      walk(folder, { prefix, hidden, maxEntries: limits.searchEntries, signal }),
    )
  }

  return {
    stat,
    async list(given) {
      const path = filePath(parsePath(given))
      const entries = await places.within(path, path.names, listed)
      if (!isTop(path)) return entries
      const mounted: ListedEntry[] = places.hasInput ? [{ name: mountName, kind: 'directory', bytes: 0 }] : []
      const own = entries.filter(({ name }) => name !== mountName) // the mount stands before a folder of its name
      return [...own, ...mounted].sort((a, b) => byText(a.name, b.name))
    },
    async files(given, signal) {
      const path = filePath(parsePath(given))
      if ((await stat(given)).kind === 'file') return { files: [namesOf(path).join('/')], skipped: 0, complete: true }
      const found = await walked(path, signal)
      if (!places.hasInput || !isTop(path)) return found
      return together(found, await walked({ area: 'input', names: [], shown: mountName }, signal))
    },
  }
}
