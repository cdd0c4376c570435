import { expect, test } from 'vitest'
import { z } from 'zod'
import { planSchema, verdictSchema } from '../../src/actors/plan.ts'
import { reportSchema, reportTool } from '../../src/actors/report.ts'
import { startMessagesServer } from './messages-server.ts'

const post = async (url: string, body: object) => {
  const headers = { 'x-api-key': 'test-key', 'anthropic-version': '2026-10-21' }
  const asked = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }], ...body }
  const response = await fetch(`${url}/v1/messages`, { method: 'POST', headers, body: JSON.stringify(asked) })
  return { status: response.status, body: (await response.json()) as { content: { input: unknown }[]; error: object } }
}

test.each([
  ['text', z.string()],
  ['a plan', planSchema],
  ['a verdict', verdictSchema],
])('without a script the server reports %s that fits the schema of the report tool', async (_, output) => {
  await using server = await startMessagesServer()
  const { name, description, inputSchema } = reportTool(output)
  const { body } = await post(server.url, { tools: [{ name, description, input_schema: inputSchema }] })
  const report = reportSchema(output).safeParse(body.content[1]!.input)
  expect(report.error).toBeUndefined()
})

const call = { type: 'tool_use', id: 'toolu_1', name: 'read', input: {} }
const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'x' }
test.each<[string, object, RegExp]>([
  ['sampling', { temperature: 0 }, /temperature/],
  ['forced tools', { tool_choice: { type: 'any' } }, /tool_choice/],
  ['no messages', { messages: [] }, /at least one message/],
  ['empty text', { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }, /non-empty/],
  ['an empty message', { messages: [{ role: 'user', content: [] }] }, /non-empty content/],
  [
    'a tool call that nobody answers',
    {
      messages: [
        { role: 'assistant', content: [call] },
        { role: 'user', content: 'Go on.' },
      ],
    },
    /without `tool_result`/,
  ],
  [
    'an answer to no tool call',
    {
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'user', content: [result] },
      ],
    },
    /unexpected/,
  ],
  ['five cache marks', { system: Array(5).fill({ type: 'text', text: 'x', cache_control: {} }) }, /maximum of 4/],
  [
    'a marked thinking block',
    { messages: [{ role: 'assistant', content: [{ type: 'thinking', signature: 's', cache_control: {} }] }] },
    /cannot be marked/,
  ],
])('the server refuses %s as the API does, and does not ask the script', async (_, body, message) => {
  await using server = await startMessagesServer()
  const answered = await post(server.url, body)
  expect(answered).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(message) } } })
  expect(server.requests).toEqual([])
  expect(server.refused).toHaveLength(1)
})
