// Reading. Owns the texts of a workspace: whole, or some lines; a file's or an artifact's.
import { bytesOf, openFile } from './file.ts'
import { parsePath, type WorkspacePath } from './paths.ts'
import type { Places } from './places.ts'
import { decode, type Page, pageOf } from './text.ts'
import { denied, notFound } from './workspace-errors.ts'

export type ReadLimits = {
  /** Of one file, and of what is read whole. Default 2 MiB. */
  fileBytes: number
  /** Of one page of lines. Default 512 KiB. */
  readBytes: number
}

export type Reading = {
  /** The whole text of a file, up to `fileBytes`. */
  read(path: string): Promise<string>
  /** Lines of a file of any size: `limit` of them from line `offset`, counted from 1. */
  readLines(path: string, page: { offset: number; limit: number }): Promise<Page>
}

/** The text of an artifact of the run; null when there is none of that name. */
export type ArtifactSource = (name: string) => Promise<string | null>

type Parts = AsyncIterable<string> | Iterable<string>
type Options = { places: Places; limits: ReadLimits; artifacts: ArtifactSource | undefined }

const longestScan = 64 * 1024 * 1024 // bytes looked through for a line: beyond this a file is no reading matter

const joined = async (parts: Parts): Promise<string> => {
  let text = ''
  for await (const part of parts) text += part
  return text
}

export const createReading = ({ places, limits, artifacts }: Options): Reading => {
  const textOfArtifact = async ({ name, shown }: Extract<WorkspacePath, { area: 'artifact' }>): Promise<string> => {
    const text = (await artifacts?.(name)) ?? null
    if (text !== null) return text
    throw notFound(shown, 'is no artifact of this run; use a name that the task or a result gives')
  }

  /** Hands the text of `given` to `use`, part by part. */
  const withText = async <T>(given: string, max: number, use: (parts: Parts) => Promise<T>): Promise<T> => {
    const path = parsePath(given)
    if (path.area === 'artifact') return use([await textOfArtifact(path)])
    const name = path.names.at(-1)
    if (name === undefined) throw denied(path.shown, 'is a folder; name a file in it')
    return places.within(path, path.names.slice(0, -1), async (folder) => {
      const links = path.area === 'own' ? 'single' : 'any' // package stores link their files; an agent has no reason to
      await using handle = await openFile(folder, name, { shown: path.shown, links })
      return await use(decode(bytesOf(handle, max, path.shown), path.shown))
    })
  }

  return {
    read: (path) => withText(path, limits.fileBytes, joined),
    readLines: (path, page) =>
      withText(path, longestScan, (parts) => pageOf(parts, { ...page, maxBytes: limits.readBytes })),
  }
}
