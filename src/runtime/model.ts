// Model. Owns the port through which agents think; knows no provider.
import type { Clock } from './clock.ts'
import type { Json, JsonSchema } from './json.ts'

/** A block of a conversation, in the shape the Messages API uses, with our own names for fields. */
export type ContentBlock =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'redacted_thinking'; data: string }
  | { type: 'tool_use'; id: string; name: string; input: Json }
  | { type: 'tool_result'; toolUseId: string; content: string; isError: boolean }

export type ModelMessage = { role: 'user' | 'assistant'; content: readonly ContentBlock[] }

/** A tool as a model sees it. */
export type ToolSpec = { name: string; description: string; inputSchema: JsonSchema }

/** Who asks. `scripted` answers by it, `offline` acts by it; a provider ignores it. */
export type ModelCaller = {
  /** Full address of the actor, e.g. `run-42/team/researcher`. */
  address: string
  /** Name of the agent, e.g. `researcher`. */
  name: string
  role: string
  /** Turns of this agent on this task, from 0; and tasks of this agent, from 0. */
  turn: number
  task: number
}

export type ModelRequest = {
  /** A model id, or a tier: `fast`, `balanced`, `best`. */
  model: string
  caller: ModelCaller
  system: string
  messages: readonly ModelMessage[]
  tools: readonly ToolSpec[]
  /** The task as data (the body of its `task_request`): what rules can act on. The same text is in `messages`. */
  task: Json
  maxTokens: number
}

/** Tokens as the provider counted them. `inputTokens` excludes cache reads and writes. */
export type Usage = { inputTokens: number; outputTokens: number; cacheReadTokens: number; cacheWriteTokens: number }

export type StopReason = 'end' | 'tool_use' | 'max_tokens' | 'refusal' | 'context_overflow' | 'pause'

export type ModelAnswer = {
  content: readonly ContentBlock[]
  stop: StopReason
  usage: Usage
  /** The model that answered. */
  model: string
  /** US dollars; null when no price is known. */
  usd: number | null
}

/** A streamed part, best effort: `offset` counts characters of this call's text so far (C23). */
export type ModelPart = { kind: 'text' | 'thinking'; text: string; offset: number }

export type ModelContext = {
  /** The call's id: stable over retries and restarts; the idempotency key. */
  callId: string
  /** From 1. */
  attempt: number
  signal: AbortSignal
  clock: Clock
  onPart?: (part: ModelPart) => void
}

/** What a request weighs, known before it is put together. `bytes` is its conversation, system prompt and tools as JSON. */
export type RequestSize = { model: string; bytes: number; maxTokens: number }

/** The size of a request that is there. */
export const sizeOf = ({ model, system, messages, tools, maxTokens }: ModelRequest): RequestSize => ({
  model,
  bytes: Buffer.byteLength(JSON.stringify([system, messages, tools])),
  maxTokens,
})

/** The port. An implementation throws `TroupeError` with a `model.*` code and says in `retryable` whether to try again. */
export interface Model {
  /** Short name, e.g. `offline` or `anthropic:claude-sonnet-5-5`. */
  readonly id: string
  /** One line for people, shown with every result: what answered. */
  readonly label: string
  /** What answers a request for this model or tier, for listings. Default: `id`, whatever is asked for. */
  idFor?(model: string): string
  generate(request: ModelRequest, context: ModelContext): Promise<ModelAnswer>
  /** The most a request of this size can use and cost: what a budget reserves before it starts. */
  estimate(size: RequestSize): { tokens: number; usd: number | null }
}
