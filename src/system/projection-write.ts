// Projection write. Owns putting files into a folder: whole or not at all, for their owner alone, and only when they differ.
import { lstat, mkdir, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TroupeError } from '../runtime/errors.ts'

export type ProjectedFile = { name: string; text: string }

const isThere = async (path: string, text: string): Promise<boolean> => {
  try {
    const stat = await lstat(path)
    return stat.isFile() && stat.size === Buffer.byteLength(text) && (await readFile(path, 'utf8')) === text
  } catch {
    return false // whatever is there cannot be read as the file wanted, so it is written
  }
}

const writeWhole = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync() // a rename may reach the disk before the text it names
  } finally {
    await file.close()
  }
}

const failure = (dir: string, error: unknown): TroupeError =>
  new TroupeError(
    'workspace.denied',
    `the files of the run cannot be written to ${dir} (${(error as NodeJS.ErrnoException).code ?? String(error)}); give a folder that can be written, without folders named like the files`,
    { place: dir, cause: error },
  )

const replaceAll = async (dir: string, files: readonly ProjectedFile[]): Promise<void> => {
  const aside = await mkdtemp(join(dir, '.writing-'))
  try {
    for (const [index, { name, text }] of files.entries()) {
      const made = join(aside, String(index))
      await writeWhole(made, text)
      await rename(made, join(dir, name))
    }
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** Writes those files that are not there already with the same text. Throws `workspace.denied`. */
export const writeFiles = async (dir: string, files: readonly ProjectedFile[]): Promise<void> => {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const same = await Promise.all(files.map(({ name, text }) => isThere(join(dir, name), text)))
    const changed = files.filter((_, index) => !same[index])
    if (changed.length > 0) await replaceAll(dir, changed)
  } catch (error) {
    throw failure(dir, error)
  }
}
