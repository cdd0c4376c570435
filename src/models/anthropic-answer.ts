// Answer. Owns what a whole message means: blocks, stop reason, usage and price.
//   N1. A tool call counts only when the model stopped for it: one cut by max_tokens looks valid with the input {}.
//   N2. An output that cannot be trusted is `model.output`, and says what it cost: it was paid for.
import { escapeText, TroupeError } from '../runtime/errors.ts'
import type { ContentBlock, ModelAnswer, StopReason, Usage } from '../runtime/model.ts'
import { readStrictJson } from './anthropic-json.ts'
import type { WireBlock, WireMessage } from './anthropic-wire.ts'
import { priceOf } from './prices.ts'

const stops: ReadonlyMap<string, StopReason> = new Map([
  ['end_turn', 'end'],
  ['stop_sequence', 'end'],
  ['tool_use', 'tool_use'],
  ['max_tokens', 'max_tokens'],
  ['refusal', 'refusal'],
  ['model_context_window_exceeded', 'context_overflow'],
  ['pause_turn', 'pause'],
])

/** The model asked for, and the most its answer can have used: what is charged when the answer does not say. */
export type Asked = { model: string; worst: Usage }

type Paid = Pick<ModelAnswer, 'model' | 'usage' | 'usd'>

const count = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null

/** Null when a count is missing or impossible. Only the cache counts may be absent: without caching there are none. */
const readUsage = (usage: WireMessage['usage']): Usage | null => {
  const inputTokens = count(usage.input_tokens)
  const outputTokens = count(usage.output_tokens)
  const cacheReadTokens = count(usage.cache_read_input_tokens ?? 0)
  const cacheWriteTokens = count(usage.cache_creation_input_tokens ?? 0)
  if (inputTokens === null || outputTokens === null || cacheReadTokens === null || cacheWriteTokens === null)
    return null
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }
}

const paidFor = (message: WireMessage, asked: Asked): Paid => {
  const usage = readUsage(message.usage) ?? asked.worst
  const model = message.model ?? asked.model
  return { model, usage, usd: priceOf(model, usage) ?? priceOf(asked.model, usage) }
}

const refuse = (what: string, paid: Paid): never => {
  throw new TroupeError('model.output', `the model's answer cannot be used: ${what}; ask it again`, {
    retryable: true,
    details: { ...paid },
  })
}

const toolCall = (call: Extract<WireBlock, { type: 'tool_use' }>, paid: Paid): ContentBlock => {
  // No input is streamed for a tool without parameters.
  const text = call.json.trim() === '' ? JSON.stringify(call.input ?? {}) : call.json
  const read = readStrictJson(text)
  if (!read.ok) return refuse(`the input of the tool call "${escapeText(call.name, 60)}": ${read.problem}`, paid)
  return { type: 'tool_use', id: call.id, name: call.name, input: read.value }
}

const toContent = (blocks: readonly WireBlock[], stop: StopReason, paid: Paid): ContentBlock[] =>
  blocks.flatMap((block): ContentBlock[] => {
    if (block.type === 'ignored') return []
    if (block.type === 'tool_use') return stop === 'tool_use' ? [toolCall(block, paid)] : []
    return block.type === 'text' && block.text === '' ? [] : [block]
  })

const checkCalls = (content: readonly ContentBlock[], stop: StopReason, paid: Paid): void => {
  const ids = content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))
  if (stop === 'tool_use' && ids.length === 0) refuse('it stopped for a tool call and made none', paid)
  const twice = ids.find((id, at) => ids.indexOf(id) !== at)
  if (twice !== undefined) refuse(`two tool calls have the id "${escapeText(twice, 60)}"`, paid)
}

/** A whole message as the port's answer; throws `model.output`, with what it cost in `details`. */
export const toAnswer = (message: WireMessage, asked: Asked): ModelAnswer => {
  const paid = paidFor(message, asked)
  const reason = message.stop_reason ?? 'none'
  const stop = stops.get(reason) ?? refuse(`its stop reason "${escapeText(reason, 60)}" is unknown here`, paid)
  const content = toContent(message.content, stop, paid)
  checkCalls(content, stop, paid)
  return { content, stop, ...paid }
}
