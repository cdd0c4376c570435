import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { anthropic } from '../../src/models/anthropic.ts'
import { TroupeError } from '../../src/runtime/errors.ts'
import type { ContentBlock } from '../../src/runtime/model.ts'
import { sizeOf } from '../../src/runtime/model.ts'
import { answer, calls, fails, says } from '../support/messages-server.ts'
import { apiKey, ask, claudeOn, failureOf, readTool, within } from './anthropic-world.ts'

describe('what is sent', () => {
  test('streams, with the key as a bearer and the version header, and nothing current models refuse', async () => {
    await using world = await claudeOn(() => says('Paris.'))
    await world.model.generate(ask({ tools: [readTool] }), within())
    const { headers, body } = world.server.requests[0]!
    expect(headers.authorization).toBe(`Bearer ${apiKey}`)
    expect(headers['anthropic-version']).toBe('2026-10-21')
    expect(body).toMatchObject({ model: 'claude-sonnet-5-5', max_tokens: 1000, stream: true })
    expect(Object.keys(body).sort()).toEqual(['max_tokens', 'messages', 'model', 'stream', 'system', 'tools'])
    expect(body.tools).toEqual([{ name: 'read', description: 'Reads a file.', input_schema: readTool.inputSchema }])
  })

  test('marks the system prompt and the last block for the cache, but never a thinking block', async () => {
    await using world = await claudeOn(() => says('Paris.'))
    const thinking: ContentBlock = { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' }
    const messages = [
      { role: 'user' as const, content: [{ type: 'text' as const, text: 'First?' }] },
      { role: 'assistant' as const, content: [{ type: 'text' as const, text: 'Half.' }, thinking] },
    ]
    await world.model.generate(ask({ messages }), within())
    const { system, messages: sent } = world.server.requests[0]!.body
    const mark = { cache_control: { type: 'ephemeral' } }
    expect(system).toEqual([{ type: 'text', text: 'You are a researcher.', ...mark }])
    expect(sent).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'First?' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'Half.', ...mark }, thinking] },
    ])
  })

  test('an answer with thinking and a tool call goes back as it came, signature and all', async () => {
    const content = [
      { type: 'thinking', thinking: 'I must read it first, whatever it costs.', signature: 'c2lnbmF0dXJl' },
      { type: 'redacted_thinking', data: 'b3BhcXVl' },
      { type: 'text', text: 'I read the file.' },
      { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a.md', lines: [1, 2] } },
    ] satisfies ContentBlock[]
    await using world = await claudeOn((_, n) => (n === 0 ? answer(content) : says('It says hello.')))
    const first = await world.model.generate(ask({ tools: [readTool] }), within())
    expect(first).toMatchObject({ stop: 'tool_use', content })
    const result: ContentBlock = { type: 'tool_result', toolUseId: 'toolu_1', content: 'hello', isError: false }
    const messages = [
      ...ask().messages,
      { role: 'assistant' as const, content: first.content },
      { role: 'user' as const, content: [result] },
    ]
    expect(await world.model.generate(ask({ messages }), within())).toMatchObject({ stop: 'end' })
    expect(world.server.requests[1]!.body.messages.slice(1)).toMatchObject([
      { role: 'assistant', content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'hello', is_error: false }] },
    ])
  })

  test('leaves out what the API would refuse: empty text, unsigned thinking, half a surrogate pair', async () => {
    await using world = await claudeOn(() => says('Paris.'))
    const messages = [
      { role: 'user' as const, content: [{ type: 'text' as const, text: 'cut \ud83d' }] },
      { role: 'assistant' as const, content: [{ type: 'thinking' as const, thinking: 'offline', signature: '' }] },
      { role: 'assistant' as const, content: [{ type: 'text' as const, text: ' ' }] },
    ]
    await world.model.generate(ask({ messages, system: '' }), within())
    expect(world.server.refused).toEqual([])
    expect(world.server.requests[0]!.body.messages).toMatchObject([{ content: [{ text: 'cut \ufffd' }] }])
    expect(world.server.requests[0]!.body).not.toHaveProperty('system')
  })
})

