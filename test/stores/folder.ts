// Folder. Owns a temporary folder for one test, and what can be seen of the files in it.
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Folder = Disposable & {
  path: string
  file: string
  /** Name and SHA-256 of every file, except the lock, which is no part of a store. */
  contents(): Record<string, string>
  modes(): Record<string, string>
}

export const tempFolder = (): Folder => {
  const path = mkdtempSync(join(tmpdir(), 'troupe-file-'))
  const names = () => readdirSync(path).filter((name) => statSync(join(path, name)).isFile())
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(path, name)))
      .digest('hex')
  return {
    path,
    file: join(path, 'store.db'),
    contents: () =>
      Object.fromEntries(
        names()
          .filter((name) => !name.endsWith('.lock'))
          .map((name) => [name, hash(name)]),
      ),
    modes: () =>
      Object.fromEntries(names().map((name) => [name, (statSync(join(path, name)).mode & 0o777).toString(8)])),
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  }
}
