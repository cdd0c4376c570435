// Stored error. Owns how any thrown value becomes JSON that a machine can be told of.
import { type Failure, toFailure } from './errors.ts'
import type { Json } from './json.ts'
import type { Core } from './state.ts'

/** An error as it is stored; of one that cannot be, what can. */
export const storedError = (core: Core, error: unknown): Json => {
  try {
    return core.codec.encode(error instanceof Error ? error : new Error(String(error)))
  } catch {
    const { code, message, retryable }: Failure = toFailure(error, 'actor.failed')
    return core.codec.encode(Object.assign(new Error(message), { code, retryable }))
  }
}
