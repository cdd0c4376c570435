// Responses of the real API, recorded by others. What they hold is read from their bytes here, by other code than the model's.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { toAnswer } from '../../src/models/anthropic-answer.ts'
import { wireMessageSchema } from '../../src/models/anthropic-wire.ts'
import { answer, startMessagesServer } from '../support/messages-server.ts'
import { apiKey, ask, claudeOn, failureOf, within } from './anthropic-world.ts'

type Recording = { source: string; status: number | string; headers: Record<string, string>; body: string }
type Block = { type: string; [member: string]: unknown }
type Message = { model: string; content: Block[]; stop_reason: string; usage: Record<string, number> }
type Event = { type: string; [member: string]: unknown }

const file = new URL('../../../shared/recordings/claude-messages.jsonl', import.meta.url)
const present = existsSync(file)
const recordings = present
  ? readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line, at) => ({ at, ...(JSON.parse(line) as Recording) }))
  : []
const isJson = ({ body }: Recording) => body.trimStart().startsWith('{')
const failed = ({ status }: Recording) => Number.parseInt(String(status), 10) >= 400
const streams = recordings.filter((recording) => !isJson(recording))
const refusals = recordings.filter(failed)
const messages = recordings.filter((recording) => isJson(recording) && !failed(recording))

const eventsOf = (body: string): Event[] =>
  body
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => JSON.parse(line.slice(5)) as Event)

/** The message a stream adds up to. */
const fold = (body: string): Message => {
  const message: Message = { model: '', content: [], stop_reason: '', usage: {} }
  const json: string[] = []
  for (const event of eventsOf(body)) {
    const at = event.index as number
    if (event.type === 'message_start') Object.assign(message, event.message)
    if (event.type === 'content_block_start') message.content[at] = { ...(event.content_block as Block) }
    if (event.type === 'message_delta') {
      message.stop_reason = (event.delta as Message).stop_reason
      message.usage = { ...message.usage, ...(event.usage as object) }
    }
    if (event.type !== 'content_block_delta') continue
    const { type, ...pieces } = event.delta as Block
    for (const [name, piece] of Object.entries(pieces)) {
      if (name === 'partial_json') json[at] = (json[at] ?? '') + piece
      else message.content[at]![name] = String(message.content[at]![name] ?? '') + piece
    }
  }
  for (const [at, block] of message.content.entries()) if (json[at]) block.input = JSON.parse(json[at])
  return message
}

const members: Record<string, string[]> = {
  text: ['text'],
  thinking: ['thinking', 'signature'],
  redacted_thinking: ['data'],
  tool_use: ['id', 'name', 'input'],
}
const expected = ({ model, content, stop_reason, usage }: Message) => ({
  model,
  content: content
    .filter(({ type }) => type in members)
    .map((block) => ({
      type: block.type,
      ...Object.fromEntries(members[block.type]!.map((name) => [name, block[name]])),
    })),
  stop: stop_reason === 'end_turn' ? 'end' : stop_reason,
  usage: {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cache_read_input_tokens ?? 0,
    cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
  },
})

describe.skipIf(!present)('recordings of the Messages API (skipped where the file is absent)', () => {
  test('there are 68, each of one of three kinds', () => {
    expect([streams.length, messages.length, refusals.length]).toEqual([21, 44, 3])
  })

  test.each(streams)('stream $at of $source is read whole, over HTTP, byte for byte', async ({ body, headers }) => {
    const sent = { 'content-type': 'text/event-stream; charset=utf-8', ...headers }
    await using world = await claudeOn(() => ({
      kind: 'stream',
      steps: [{ kind: 'bytes', bytes: body }],
      headers: sent,
    }))
    const parts: Record<string, string> = { text: '', thinking: '' }
    const onPart = ({ kind, text }: { kind: string; text: string }) => {
      parts[kind] += text
    }
    const given = await world.model.generate(ask(), within({ onPart }))
    const whole = expected(fold(body))
    expect(given).toMatchObject(whole)
    expect(given.content).toHaveLength(whole.content.length)
    const shown = (type: string) =>
      whole.content.map((block) => (block.type === type ? Reflect.get(block, type) : '')).join('')
    expect(parts).toEqual({ text: shown('text'), thinking: shown('thinking') })
  })

  test.each(messages)('message $at of $source is read whole', ({ body }) => {
    const asked = { model: 'x', worst: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 } }
    const whole = expected(JSON.parse(body) as Message)
    const given = toAnswer(wireMessageSchema.parse(JSON.parse(body)), asked)
    expect(given).toMatchObject(whole)
    expect(given.content).toHaveLength(whole.content.length)
  })

  test.each(refusals)('refusal $at of $source has a code', async ({ status, headers, body }) => {
    const code = Number.parseInt(String(status), 10)
    await using world = await claudeOn(() => ({ kind: 'body', status: code, body, headers }))
    const failure = await failureOf(world.model.generate(ask(), within()))
    expect(failure).toMatchObject({ code: code === 404 ? 'model.unknown' : 'model.invalid-request', retryable: false })
  })
})

