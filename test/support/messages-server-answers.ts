// What the local Messages server can be told to send: builders for whole answers, and the stream they become.
import type { Json } from '../../src/runtime/json.ts'

export type ServerBlock =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'redacted_thinking'; data: string }
  /** `json` sends this text as the input, as it stands. */
  | { type: 'tool_use'; id: string; name: string; input: Json; json?: string }
  | { type: string; [member: string]: Json }

/**
 * One step of a stream. `cut` closes the socket, `stall` sends nothing more until the client or the server closes,
 * `wait` goes on when the promise resolves.
 */
export type ServerStep =
  | { kind: 'event'; event: string; data: unknown }
  | { kind: 'bytes'; bytes: string | Uint8Array }
  | { kind: 'wait'; until: Promise<unknown> }
  | { kind: 'cut' }
  | { kind: 'stall' }

export type ServerMessage = {
  id: string
  type: 'message'
  role: 'assistant'
  model: string
  content: ServerBlock[]
  stop_reason: string | null
  stop_sequence: null
  usage: { [counter: string]: Json }
}

export type ServerAnswer =
  | { kind: 'message'; message: Partial<ServerMessage>; headers?: Record<string, string> }
  | { kind: 'stream'; steps: ServerStep[]; headers?: Record<string, string> }
  | { kind: 'body'; status: number; body: string; headers?: Record<string, string> }
  /** Nothing at all, not even a status line, until somebody closes. */
  | { kind: 'silence' }

const toolless = (content: ServerBlock[]) => !content.some((block) => block.type === 'tool_use')

/** An answer of these blocks; stops for the tool calls among them. */
export const answer = (content: ServerBlock[], rest: Partial<ServerMessage> = {}): ServerAnswer => ({
  kind: 'message',
  message: { content, stop_reason: toolless(content) ? 'end_turn' : 'tool_use', ...rest },
})

export const says = (text: string): ServerAnswer => answer([{ type: 'text', text }])

/** Calls one tool. The id is `toolu_<n>`: give each call of a conversation its own `n`. */
export const calls = (name: string, input: Json, n: number | string): ServerAnswer =>
  answer([{ type: 'tool_use', id: `toolu_${n}`, name, input }])

export const stream = (steps: ServerStep[], headers: Record<string, string> = {}): ServerAnswer => ({
  kind: 'stream',
  steps,
  headers,
})

/** An error as the API words it. */
export const fails = (
  status: number,
  type: string,
  message: string,
  options: { headers?: Record<string, string>; details?: Json } = {},
): ServerAnswer => ({
  kind: 'body',
  status,
  body: JSON.stringify({
    type: 'error',
    error: { type, message, ...(options.details !== undefined && { details: options.details }) },
    request_id: 'req_local',
  }),
  headers: { 'content-type': 'application/json', ...options.headers },
})

export const event = (data: { type: string; [member: string]: unknown }): ServerStep => ({
  kind: 'event',
  event: data.type,
  data,
})
export const ping: ServerStep = { kind: 'bytes', bytes: 'event: ping\ndata: {"type": "ping"}\n\n' }
/** An error in the middle of a stream, whose status was 200 long ago. */
export const errorEvent = (type: string, message: string): ServerStep =>
  event({ type: 'error', error: { type, message } })

const pieces = (text: string, size = 12): string[] => text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? []

/** The empty block that starts, and the deltas that fill it. */
const grown = (block: ServerBlock): { start: object; deltas: object[] } => {
  if (block.type === 'text')
    return {
      start: { type: 'text', text: '' },
      deltas: pieces(String(block.text)).map((text) => ({ type: 'text_delta', text })),
    }
  if (block.type === 'thinking')
    return {
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        ...pieces(String(block.thinking)).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: block.signature },
      ],
    }
  if (block.type !== 'tool_use') return { start: block, deltas: [] }
  const { json, ...call } = block as Extract<ServerBlock, { type: 'tool_use' }> // narrowed by the line above
  const text = typeof json === 'string' ? json : JSON.stringify(call.input)
  return {
    start: { ...call, input: {} },
    deltas: ['', ...pieces(text)].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
  }
}

/** The whole stream of a message, in the recorded order: start, blocks with a ping in the first, delta, stop. */
export const toSteps = (message: ServerMessage): ServerStep[] => {
  const { content, stop_reason, stop_sequence, usage, ...head } = message
  const blocks = content.flatMap((block, index) => {
    const { start, deltas } = grown(block)
    return [
      event({ type: 'content_block_start', index, content_block: start }),
      ...(index === 0 ? [ping] : []),
      ...deltas.map((delta) => event({ type: 'content_block_delta', index, delta })),
      event({ type: 'content_block_stop', index }),
    ]
  })
  const started = {
    ...head,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 },
  }
  return [
    event({ type: 'message_start', message: started }),
    ...blocks,
    event({ type: 'message_delta', delta: { stop_reason, stop_sequence }, usage }),
    event({ type: 'message_stop' }),
  ]
}
