// Places. Owns the way from a parsed path to the folder it speaks of.
import type { Area } from './area.ts'
import { type Directory, descend } from './directory.ts'
import type { WorkspacePath } from './paths.ts'
import { denied, notFound, workspaceError } from './workspace-errors.ts'

/** A path to a file or folder, as against an artifact. */
export type FilePath = Extract<WorkspacePath, { area: 'own' | 'input' }>

export type Places = {
  readonly hasInput: boolean
  /** Runs `use` in the folder that `names` lead to, in the area of `path`; failures speak of the path. */
  within<T>(path: FilePath, names: readonly string[], use: (folder: Directory) => Promise<T>): Promise<T>
}

export const mountName = 'input'

/** The names of a path as an agent writes them. */
export const namesOf = ({ area, names }: FilePath): string[] => [...(area === 'input' ? [mountName] : []), ...names]

export const filePath = (path: WorkspacePath): FilePath => {
  if (path.area !== 'artifact') return path
  throw denied(path.shown, 'is an artifact; it can only be read')
}

export const createPlaces = ({ own, input }: { own: Area; input: Area | null }): Places => {
  const areaOf = (path: FilePath): Area => {
    if (path.area === 'own') return own
    if (input) return input
    throw notFound(path.shown, 'does not exist: this run was given no input folder')
  }
  return {
    hasInput: input !== null,
    async within(path, names, use) {
      const area = areaOf(path)
      try {
        await using folder = await descend(await area.enter(), names)
        return await use(folder)
      } catch (error) {
        throw workspaceError(error, path.shown)
      }
    },
  }
}
