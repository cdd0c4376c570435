// Stage. Owns running the command in tests: as a process of its own, or in this one with everything it says caught.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Host } from '../../src/cli/host.ts'
import { runCommand } from '../../src/cli/program.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { seededRandom } from '../../src/runtime/random.ts'

export const mainFile = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export type Said = { code: number | null; signal: string | null; out: string; err: string }

const running = new Set<{ child: ChildProcess; cwd: string }>()

const killIn = (dir: string): void => {
  for (const { child, cwd } of running) if (cwd === dir) child.kill('SIGKILL')
}

/** A folder with something to read in `in/`; removed when disposed, with every process that a failed test left in it. */
export const createPlace = () => {
  const dir = mkdtempSync(join(tmpdir(), 'troupe-cli-'))
  mkdirSync(join(dir, 'in'))
  writeFileSync(
    join(dir, 'in', 'store.md'),
    '# The store\n\nA store must keep every commit whole.\nA store is never half written: a commit is all or nothing.\nThe store recovers after a crash, because its log is replayed.\n',
  )
  return {
    dir,
    [Symbol.dispose]: () => {
      killIn(dir)
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const plainEnv = (extra: Record<string, string | undefined>): Record<string, string> => {
  const { ANTHROPIC_API_KEY: _key, ANTHROPIC_BASE_URL: _url, ...rest } = process.env
  const all = Object.entries({ ...rest, ...extra })
  return Object.fromEntries(all.filter((pair): pair is [string, string] => pair[1] !== undefined))
}

export type Started = { child: ChildProcess; pid: number; said: Said; ended: Promise<Said> }

/** Starts the real command. `onLine` sees every line of stdout. */
export const start = (
  args: readonly string[],
  { cwd, env = {}, onLine }: { cwd: string; env?: Record<string, string | undefined>; onLine?: (line: string) => void },
): Started => startProgram(process.execPath, [mainFile, ...args], { cwd, env, ...(onLine && { onLine }) })

export const startProgram = (
  program: string,
  args: readonly string[],
  { cwd, env = {}, onLine }: { cwd: string; env?: Record<string, string | undefined>; onLine?: (line: string) => void },
): Started => {
  const child = spawn(program, args, { cwd, env: plainEnv(env), stdio: ['ignore', 'pipe', 'pipe'] })
  const known = { child, cwd }
  running.add(known)
  child.on('close', () => running.delete(known))
  const said: Said = { code: null, signal: null, out: '', err: '' }
  let line = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text
    const lines = (line + text).split('\n')
    line = lines.pop() ?? ''
    for (const one of lines) onLine?.(one)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text
  })
  const ended = new Promise<Said>((resolve) => {
    child.on('close', (code, signal) => resolve(Object.assign(said, { code, signal })))
  })
  return { child, pid: child.pid ?? 0, said, ended }
}

/** Runs the real command to its end. */
export const run = (
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string | undefined> },
): Promise<Said> => start(args, options).ended

/** Runs a command line in this process. */
export const runHere = async (
  args: readonly string[],
  { cwd, env = {}, screen = {} }: { cwd: string; env?: Host['env']; screen?: Partial<Host['screen']> },
): Promise<Said> => {
  const said: Said = { code: null, signal: null, out: '', err: '' }
  const host: Host = {
    out: (text) => {
      said.out += text
    },
    err: (text) => {
      said.err += text
    },
    outIsTerminal: false,
    screen: { live: false, colour: false, columns: () => 100, ...screen },
    env,
    cwd: () => cwd,
    clock: systemClock(),
    random: seededRandom(1),
    command: 'troupe',
    onInterrupt: () => () => {},
    onStill: () => () => {},
    leave: () => {},
  }
  said.code = await runCommand(args, host)
  return said
}

/** The values on the lines of a text. */
export const values = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
