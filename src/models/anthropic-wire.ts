// Wire. Owns how the Messages API spells things: the request we send, and the events and messages we accept.
// Absent and null are the same on this wire; unknown members, blocks, deltas and events are let through and ignored.
import { z } from 'zod'

type CacheMark = { cache_control?: { type: 'ephemeral' } }
export type WireInputBlock =
  | ({ type: 'text'; text: string } & CacheMark)
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'redacted_thinking'; data: string }
  | ({ type: 'tool_use'; id: string; name: string; input: unknown } & CacheMark)
  | ({ type: 'tool_result'; tool_use_id: string; content: string; is_error: boolean } & CacheMark)

export type WireTool = { name: string; description: string; input_schema: { type: 'object'; [key: string]: unknown } }

export type WireRequest = {
  model: string
  max_tokens: number
  stream: true
  messages: { role: 'user' | 'assistant'; content: WireInputBlock[] }[]
  system?: ({ type: 'text'; text: string } & CacheMark)[]
  tools?: WireTool[]
}

/** A block of an answer while it grows. `json` is the input of a tool call as it was written, '' when none was streamed. */
export type WireBlock =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'redacted_thinking'; data: string }
  | { type: 'tool_use'; id: string; name: string; input: unknown; json: string }
  | { type: 'ignored' }

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')

const readBlocks = ['text', 'thinking', 'redacted_thinking', 'tool_use']
const readBlock = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text }),
  z.object({ type: z.literal('thinking'), thinking: text, signature: text }),
  z.object({ type: z.literal('redacted_thinking'), data: text }),
  z
    .object({ type: z.literal('tool_use'), id: z.string().min(1), name: z.string().min(1), input: z.unknown() })
    .transform((call) => ({ ...call, json: '' })),
])
// A block we read must fit its schema: only a type we do not know is ignored.
const ignoredBlock = z
  .object({ type: z.string().refine((type) => !readBlocks.includes(type)) })
  .transform(() => ({ type: 'ignored' as const }))
const blockSchema: z.ZodType<WireBlock> = z.union([readBlock, ignoredBlock])

const usage = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => value ?? {})

/** A message as the API gives it: the body of an answer that is not streamed, and the start of one that is. */
export const wireMessageSchema = z.object({
  model: z.string().nullish(),
  content: z.array(blockSchema),
  stop_reason: z.string().nullish(),
  usage,
})
export type WireMessage = z.infer<typeof wireMessageSchema>

const index = z.number().int().nonnegative()
const delta = z.union([
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('text_delta'), text }),
    z.object({ type: z.literal('thinking_delta'), thinking: text }),
    z.object({ type: z.literal('signature_delta'), signature: text }),
    z.object({ type: z.literal('input_json_delta'), partial_json: text }),
  ]),
  z
    .object({ type: z.string().refine((type) => !/^(?:text|thinking|signature|input_json)_delta$/.test(type)) })
    .transform(() => ({ type: 'ignored' as const })),
])
export type WireDelta = z.infer<typeof delta>

const readEvents = ['message_start', 'content_block_start', 'content_block_delta', 'message_delta', 'message_stop']
export const wireEventSchema = z.union([
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('message_start'), message: wireMessageSchema }),
    z.object({ type: z.literal('content_block_start'), index, content_block: blockSchema }),
    z.object({ type: z.literal('content_block_delta'), index, delta }),
    z.object({
      type: z.literal('message_delta'),
      delta: z.object({ stop_reason: z.string().nullish() }).nullish(),
      usage,
    }),
    z.object({ type: z.literal('message_stop') }),
  ]),
  z
    .object({ type: z.string().refine((type) => !readEvents.includes(type)) })
    .transform(() => ({ type: 'ignored' as const })),
])
export type WireEvent = z.infer<typeof wireEventSchema>
