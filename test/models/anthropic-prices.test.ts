import { expect, test } from 'vitest'
import { priceOf } from '../../src/models/prices.ts'
import { knownModels, resolveModel } from '../../src/models/tiers.ts'

const million = 1_000_000
const usage = (rest: object) => ({ inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, ...rest })

test.each([
  ['claude-opus-5-5', 4, 20, 5, 0.2],
  ['claude-sonnet-5-5', 2, 10, 2.5, 0.1],
  ['claude-haiku-5-5', 0.5, 2.5, 0.625, 0.05],
  ['claude-fable-5-2', 8, 40, 10, 0.2],
])('a million tokens of %s cost what the list of 2026-11 says', (model, input, output, write, read) => {
  expect(priceOf(model, usage({ inputTokens: million }))).toBeCloseTo(input, 9)
  expect(priceOf(model, usage({ cacheWriteTokens: million }))).toBeCloseTo(write, 9)
  expect(priceOf(model, usage({ cacheReadTokens: million }))).toBeCloseTo(read, 9)
  const small = priceOf(model, usage({ outputTokens: million }))
  expect(small).toBeCloseTo(model.includes('haiku') ? 0.5 : output, 9)
})

test('Haiku costs more for every token once the whole prompt, caches included, passes 100,000', () => {
  const at = { inputTokens: 50_000, cacheReadTokens: 30_000, cacheWriteTokens: 20_000, outputTokens: 1000 }
  expect(priceOf('claude-haiku-5-5', usage(at))).toBeCloseTo((5000 + 300 + 2500 + 500) / million, 12)
  const over = { ...at, cacheReadTokens: 30_001 }
  expect(priceOf('claude-haiku-5-5', usage(over))).toBeCloseTo((25_000 + 1500.05 + 12_500 + 2500) / million, 12)
})

test('a dated snapshot costs what its model costs; an unknown model has no price', () => {
  expect(priceOf('claude-opus-5-5-20261101', usage({ inputTokens: million }))).toBeCloseTo(4, 9)
  for (const model of ['gpt-9', 'claude-opus-9', 'toString', ''])
    expect(priceOf(model, usage({ inputTokens: 1 }))).toBeNull()
})

test.each([
  ['fast', 'claude-haiku-5-5'],
  ['balanced', 'claude-sonnet-5-5'],
  ['best', 'claude-opus-5-5'],
  ['haiku', 'claude-haiku-5-5'],
  ['sonnet', 'claude-sonnet-5-5'],
  ['opus', 'claude-opus-5-5'],
  ['fable', 'claude-fable-5-2'],
  ['inherit', 'claude-sonnet-5-5'],
  ['claude-opus-6-0', 'claude-opus-6-0'],
])('the model name %s stands for %s', (name, id) => expect(resolveModel(name)).toBe(id))

test('inherit is the inherited model, by any of its names', () => {
  expect(resolveModel('inherit', 'best')).toBe('claude-opus-5-5')
  expect(resolveModel('inherit', 'inherit')).toBe('claude-sonnet-5-5')
})

test.each(['gpt-9', 'Opus', '', 'claude-', 'claude-opus 5', 'сlaude-opus-5-5', 'toString', 'claude-x\u001b[31m'])(
  'the name %j is model.unknown, with the list of known names and nothing unescaped',
  (name) => {
    expect(() => resolveModel(name)).toThrow(
      expect.objectContaining({
        code: 'model.unknown',
        retryable: false,
        message: expect.not.stringContaining('\u001b'),
      }),
    )
    for (const known of knownModels) expect(() => resolveModel(name)).toThrow(known)
  },
)