describe('options and names', () => {
  test.each([
    ['fast', 'claude-haiku-5-5'],
    ['opus', 'claude-opus-5-5'],
    ['inherit', 'claude-fable-5-2'],
    ['claude-opus-4-6', 'claude-opus-4-6'],
  ])('the model %s is asked for as %s', async (name, id) => {
    await using world = await claudeOn(() => says('Paris.'))
    const model = anthropic({ apiKey, baseURL: world.server.url, model: 'fable' })
    expect(model.id).toBe('anthropic:claude-fable-5-2')
    expect(await model.generate(ask({ model: name }), within())).toMatchObject({ model: id })
    expect(world.server.requests[0]!.body.model).toBe(id)
  })

  test('an unknown model is refused before anything is sent, with the names that exist', async () => {
    await using world = await claudeOn(() => says('Paris.'))
    const failure = await failureOf(world.model.generate(ask({ model: 'gpt-9' }), within()))
    expect(failure).toMatchObject({ code: 'model.unknown', retryable: false })
    expect(failure.message).toMatch(/"gpt-9".*fast, balanced, best.*claude-opus-5-5/)
    expect(world.server.requests).toEqual([])
    expect(world.model.estimate(sizeOf(ask({ model: 'gpt-9' }))).usd).toBeNull()
    expect(() => anthropic({ apiKey, model: 'gpt-9' })).toThrow(/gpt-9/)
  })

  test.each([
    ['', /ANTHROPIC_API_KEY/],
    ['sk-secret-1234\n', /line break/],
    ['sk-secret 1234', /space/],
  ])('BAD 98: the key %j is refused in one line that does not quote it', (key, message) => {
    let caught: unknown
    try {
      anthropic({ apiKey: key })
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(TroupeError)
    expect(caught).toMatchObject({ code: 'model.auth', message: expect.stringMatching(message) })
    expect((caught as TroupeError).message).not.toMatch(/secret|\n/)
  })

  test('M2: a key that the other side echoes is in no part of the error, nor in the label', async () => {
    await using world = await claudeOn(() =>
      fails(401, 'authentication_error', `invalid x-api-key: ${apiKey}`, { details: { got: apiKey } }),
    )
    const failure = await failureOf(world.model.generate(ask(), within()))
    expect(inspect(failure, { depth: 9 })).not.toContain(apiKey)
    expect(failure.message).toContain('[API key]')
    expect(world.model.label + world.model.id).not.toContain(apiKey)
  })

  test('the estimate is never below what an answer of the same request costs', async () => {
    const usage = { input_tokens: 60, output_tokens: 1000 }
    await using world = await claudeOn(() => answer([{ type: 'text', text: 'Long.' }], { usage }))
    const reserved = world.model.estimate(sizeOf(ask({ tools: [readTool] })))
    const given = await world.model.generate(ask({ tools: [readTool] }), within())
    expect(reserved.tokens).toBeGreaterThan(given.usage.inputTokens + given.usage.outputTokens)
    expect(reserved.usd).toBeGreaterThan(given.usd!)
    const longer = ask({ tools: [readTool], system: 'é'.repeat(10_000) })
    expect(world.model.estimate(sizeOf(longer)).tokens - reserved.tokens).toBeGreaterThan(9_900)
  })
})

test('a conversation of two turns over the default checks of the server', async () => {
  await using world = await claudeOn((_, n) => (n === 0 ? calls('read', { path: 'a.md' }, n) : says('done')))
  const first = await world.model.generate(ask({ tools: [readTool] }), within())
  const messages = [...ask().messages, { role: 'assistant' as const, content: first.content }]
  const lost = [...messages, { role: 'user' as const, content: [{ type: 'text' as const, text: 'Go on.' }] }]
  expect(await failureOf(world.model.generate(ask({ messages: lost }), within()))).toMatchObject({
    code: 'model.invalid-request',
    retryable: false,
  })
})
