// Host. Owns everything the command gets from its process: streams, environment, signals, the folder it runs in.
//   H1. Whoever reads our output may leave at any time: that ends the command quietly (EPIPE).
//   H2. Files that the command makes are its owner's alone, whatever the umask was.
import { basename, relative } from 'node:path'
import { type Clock, systemClock } from '../runtime/clock.ts'
import { TroupeError } from '../runtime/errors.ts'
import { type Random, systemRandom } from '../runtime/random.ts'

/** What a stream can show. */
export type Screen = {
  /** Whether lines can be drawn again in place. */
  live: boolean
  colour: boolean
  /** Columns now; it may change. */
  columns(): number
}

export type Host = {
  /** Data. */
  out(text: string): void
  /** Everything else. */
  err(text: string): void
  /** Whether a person reads the data directly. */
  outIsTerminal: boolean
  /** Of what is not data. */
  screen: Screen
  env: Readonly<Record<string, string | undefined>>
  /** The current folder; throws when it was deleted. */
  cwd(): string
  clock: Clock
  random: Random
  /** How this command is typed, for advice. */
  command: string
  /** Calls back at Ctrl-C and at a request to end. Returns how to stop listening. */
  onInterrupt(listener: () => void): () => void
  /** Calls back when nothing is under way any more that could wake this process. Returns how to stop listening. */
  onStill(listener: () => void): () => void
  /** Ends the process now. */
  leave(code: number): void
}

const commandOf = (script: string, cwd: () => string): string => {
  if (basename(script) !== 'main.ts') return 'npx troupe'
  try {
    const short = relative(cwd(), script)
    return `npx node ${short.startsWith('..') ? script : short}`
  } catch {
    return `npx node ${script}`
  }
}

type Stream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>

/** What a stream can show, as it and the environment say (`TERM`, `NO_COLOR`). */
export const screenOf = (stream: Stream, env: Host['env']): Screen => {
  const isTerminal = stream.isTTY === true
  const isDumb = env.TERM === 'dumb'
  return {
    live: isTerminal && !isDumb,
    colour: isTerminal && !isDumb && !env.NO_COLOR,
    columns: () => (isTerminal && stream.columns > 0 ? stream.columns : 100),
  }
}

const leaveQuietly = (stream: NodeJS.WriteStream): void => {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'EIO' || error.code === 'ERR_STREAM_DESTROYED') process.exit(0)
    throw error
  })
}

const signals = ['SIGINT', 'SIGTERM'] as const

/** The host of a real process. */
export const createHost = (): Host => {
  const { stdout, stderr, env } = process
  leaveQuietly(stdout)
  leaveQuietly(stderr)
  process.umask(0o077)
  const cwd = () => {
    try {
      return process.cwd()
    } catch (cause) {
      throw new TroupeError('cli.usage', 'the current folder was deleted; change to one that exists', { cause })
    }
  }
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    outIsTerminal: stdout.isTTY === true,
    screen: screenOf(stderr, env),
    env,
    cwd,
    clock: systemClock(),
    random: systemRandom(),
    command: commandOf(process.argv[1] ?? '', cwd),
    onInterrupt: (listener) => {
      for (const signal of signals) process.on(signal, listener)
      return () => {
        for (const signal of signals) process.off(signal, listener)
      }
    },
    onStill: (listener) => {
      process.on('beforeExit', listener)
      return () => process.off('beforeExit', listener)
    },
    leave: (code) => process.exit(code),
  }
}
