// Assembler. Owns how a stream of events becomes one message.
//   A1. A message is whole only when `message_stop` was seen: a cut stream ends without an error.
//   A2. What we do not know is ignored; what we know and does not fit breaks the stream, and the call is made again.
import { TroupeError } from '../runtime/errors.ts'
import type { ModelPart } from '../runtime/model.ts'
import { type WireBlock, type WireDelta, type WireEvent, type WireMessage, wireEventSchema } from './anthropic-wire.ts'

const fail = (what: string): never => {
  throw new TroupeError('model.interrupted', `the answer broke off: ${what}; the call can be made again`, {
    retryable: true,
  })
}

const grow = (block: WireBlock, delta: WireDelta): WireBlock => {
  if (block.type === 'ignored' || delta.type === 'ignored') return block
  if (block.type === 'text' && delta.type === 'text_delta') return { ...block, text: block.text + delta.text }
  if (block.type === 'thinking' && delta.type === 'thinking_delta')
    return { ...block, thinking: block.thinking + delta.thinking }
  if (block.type === 'thinking' && delta.type === 'signature_delta')
    return { ...block, signature: block.signature + delta.signature }
  if (block.type === 'tool_use' && delta.type === 'input_json_delta')
    return { ...block, json: block.json + delta.partial_json }
  return fail(`a ${delta.type} came for a ${block.type} block`)
}

const readEvent = (raw: unknown): WireEvent => {
  const read = wireEventSchema.safeParse(raw)
  return read.success ? read.data : fail('an event does not have the shape the Messages API describes')
}

// The wire repeats counters as they grow and omits or nulls the others: a later null is not a new value.
const merged = (before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> => ({
  ...before,
  ...Object.fromEntries(Object.entries(after).filter(([, value]) => value !== null && value !== undefined)),
})

type Piece = Omit<ModelPart, 'offset'>

const startOf = (block: WireBlock): Piece | null => {
  if (block.type === 'text') return { kind: 'text', text: block.text }
  return block.type === 'thinking' ? { kind: 'thinking', text: block.thinking } : null
}

const deltaOf = (delta: WireDelta): Piece | null => {
  if (delta.type === 'text_delta') return { kind: 'text', text: delta.text }
  return delta.type === 'thinking_delta' ? { kind: 'thinking', text: delta.thinking } : null
}

/** Gives each piece its offset in the text of its kind. */
const createOffsets = () => {
  const seen = { text: 0, thinking: 0 }
  return (piece: Piece | null): ModelPart | null => {
    if (piece === null || piece.text === '') return null
    const offset = seen[piece.kind]
    seen[piece.kind] += piece.text.length
    return { ...piece, offset }
  }
}

export type Assembler = {
  /** Takes one event, in order; gives the part that people may see at once. */
  take(event: unknown): ModelPart | null
  readonly complete: boolean
  /** The whole message; throws `model.interrupted` before `message_stop`. */
  message(): WireMessage
}

export const createAssembler = (): Assembler => {
  const blocks = new Map<number, WireBlock>()
  const part = createOffsets()
  let message: WireMessage | null = null
  let complete = false
  const started = (): WireMessage => message ?? fail('it did not begin with message_start')

  const take = (raw: unknown): ModelPart | null => {
    const event = readEvent(raw)
    switch (event.type) {
      case 'message_start':
        if (message) fail('it began twice')
        // The output count at the start is a placeholder: only message_delta says what was used.
        message = { ...event.message, usage: { ...event.message.usage, output_tokens: undefined } }
        event.message.content.forEach((block, at) => void blocks.set(at, block))
        return null
      case 'content_block_start':
        started()
        if (blocks.has(event.index)) fail(`block ${event.index} began twice`)
        blocks.set(event.index, event.content_block)
        return part(startOf(event.content_block))
      case 'content_block_delta': {
        const block = blocks.get(event.index) ?? fail(`block ${event.index} went on before it began`)
        blocks.set(event.index, grow(block, event.delta))
        return block.type === 'ignored' ? null : part(deltaOf(event.delta))
      }
      case 'message_delta': {
        const before = started()
        const reason = event.delta?.stop_reason ?? before.stop_reason
        message = { ...before, stop_reason: reason, usage: merged(before.usage, event.usage) }
        return null
      }
      case 'message_stop':
        started()
        complete = true
        return null
      case 'ignored':
        return null
    }
  }

  return {
    take,
    get complete() {
      return complete
    },
    message: () => {
      if (!complete) fail('it ended before message_stop')
      const content = [...blocks].sort(([a], [b]) => a - b).map(([, block]) => block)
      return { ...started(), content }
    },
  }
}
