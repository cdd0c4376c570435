// Request. Owns how a ModelRequest is spelled on the wire; sends no sampling and no tool_choice, which current models refuse.
import type { ContentBlock, ModelMessage, ModelRequest } from '../runtime/model.ts'
import type { WireInputBlock, WireRequest, WireTool } from './anthropic-wire.ts'

const mark = { cache_control: { type: 'ephemeral' } } as const

// Half a surrogate pair, as a cut text may end in, makes the API refuse the whole conversation.
const whole = (text: string): string => text.toWellFormed()

/** Null for what the API would refuse and what carries nothing: empty text, and thinking that no model has signed. */
const toWire = (block: ContentBlock): WireInputBlock | null => {
  switch (block.type) {
    case 'text':
      return block.text.trim() === '' ? null : { type: 'text', text: whole(block.text) }
    case 'thinking':
      return block.signature === '' ? null : block
    case 'redacted_thinking':
      return block.data === '' ? null : block
    case 'tool_use':
      return { type: 'tool_use', id: block.id, name: block.name, input: block.input }
    case 'tool_result':
      return {
        type: 'tool_result',
        tool_use_id: block.toolUseId,
        content: whole(block.content),
        is_error: block.isError,
      }
  }
}

const toWireMessage = ({ role, content }: ModelMessage) => ({
  role,
  content: content.map(toWire).filter((block) => block !== null),
})

/** The last block that may carry a cache mark gets one; thinking may not. */
const markLast = (content: WireInputBlock[]): WireInputBlock[] => {
  const last = content.findLastIndex((block) => block.type !== 'thinking' && block.type !== 'redacted_thinking')
  return content.map((block, at) => (at === last ? ({ ...block, ...mark } as WireInputBlock) : block)) // `last` is no thinking
}

const toWireTool = (tool: ModelRequest['tools'][number]): WireTool => ({
  name: tool.name,
  description: tool.description,
  input_schema: { ...tool.inputSchema, type: 'object' },
})

/**
 * The body of the request. An agent's turns share a prefix that only grows, so two marks make all but the newest turn a cache read, at a
 * twentieth to a tenth of the price of input: one after the tools and the system prompt, which every task of the agent shares, and one
 * after the last message, which the next turn reads up to.
 */
export const toWireRequest = (request: ModelRequest, model: string): WireRequest => {
  const messages = request.messages.map(toWireMessage).filter((message) => message.content.length > 0)
  const last = messages.at(-1)
  const system = request.system.trim() === '' ? null : whole(request.system)
  return {
    model,
    max_tokens: request.maxTokens,
    stream: true,
    messages: last ? [...messages.slice(0, -1), { ...last, content: markLast(last.content) }] : messages,
    ...(system !== null && { system: [{ type: 'text' as const, text: system, ...mark }] }),
    ...(request.tools.length > 0 && { tools: request.tools.map(toWireTool) }),
  }
}
