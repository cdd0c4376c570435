// Area. Owns the way into one folder tree: opened afresh for every use, and always the same folder.
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Directory, hasCode, type OpenDirectory } from './directory.ts'
import { denied, notFound, workspaceError } from './workspace-errors.ts'

export type Area = {
  /** The caller closes it. */
  enter(): Promise<Directory>
}

/** `missing: 'make'` makes the folder, for its owner alone, before its first use. `name` is how messages call it. */
export const createArea = (
  path: string,
  { name, missing, open }: { name: string; missing: 'make' | 'refuse'; open: OpenDirectory },
): Area => {
  const absolute = resolve(path) // also drops a trailing slash, which would follow a link
  let known: string | undefined

  const opened = async (): Promise<Directory> => {
    if (missing === 'make' && known === undefined) await mkdir(absolute, { recursive: true, mode: 0o700 })
    return open(absolute)
  }

  const remembered = async (directory: Directory): Promise<Directory> => {
    const id = await directory.id()
    known ??= id
    if (known === id) return directory
    await directory[Symbol.asyncDispose]()
    throw denied(name, 'was replaced by another folder while it was in use; open the workspace again')
  }

  return {
    async enter() {
      try {
        return await remembered(await opened())
      } catch (error) {
        if (hasCode(error, 'ENOENT')) throw notFound(name, 'is gone: its folder was removed; make it again and retry')
        throw workspaceError(error, name)
      }
    },
  }
}
