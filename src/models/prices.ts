// Prices. Owns what a token costs, as dated data; an unknown model has no price, never a guessed one.
import type { Usage } from '../runtime/model.ts'

/** US dollars per million tokens. `cacheWrite` is the five-minute cache, the only one we ask for. */
export type Rate = { input: number; output: number; cacheWrite: number; cacheWriteHour: number; cacheRead: number }

/** `above` replaces the rate of every token of a request whose prompt is longer than `promptTokens`. */
export type Price = { rate: Rate; above?: { promptTokens: number; rate: Rate } }

/** As read in November 2026. */
export const prices: Readonly<Record<string, Price>> = {
  'claude-opus-5-5': { rate: { input: 4, output: 20, cacheWrite: 5, cacheWriteHour: 8, cacheRead: 0.2 } },
  'claude-sonnet-5-5': { rate: { input: 2, output: 10, cacheWrite: 2.5, cacheWriteHour: 4, cacheRead: 0.1 } },
  'claude-haiku-5-5': {
    rate: { input: 0.1, output: 0.5, cacheWrite: 0.125, cacheWriteHour: 0.2, cacheRead: 0.01 },
    above: {
      promptTokens: 100_000,
      rate: { input: 0.5, output: 2.5, cacheWrite: 0.625, cacheWriteHour: 1, cacheRead: 0.05 },
    },
  },
  'claude-fable-5-2': { rate: { input: 8, output: 40, cacheWrite: 10, cacheWriteHour: 16, cacheRead: 0.2 } },
}

const priceFor = (model: string): Price | null => {
  // A dated snapshot of a model, e.g. claude-opus-5-5-20261101, costs what the model costs.
  const id = model.replace(/-\d{8}$/, '')
  return Object.hasOwn(prices, id) ? prices[id]! : null
}

/** US dollars for `usage` on the model with the id `model`; null when no price is known. */
export const priceOf = (model: string, usage: Usage): number | null => {
  const price = priceFor(model)
  if (price === null) return null
  const prompt = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens
  const rate = price.above && prompt > price.above.promptTokens ? price.above.rate : price.rate
  const millionths =
    usage.inputTokens * rate.input +
    usage.outputTokens * rate.output +
    usage.cacheWriteTokens * rate.cacheWrite +
    usage.cacheReadTokens * rate.cacheRead
  return millionths / 1_000_000
}
