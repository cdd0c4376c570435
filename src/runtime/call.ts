// Call. Owns what a call is: work outside the store that a machine asks for by invoking or spawning a promise.

import type { Clock } from './clock.ts'
import type { Random } from './random.ts'
import type { Interruption } from './tool.ts'

/** What a running call may use. */
export type CallContext = {
  /** `address/incarnation/revision.index`: stable over retries and restarts. */
  callId: string
  /** From 1; grows with every start. */
  attempt: number
  /** Address of the actor that asked. */
  address: string
  run: string
  signal: AbortSignal
  clock: Clock
  random: Random
  blobs: CallBlobs
  /** Best-effort notes for observers; not stored (C23). */
  progress(part: unknown): void
}

/** Content-addressed values. What is put becomes durable in the commit that delivers the call's result. */
export type CallBlobs = {
  get(hash: string): Promise<string>
  put(data: string): string
}

/** What a call used, for the ledger. */
export type CallUsage = { inputTokens: number; outputTokens: number; usd: number | null }

/** A call's result; `usage` when it cost something. */
export type CallResult<Output> = { output: Output; usage?: CallUsage }

/** How a call of one kind is made and what becomes of it when things go wrong. */
export type CallSpec<Input = never, Output = unknown> = {
  /** `model`, `tool`, or a name of your own. */
  kind: string
  /** What is called, for listings: a model's or a tool's name. */
  name: (input: Input) => string
  /** What to do when the process died between its start and its result (C18). */
  interrupted: Interruption | ((input: Input) => Interruption)
  /** Milliseconds for one attempt. Default 10 minutes. */
  timeoutMs?: number | ((input: Input) => number)
  /** How often a retryable failure is tried, the first time included. Default 4. */
  maxAttempts?: number
  /** The most it can use, reserved before it starts (C44). Default nothing. */
  estimate?: (input: Input) => { tokens: number; usd: number | null }
  run(input: Input, context: CallContext): Promise<CallResult<Output>>
}

/** A spec whose input type has been forgotten: as the runtime keeps it. The cast is true because input always comes from the machine that named the spec. */
export type AnyCallSpec = CallSpec<never, unknown>
