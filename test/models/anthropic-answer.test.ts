import { describe, expect, test } from 'vitest'
import type { ModelPart } from '../../src/runtime/model.ts'
import { sizeOf } from '../../src/runtime/model.ts'
import { answer, event, ping, type ServerStep, stream } from '../support/messages-server.ts'
import { ask, claudeOn, failureOf, handClock, readTool, within } from './anthropic-world.ts'

const begin: ServerStep[] = [
  event({
    type: 'message_start',
    message: { model: 'claude-sonnet-5-5', content: [], usage: { input_tokens: 10, output_tokens: 1 } },
  }),
]
const textBlock = (index: number, text: string): ServerStep[] => [
  event({ type: 'content_block_start', index, content_block: { type: 'text', text: '' } }),
  event({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } }),
  event({ type: 'content_block_stop', index }),
]
const finish = (stop_reason: string): ServerStep[] => [
  event({ type: 'message_delta', delta: { stop_reason }, usage: { output_tokens: 7 } }),
  event({ type: 'message_stop' }),
]

const bare = (): ServerStep => event({ type: 'message_start', message: { content: [] } })
const delta = (usage: object): ServerStep => event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage })

describe('what is read', () => {
  test('gives text, usage, price and the model that answered', async () => {
    const usage = {
      input_tokens: 12,
      cache_read_input_tokens: 1000,
      cache_creation_input_tokens: null,
      output_tokens: 3,
    }
    await using world = await claudeOn(() => answer([{ type: 'text', text: 'Paris.' }], { usage }))
    const clock = handClock()
    expect(await world.model.generate(ask(), within({ clock }))).toEqual({
      content: [{ type: 'text', text: 'Paris.' }],
      stop: 'end',
      usage: { inputTokens: 12, outputTokens: 3, cacheReadTokens: 1000, cacheWriteTokens: 0 },
      model: 'claude-sonnet-5-5',
      usd: (12 * 2 + 1000 * 0.1 + 3 * 10) / 1e6,
    })
    expect(clock.waiting).toBe(0)
  })

  test('C23: parts arrive as they come, each with its offset in the text of its kind', async () => {
    const thinking = 'A capital is a city. I know it.'
    const text = 'The capital of France is Paris, as it was.'
    await using world = await claudeOn(() =>
      answer([{ type: 'thinking', thinking, signature: 's' }, ...[{ type: 'text', text }]]),
    )
    const parts: ModelPart[] = []
    await world.model.generate(ask(), within({ onPart: (part) => parts.push(part) }))
    for (const [kind, whole] of [
      ['thinking', thinking],
      ['text', text],
    ] as const) {
      const own = parts.filter((part) => part.kind === kind)
      expect(own.length).toBeGreaterThan(1)
      expect(own.map((part) => part.text).join('')).toBe(whole)
      for (const part of own) expect(whole.slice(part.offset, part.offset + part.text.length)).toBe(part.text)
    }
  })

  test('BAD 154: unknown events, blocks and deltas are ignored and the rest is kept', async () => {
    const steps = [
      ...begin,
      ping,
      event({ type: 'weather_report', sky: 'blue' }),
      event({ type: 'content_block_start', index: 0, content_block: { type: 'hologram', beam: 1 } }),
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'not text' } }),
      event({ type: 'content_block_stop', index: 0 }),
      event({ type: 'content_block_start', index: 1, content_block: { type: 'text', text: 'Par', citations: null } }),
      event({ type: 'content_block_delta', index: 1, delta: { type: 'citations_delta', citation: {} } }),
      event({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'is.' } }),
      ...finish('end_turn'),
    ]
    await using world = await claudeOn(() => stream(steps))
    const parts: ModelPart[] = []
    const given = await world.model.generate(ask(), within({ onPart: (part) => parts.push(part) }))
    expect(given.content).toEqual([{ type: 'text', text: 'Paris.' }])
    expect(parts).toEqual([
      { kind: 'text', text: 'Par', offset: 0 },
      { kind: 'text', text: 'is.', offset: 3 },
    ])
  })

  test('BAD 140: a tool call cut by max_tokens is dropped, and its input never read', async () => {
    const cut = { type: 'tool_use', id: 'toolu_1', name: 'read', input: {}, json: '{"path": "/et' }
    const content = [{ type: 'text', text: 'I read.' }, cut]
    await using world = await claudeOn(() => answer(content, { stop_reason: 'max_tokens' }))
    expect(await world.model.generate(ask(), within())).toMatchObject({
      stop: 'max_tokens',
      content: [{ type: 'text', text: 'I read.' }],
    })
  })

  test.each([
    ['end_turn', 'end'],
    ['stop_sequence', 'end'],
    ['refusal', 'refusal'],
    ['model_context_window_exceeded', 'context_overflow'],
    ['pause_turn', 'pause'],
  ])('BAD 151: stop reason %s is the outcome %s, not an error, even with nothing said', async (reason, stop) => {
    await using world = await claudeOn(() => answer([], { stop_reason: reason }))
    expect(await world.model.generate(ask(), within())).toMatchObject({ stop, content: [] })
  })

  test.each([
    ['BAD 141: JSON that is none', '{"path": oops}', /not JSON/],
    ['BAD 147: a __proto__ key', '{"a":{"__proto__":{"admin":true}}}', /"__proto__" is not allowed/],
    ['BAD 148: a key written twice', '{"path":"a","x":[1,{"y":2}],"p\\u0061th":"b"}', /"path" is written twice/],
    ['BAD 149: a number beyond all numbers', '{"n":[1e999]}', /1e999 is too large/],
    ['BAD 149: a number that vanishes', '{"n":0.1e-400}', /0\.1e-400 is too small/],
    ['BAD 149: digits a number cannot keep', '{"id":12345678901234567890}', /write it as text/],
    ['a value that is no object', '[1]', /not a JSON object/],
    ['a value nested too deep', `{"a":${'['.repeat(200)}${']'.repeat(200)}}`, /nested more than/],
  ])('%s in a tool input is model.output, retryable, with what it cost', async (_, json, problem) => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'read', input: {}, json }
    await using world = await claudeOn(() => answer([call]))
    const failure = await failureOf(world.model.generate(ask({ tools: [readTool] }), within()))
    expect(failure).toMatchObject({ code: 'model.output', retryable: true })
    expect(failure.message).toMatch(problem)
    expect(failure.details).toMatchObject({ usage: { inputTokens: 100, outputTokens: 20 }, usd: 0.0004 })
  })

  test('a sound tool input is read exactly: escapes, repeated keys in different objects, small and negative numbers', async () => {
    const json = '{"a":{"k":1},"b":[{"k":"\\"}{,"},{"k":-0.5e-3}],"é\\n":"k","n":0,"m":0.0,"big":1e21}'
    await using world = await claudeOn(() =>
      answer([{ type: 'tool_use', id: 'toolu_1', name: 'read', input: {}, json }]),
    )
    const given = await world.model.generate(ask(), within())
    expect(given.content).toEqual([{ type: 'tool_use', id: 'toolu_1', name: 'read', input: JSON.parse(json) }])
  })

  test('a tool call without parameters has the input {}', async () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'now', input: {}, json: '' }
    await using world = await claudeOn(() => answer([call]))
    expect((await world.model.generate(ask(), within())).content).toMatchObject([{ name: 'now', input: {} }])
  })

  test('BAD 145: two tool calls with one id are model.output', async () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a' } }
    await using world = await claudeOn(() => answer([call, call]))
    const failure = await failureOf(world.model.generate(ask(), within()))
    expect(failure).toMatchObject({ code: 'model.output', message: expect.stringContaining('"toolu_1"') })
  })

  test.each([
    ['BAD 152: an unknown stop reason', 'meditation'],
    ['a stop for a tool call that was not made', 'tool_use'],
    ['no stop reason', null],
  ])('%s is model.output', async (_, reason) => {
    await using world = await claudeOn(() => answer([{ type: 'text', text: 'Om.' }], { stop_reason: reason }))
    expect(await failureOf(world.model.generate(ask(), within()))).toMatchObject({
      code: 'model.output',
      retryable: true,
    })
  })

  test.each([
    ['negative', { input_tokens: 5, output_tokens: -1 }],
    ['missing', {}],
    ['a fraction', { input_tokens: 0.5, output_tokens: 1 }],
    ['negative in the cache', { input_tokens: 5, output_tokens: 1, cache_read_input_tokens: -9 }],
  ])('BAD 159: usage that is %s is charged at the reserved maximum', async (_, usage) => {
    await using world = await claudeOn(() =>
      stream([...begin.map(bare), ...textBlock(0, 'Paris.'), delta(usage), event({ type: 'message_stop' })]),
    )
    const reserved = world.model.estimate(sizeOf(ask()))
    const given = await world.model.generate(ask(), within())
    expect(given.usage.outputTokens).toBe(1000)
    expect(given.usd).toBe(reserved.usd)
  })

  test('a null in a later usage does not take back what an earlier one said', async () => {
    const usage = { input_tokens: null, cache_read_input_tokens: null, output_tokens: 7 }
    await using world = await claudeOn(() => stream([...begin, delta(usage), event({ type: 'message_stop' })]))
    expect((await world.model.generate(ask(), within())).usage).toMatchObject({ inputTokens: 10, outputTokens: 7 })
  })

  test('the output count of message_start is no measure: without message_delta usage the maximum is charged', async () => {
    const stop = event({ type: 'message_delta', delta: { stop_reason: 'end_turn' } })
    await using world = await claudeOn(() => stream([...begin, stop, event({ type: 'message_stop' })]))
    expect((await world.model.generate(ask(), within())).usage.outputTokens).toBe(1000)
  })
})
