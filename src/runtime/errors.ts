// Errors. Owns the one error class and the list of stable codes; knows nothing of where they are thrown.

/** Stable error codes. A code never changes its meaning; messages may. */
export type ErrorCode =
  | 'actor.done'
  | 'actor.exists'
  | 'agent.none-suitable'
  | 'actor.unknown'
  | 'actor.quarantined'
  | 'actor.failed'
  | 'agent-file.invalid'
  | 'agent.failed'
  | 'agent.loop'
  | 'agent.max-turns'
  | 'budget.exceeded'
  | 'call.cancelled'
  | 'call.failed'
  | 'call.timeout'
  | 'call.unknown'
  | 'cli.usage'
  | 'config.invalid'
  | 'machine.invalid'
  | 'machine.loop'
  | 'machine.mutated'
  | 'machine.not-durable'
  | 'machine.threw'
  | 'machine.unknown'
  | 'machine.version'
  | 'mailbox.full'
  | 'message.conflict'
  | 'message.expired'
  | 'message.invalid'
  | 'message.reserved'
  | 'message.too-large'
  | 'message.unserialisable'
  | 'model.auth'
  | 'model.context-overflow'
  | 'model.interrupted'
  | 'model.invalid-request'
  | 'model.output'
  | 'model.overloaded'
  | 'model.rate-limited'
  | 'model.refused'
  | 'model.spend-limit'
  | 'model.unavailable'
  | 'model.unknown'
  | 'plan.invalid'
  | 'replay.diverged'
  | 'run.cancelled'
  | 'run.failed'
  | 'run.unknown'
  | 'run.conflict'
  | 'run.timeout'
  | 'store.conflict'
  | 'store.corrupt'
  | 'store.failed'
  | 'store.fenced'
  | 'store.full'
  | 'store.invalid'
  | 'store.locked'
  | 'store.version'
  | 'store.closed'
  | 'system.closed'
  | 'tool.failed'
  | 'tool.invalid-input'
  | 'tool.unknown'
  | 'workspace.denied'
  | 'workspace.limit'
  | 'workspace.not-found'

export type TroupeErrorOptions = {
  /** Whether the same operation may succeed when tried again. Default false. */
  retryable?: boolean
  /** Milliseconds the other side asked us to wait before trying again. */
  retryAfterMs?: number
  /** file:line, JSON pointer, or address the error is about. */
  place?: string
  /** Plain JSON that a program may want: the holder of a lock, the list of known names. */
  details?: Record<string, unknown>
  cause?: unknown
}

/** The only error Troupe throws. `message` says what is wrong and what to do about it. */
export class TroupeError extends Error {
  override readonly name = 'TroupeError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  readonly place: string | undefined
  readonly details: Record<string, unknown> | undefined

  constructor(code: ErrorCode, message: string, options: TroupeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
    this.retryAfterMs = options.retryAfterMs
    this.place = options.place
    this.details = options.details
  }
}

/** An error as plain JSON, as stored in rows and sent in messages. */
export type Failure = {
  code: string
  message: string
  retryable: boolean
  place?: string
  details?: Record<string, unknown>
}

/** Any thrown value as a {@link Failure}; a foreign error gets `fallback` as its code. */
export const toFailure = (error: unknown, fallback: ErrorCode = 'call.failed'): Failure => {
  if (error instanceof TroupeError) {
    return {
      code: error.code,
      message: error.message,
      retryable: error.retryable,
      ...(error.place !== undefined && { place: error.place }),
      ...(error.details !== undefined && { details: error.details }),
    }
  }
  return { code: fallback, message: error instanceof Error ? error.message : String(error), retryable: false }
}

/** Untrusted text, safe to print in a message or on a terminal: control, bidi and invisible characters are shown as code points. */
export const escapeText = (text: string, max = 200): string => {
  const shown = text.length > max ? `${text.slice(0, max)}…` : text
  return shown.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
    (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`,
  )
}
