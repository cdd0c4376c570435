// Tool. Owns the port through which agents act on the world.
import type { Clock } from './clock.ts'
import type { Json, JsonSchema } from './json.ts'

/** What becomes of a call that was started and not answered when the process died (C18). */
export type Interruption = 'retry' | 'once' | 'ask'

export type ToolContext = {
  /** The call's id: stable over retries and restarts; hand it on as an idempotency key. */
  callId: string
  attempt: number
  signal: AbortSignal
  clock: Clock
  /** Address of the agent that acts, e.g. `run-42/team/writer`. */
  address: string
}

/** `content` is what the model reads. Larger things go to a file or an artifact and are named here. */
export type ToolResult = { content: string; isError?: boolean }

/** The port. `run` gets input that its schema has already accepted. */
export interface Tool {
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonSchema
  /** Default `retry` for a tool that only reads, `once` otherwise. */
  readonly interrupted: Interruption
  /** Milliseconds one attempt may take. */
  readonly timeoutMs: number
  /** The input as the tool's schema reads it; throws `tool.invalid-input` naming the field. */
  parse(input: Json): unknown
  run(input: unknown, context: ToolContext): Promise<ToolResult>
}
