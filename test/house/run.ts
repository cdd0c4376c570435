// Run. Owns starting programs from tests: the output as text, in a folder of its own that is gone afterwards.
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

export type Ran = { code: number; stdout: string; stderr: string }

/** The folder of this process's own Node first, since it is the one that the project needs. */
const path = [dirname(process.execPath), process.env.PATH].join(delimiter)

/** Runs a program to its end; a failure is a value. */
export const run = (
  file: string,
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Record<string, string> },
): Promise<Ran> =>
  new Promise((resolve) => {
    const options = { cwd, env: { ...process.env, PATH: path, NO_COLOR: '1', ...env }, maxBuffer: 1 << 26 }
    execFile(file, args, options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    )
  })

/** A folder for this test. */
export const temporaryFolder = (parent = tmpdir(), prefix = 'troupe-test-'): string => {
  const dir = mkdtempSync(join(parent, prefix))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** What lies in a folder. */
export const entriesIn = (dir: string): string[] => readdirSync(dir).toSorted()
