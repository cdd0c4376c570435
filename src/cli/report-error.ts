// Report error. Owns the one line that an error is: `troupe: <code>: what and what to do (place)`. Keys and control
// characters never get through.
import { CommanderError } from 'commander'
import { escapeText, type Failure, TroupeError, toFailure } from '../runtime/errors.ts'
import { withoutSecrets } from '../telemetry/secrets.ts'
import { exitFor } from './exit.ts'
import type { Host } from './host.ts'

/** A failure as its line, without colour. */
export const failureLine = ({ code, message, place }: Pick<Failure, 'code' | 'message' | 'place'>): string => {
  const where = place === undefined || message.includes(place) ? '' : ` (${place})`
  return `troupe: ${code}: ${escapeText(`${message}${where}`, 1500)}`
}

/** What commander says, in our words: `error: …\n(Did you mean run?)`. */
const usageError = (error: CommanderError): TroupeError => {
  const [said, hint] = error.message.replace(/^error: /, '').split('\n(')
  const remedy = hint === undefined ? 'see troupe --help' : `${hint.charAt(0).toLowerCase()}${hint.slice(1, -1)}`
  return new TroupeError('cli.usage', `${said?.replace(/\.$/, '')}; ${remedy}`)
}

const asTroupeError = (error: unknown): unknown => {
  if (error instanceof CommanderError) return usageError(error)
  if (error instanceof Error && 'code' in error && 'syscall' in error)
    return new TroupeError('cli.usage', `${error.message}; check the path and its permissions`, { cause: error })
  return error
}

/** Prints an error and gives the exit code for it. */
export const reportError = (host: Host, thrown: unknown, debug: boolean): number => {
  const error = asTroupeError(thrown)
  const failure = toFailure(error, 'run.failed')
  const lines = debug && error instanceof Error ? (error.stack ?? '').split('\n') : []
  const stack = lines.map((line) => `\n${escapeText(line, 500)}`).join('')
  host.err(`${withoutSecrets(`${failureLine(failure)}${stack}`, [host.env.ANTHROPIC_API_KEY])}\n`)
  return exitFor(failure)
}
