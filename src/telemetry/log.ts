// Log. Owns the log file of an execution: one JSON line an event. A plug: it listens, and nothing depends on it.
//   The file is its owner's alone, and no key gets into it.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { pino } from 'pino'
import type { TroupeEvent } from '../runtime/events.ts'
import type { LogLevel } from './log-level.ts'
import { withoutSecrets } from './secrets.ts'

export type LogOptions = {
  file: string
  /** Default `info`: turns are left out. */
  level?: LogLevel
  /** Texts that must never be written, beside all that look like a key. */
  secrets?: readonly (string | undefined)[]
}

export type Log = {
  /** Give it to `system.subscribe`. */
  listener(event: TroupeEvent): void
  /** Resolves when every line is in the file. */
  close(): Promise<void>
}

const serious: readonly TroupeEvent['type'][] = ['call.failed', 'call.unknown', 'call.parked', 'message.dead']
const doubtful: readonly TroupeEvent['type'][] = ['call.retrying', 'call.interrupted', 'call.late']

const levelOf = (event: TroupeEvent): LogLevel => {
  if (event.type === 'actor.turn') return 'debug'
  if (serious.includes(event.type) || (event.type === 'actor.ended' && event.status === 'error')) return 'error'
  return doubtful.includes(event.type) ? 'warn' : 'info'
}

/**
 * A log in a file of its own. Throws what the file system throws when the file cannot be made.
 * @example system.subscribe(createLog({ file: 'logs/execution.log' }).listener)
 */
export const createLog = ({ file, level = 'info', secrets = [] }: LogOptions): Log => {
  mkdirSync(dirname(file), { recursive: true })
  const destination = pino.destination({ dest: file, mode: 0o600, sync: false })
  const logger = pino(
    {
      level,
      base: null,
      timestamp: false, // an event brings its own time
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: (line) => withoutSecrets(line, secrets) },
    },
    destination,
  )
  return {
    listener: (event) => logger[levelOf(event)](event),
    close: () =>
      new Promise((resolve, reject) => {
        destination.once('close', () => resolve())
        destination.once('error', reject)
        destination.end()
      }),
  }
}
