// What the real API refuses in a request, as far as a client of ours could get it wrong. Null when all is well.
import type { IncomingHttpHeaders } from 'node:http'

export type ServerRequest = {
  headers: IncomingHttpHeaders
  /** The parsed body. */
  body: RequestBody
}
export type RequestBody = {
  model: string
  max_tokens: number
  stream?: boolean
  system?: RequestBlock[] | string
  tools?: { name: string; description?: string; input_schema: Record<string, unknown> }[]
  messages: { role: string; content: RequestBlock[] | string }[]
  [member: string]: unknown
}
export type RequestBlock = { type: string; text?: string; id?: string; tool_use_id?: string; [member: string]: unknown }
export type Refusal = { status: number; type: string; message: string }

const invalid = (message: string): Refusal => ({ status: 400, type: 'invalid_request_error', message })
const blocksOf = (content: RequestBlock[] | string | undefined): RequestBlock[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? [])

export const checkHeaders = (headers: IncomingHttpHeaders): Refusal | null => {
  if (!headers['x-api-key'] && !/^Bearer \S+$/.test(headers.authorization ?? ''))
    return { status: 401, type: 'authentication_error', message: 'x-api-key header is required' }
  return headers['anthropic-version'] ? null : invalid('anthropic-version: header is required')
}

const checkMembers = (body: RequestBody): Refusal | null => {
  const missing = ['model', 'max_tokens', 'messages'].find((name) => body[name] === undefined)
  if (missing) return invalid(`${missing}: Field required`)
  const gone = ['temperature', 'top_p', 'top_k'].find((name) => name in body)
  if (gone) return invalid(`${gone}: Extra inputs are not permitted`)
  const choice = (body.tool_choice as { type?: string } | undefined)?.type
  if (choice === 'any' || choice === 'tool') return invalid('tool_choice: this model does not support forced tool use')
  return body.messages.length === 0 ? invalid('messages: at least one message is required') : null
}

const checkBlock = (block: RequestBlock, place: string): Refusal | null => {
  if (block.type === 'text' && !block.text?.trim()) return invalid(`${place}: text content blocks must be non-empty`)
  if (block.type.includes('thinking') && block.cache_control)
    return invalid(`${place}: thinking blocks cannot be marked with cache_control`)
  if (block.type === 'thinking' && !block.signature) return invalid(`${place}: Invalid signature in thinking block`)
  const halved = [block.text, block.content].some((text) => typeof text === 'string' && !text.isWellFormed())
  return halved ? invalid('The request body is not valid JSON: no low surrogate in string') : null
}

/** Every tool call is answered in the next message, and nothing else is. */
const checkCalls = (body: RequestBody): Refusal | null => {
  const ids = (at: number, type: string, member: 'id' | 'tool_use_id') =>
    blocksOf(body.messages[at]?.content).flatMap((block) => (block.type === type ? [String(block[member])] : []))
  for (const at of body.messages.keys()) {
    const called = ids(at, 'tool_use', 'id')
    const answered = ids(at + 1, 'tool_result', 'tool_use_id')
    if (called.length > 0 && at + 1 < body.messages.length && called.some((id) => !answered.includes(id)))
      return invalid(`messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after`)
    if (answered.some((id) => !called.includes(id)))
      return invalid(`messages.${at + 1}: unexpected \`tool_use_id\` found in \`tool_result\` blocks`)
  }
  return null
}

const checkBlocks = (body: RequestBody): Refusal | null => {
  for (const [at, message] of body.messages.entries()) {
    if (blocksOf(message.content).length === 0)
      return invalid(`messages.${at}: all messages must have non-empty content`)
    for (const [index, block] of blocksOf(message.content).entries()) {
      const refusal = checkBlock(block, `messages.${at}.content.${index}`)
      if (refusal) return refusal
    }
  }
  const marks = [...blocksOf(body.system), ...body.messages.flatMap((message) => blocksOf(message.content))]
  const marked = marks.filter((block) => block.cache_control).length
  return marked > 4 ? invalid(`A maximum of 4 blocks with cache_control may be provided. Found ${marked}.`) : null
}

export const checkBody = (body: RequestBody): Refusal | null =>
  checkMembers(body) ?? checkBlocks(body) ?? checkCalls(body)