/** Per type of event: the members that every recorded one has, and those that any has. */
const shapes = (events: readonly { of: string; value: object }[]) => {
  const found = new Map<string, { always: Set<string>; ever: Set<string> }>()
  for (const { of, value } of events) {
    const names = Object.keys(value)
    const shape = found.get(of) ?? { always: new Set(names), ever: new Set() }
    found.set(of, {
      always: new Set([...shape.always].filter((name) => name in value)),
      ever: new Set([...shape.ever, ...names]),
    })
  }
  return found
}
/** Every object of an event that has a shape of its own. */
const objectsOf = (event: Event): { of: string; value: object }[] => [
  { of: event.type, value: event },
  ...['message', 'content_block', 'delta'].flatMap((name) => {
    const inner = event[name] as Block | undefined
    return inner ? [{ of: `${event.type}.${name}:${inner.type ?? ''}`, value: inner }] : []
  }),
]
const orderOf = (events: readonly Event[]) => events.map(({ type }) => type).filter((type) => type !== 'ping')

describe.skipIf(!present)('the local server beside the recordings (skipped where the file is absent)', () => {
  const content = [
    { type: 'thinking', thinking: 'It must be read.', signature: 'c2ln' },
    { type: 'redacted_thinking', data: 'b3BhcXVl' },
    { type: 'text', text: 'I read the file now.' },
    { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'notes/a.md' } },
  ]
  const post = async (stream: boolean) => {
    await using server = await startMessagesServer(() => answer(content))
    const response = await fetch(`${server.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model: 'm', max_tokens: 9, stream, messages: [{ role: 'user', content: 'Hi' }] }),
    })
    return { type: response.headers.get('content-type'), headers: response.headers, body: await response.text() }
  }

  test('its stream has the events, order and members that the recorded ones have', async () => {
    const { body, type, headers } = await post(true)
    const events = eventsOf(body)
    const recorded = shapes(streams.flatMap((recording) => eventsOf(recording.body)).flatMap(objectsOf))
    for (const { of, value } of events.flatMap(objectsOf)) {
      const shape = recorded.get(of)
      expect(shape, of).toBeDefined()
      const names = new Set(Object.keys(value))
      expect(
        [...shape!.always].filter((name) => !names.has(name)),
        `${of} lacks`,
      ).toEqual([])
      expect(
        [...names].filter((name) => !shape!.ever.has(name)),
        `${of} adds`,
      ).toEqual([])
    }
    const grammar =
      /^message_start( content_block_start( content_block_delta)* content_block_stop)* message_delta message_stop$/
    for (const order of [events, ...streams.map((recording) => eventsOf(recording.body))])
      expect(orderOf(order).join(' ')).toMatch(grammar)
    expect(type).toBe('text/event-stream; charset=utf-8')
    expect(headers.get('request-id')).toMatch(/^req_/)
    expect(fold(body).content).toEqual(content)
  })

  test('its message has the members that every recorded one has', async () => {
    const { body, type } = await post(false)
    const recorded = shapes(
      messages.map((recording) => ({ of: 'message', value: JSON.parse(recording.body) as object })),
    )
    const names = new Set(Object.keys(JSON.parse(body) as object))
    expect([...recorded.get('message')!.always].filter((name) => !names.has(name))).toEqual([])
    expect(type).toBe('application/json')
  })

  test.each([
    [{ 'anthropic-version': '2023-06-01' }, 401, 'authentication_error'],
    [{ 'x-api-key': apiKey }, 400, 'invalid_request_error'],
    [{ authorization: `Bearer ${apiKey}`, 'anthropic-version': '2023-06-01' }, 400, 'invalid_request_error'],
  ])('it refuses %j with %i, in the words of the recorded refusals', async (headers, status, type) => {
    await using server = await startMessagesServer()
    const response = await fetch(`${server.url}/v1/messages`, { method: 'POST', headers, body: '{"model":"m"}' })
    expect(response.status).toBe(status)
    const body = (await response.json()) as { error: { type: string } }
    expect(body.error.type).toBe(type)
    const recorded = shapes(refusals.map((recording) => ({ of: 'error', value: JSON.parse(recording.body) as object })))
    expect([...recorded.get('error')!.always].filter((name) => !(name in body))).toEqual([])
  })
})
