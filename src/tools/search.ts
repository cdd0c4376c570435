// Search. Owns which files a search looks at, and what it says of those it does not.
import type { Walked } from './walk.ts'
import { wildcard } from './wildcard.ts'
import type { Workspace } from './workspace.ts'
import { note } from './workspace-tool.ts'

/** Files at or below `path` whose path relative to it fits `pattern`, sorted. A `path` that is a file is taken as it is. */
export const findFiles = async (
  workspace: Workspace,
  { path, pattern, signal }: { path: string; pattern: string; signal: AbortSignal },
): Promise<Walked> => {
  const fits = wildcard(pattern)
  const found = await workspace.files(path, signal)
  const base = path.split('/').filter((name) => name !== '' && name !== '.')
  const relative = (file: string): string => file.split('/').slice(base.length).join('/')
  return { ...found, files: found.files.filter((file) => relative(file) === '' || fits(relative(file))) }
}

/** What the reader must know of a search that did not see everything. */
export const searchNotes = ({ skipped, complete }: Walked): string[] => [
  ...(skipped > 0 ? [note(`${skipped} left out: links, devices, or names that cannot be opened`)] : []),
  ...(complete ? [] : [note('not all was looked at: there is too much below this folder; use a narrower path')]),
]
