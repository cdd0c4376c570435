import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../../src/actors/define-tool.ts'
import type { Json } from '../../src/runtime/json.ts'
import type { Tool, ToolContext } from '../../src/runtime/tool.ts'
import { use } from './folders.ts'

const input = z.strictObject({
  text: z.string(),
  times: z.int().default(1),
  more: z.record(z.string(), z.json()).optional(),
})
const repeat = defineTool({
  name: 'repeat',
  description: 'Repeats a text.',
  input,
  run: ({ text, times }) => text.repeat(times),
})

describe('a defined tool', () => {
  test('has the types of its schema', () => {
    defineTool({
      name: 'typed',
      description: '',
      input,
      run: (given, context) => {
        expectTypeOf(given).toEqualTypeOf<{
          text: string
          times: number
          more?: Record<string, z.core.util.JSONType> | undefined
        }>()
        expectTypeOf(context).toEqualTypeOf<ToolContext>()
        return ''
      },
    })
    expectTypeOf(repeat).toEqualTypeOf<Tool>()
    // @ts-expect-error a number is no result
    defineTool({ name: 'wrong', description: '', input, run: () => 5 })
  })

  test('tells the model what to send, and runs on what its schema made of it', async () => {
    expect(repeat.inputSchema).toMatchObject({ type: 'object', required: ['text'], additionalProperties: false })
    expect(await use(repeat, { text: 'ab' })).toEqual({ content: 'ab' })
    expect(await use(repeat, { text: 'ab', times: 2 })).toEqual({ content: 'abab' })
  })

  test('hands a result on as it is', async () => {
    const refusing = defineTool({
      name: 'refusing',
      description: '',
      input: z.strictObject({}),
      run: async () => ({ content: 'no', isError: true }),
    })
    expect(await use(refusing, {})).toEqual({ content: 'no', isError: true })
  })

  test('C18: an interrupted call is made again if the tool only reads, else not, unless it says so', () => {
    const definition = { name: 'x', description: '', input, run: () => '' }
    expect(defineTool(definition)).toMatchObject({ interrupted: 'once', timeoutMs: 60_000 })
    expect(defineTool({ ...definition, readOnly: true }).interrupted).toBe('retry')
    expect(defineTool({ ...definition, readOnly: true, interrupted: 'ask' }).interrupted).toBe('ask')
    expect(defineTool({ ...definition, timeoutMs: 5 }).timeoutMs).toBe(5)
  })

  test.each([
    [{}, '/text'],
    [{ text: 'a', times: 1.5 }, '/times'],
    [{ text: 'a', tims: 2 }, '/tims'],
    ['text', '/'],
    [null, '/'],
    [{ text: 'a', '\u001b[2J': 1 }, '/\\u{1b}[2J'],
  ] as [Json, string][])('refuses %j and names %s', (given, place) => {
    const refusal = expect.objectContaining({ code: 'tool.invalid-input', place })
    expect(() => repeat.parse(given)).toThrow(refusal)
  })

  test.each(['{"text":"a","__proto__":{}}', '{"text":"a","more":{"a":[{"__proto__":1}]}}'])(
    'BAD 147: refuses %s',
    (text) => {
      const refusal = expect.objectContaining({
        code: 'tool.invalid-input',
        place: expect.stringMatching(/__proto__$/),
      })
      expect(() => repeat.parse(JSON.parse(text) as Json)).toThrow(refusal)
    },
  )

  test.each([
    ['a name with spaces', { name: 'a b' }],
    ['a name that is too long', { name: 'x'.repeat(65) }],
    ['no time at all', { timeoutMs: 0 }],
    ['a time that is no number', { timeoutMs: Number.NaN }],
    ['input that is no object', { input: z.string() }],
    ['input that JSON cannot carry', { input: z.strictObject({ at: z.date() }) }],
  ])('cannot be defined with %s', (_, change) => {
    const definition = { name: 'x', description: '', input: z.strictObject({}) as z.ZodType, run: () => '', ...change }
    expect(() => defineTool(definition)).toThrow(expect.objectContaining({ code: 'config.invalid' }))
  })
})
