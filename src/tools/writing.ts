// Writing. Owns changing a workspace: one write at a time, whole or not at all, within the quota.
import { type Directory, descend, enterOrMake } from './directory.ts'
import { replaceFile } from './file.ts'
import { type NewPath, parseNewPath } from './paths.ts'
import { createQueue } from './queue.ts'
import type { Quota } from './quota.ts'
import { denied, workspaceError } from './workspace-errors.ts'

export type Writing = {
  /** Makes or replaces a file, and the folders to it. Answers its size in bytes. */
  write(path: string, text: string): Promise<number>
  /** Replaces a file's text by `change(text)` with no other write between; null leaves it as it is. */
  update(path: string, change: (text: string) => string | null): Promise<void>
}

type Options = { enter: () => Promise<Directory>; quota: Quota; read: (path: string) => Promise<string> }

const bytesOfText = (text: string, shown: string): Buffer => {
  if (text.includes('\0')) throw denied(shown, 'would hold a NUL character; a workspace keeps text alone')
  if (!text.isWellFormed()) throw denied(shown, 'would hold half of a Unicode character; mend the text')
  return Buffer.from(text, 'utf8')
}

export const createWriting = ({ enter, quota, read }: Options): Writing => {
  const oneAtATime = createQueue()

  const put = async (path: NewPath, text: string): Promise<number> => {
    const bytes = bytesOfText(text, path.shown)
    try {
      await quota.check(path, bytes.length)
      await using folder = await descend(await enter(), path.names, enterOrMake)
      await replaceFile(folder, path.name, { bytes, shown: path.shown })
      return bytes.length
    } catch (error) {
      throw workspaceError(error, path.shown)
    }
  }

  return {
    write: async (path, text) => {
      const target = parseNewPath(path)
      return oneAtATime(() => put(target, text))
    },
    update: async (path, change) => {
      const target = parseNewPath(path)
      return oneAtATime(async () => {
        const text = change(await read(path))
        if (text !== null) await put(target, text)
      })
    },
  }
}
