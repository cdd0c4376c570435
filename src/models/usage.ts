// Usage. Owns the count of tokens for models that have no tokeniser: four characters are one.
import type { ContentBlock, ModelRequest, RequestSize, Usage } from '../runtime/model.ts'

const perToken = 4
const inTokens = (value: unknown): number => Math.ceil(JSON.stringify(value).length / perToken)

/** What a request is counted as. */
export const tokensOf = ({ system, messages, tools }: ModelRequest): number => inTokens([system, messages, tools])

/** The most a request of this size is counted as, its answer included. */
export const mostTokens = ({ bytes, maxTokens }: RequestSize): number => Math.ceil(bytes / perToken) + maxTokens

export const usageOf = (request: ModelRequest, content: readonly ContentBlock[]): Usage => ({
  inputTokens: tokensOf(request),
  outputTokens: inTokens(content),
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
})
