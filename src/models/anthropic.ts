// Anthropic. Owns the Claude model and the only door to the Claude SDK, which is transport here and nothing more.
//   M1. One call of generate is one HTTP request: the runtime retries, in its own clock.
//   M2. The key goes into one header and nowhere else: no error, label or log holds it.
import type { Anthropic, APIError } from '@anthropic-ai/sdk'
import { escapeText, TroupeError } from '../runtime/errors.ts'
import {
  type Model,
  type ModelAnswer,
  type ModelContext,
  type ModelRequest,
  type RequestSize,
  sizeOf,
  type Usage,
} from '../runtime/model.ts'
import { toAnswer } from './anthropic-answer.ts'
import { createAssembler } from './anthropic-assemble.ts'
import { refusalToError } from './anthropic-errors.ts'
import { toWireRequest } from './anthropic-request.ts'
import { type Watch, watchBytes } from './anthropic-watch.ts'
import type { WireRequest } from './anthropic-wire.ts'
import { priceOf } from './prices.ts'
import { findModel, resolveModel } from './tiers.ts'

export type AnthropicOptions = {
  /** Required and explicit: without one the SDK would search profiles and the environment. */
  apiKey: string
  /** What `inherit` stands for: a tier, alias or id. Default `balanced`. */
  model?: string
  baseURL?: string
  /** Milliseconds without a byte, pings included, after which a call is given up. Default two minutes; fetch itself gives up after five. */
  idleTimeoutMs?: number
}

type Sdk = typeof import('@anthropic-ai/sdk')
type Settings = { apiKey: string; baseURL: string; idleTimeoutMs: number }

const checkOptions = ({ apiKey, baseURL }: Settings): void => {
  if (apiKey === '') {
    throw new TroupeError('model.auth', 'the API key is empty; set ANTHROPIC_API_KEY or use the offline model')
  }
  // A header with such a character is refused by fetch with a message that quotes the key.
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TroupeError('model.auth', 'the API key holds a space, line break or other odd character; copy it again')
  }
  if (!URL.canParse(baseURL)) {
    throw new TroupeError('config.invalid', `"${escapeText(baseURL)}" is no URL; give baseURL as https://host`)
  }
}

const connect = (sdk: Sdk, { apiKey, baseURL }: Settings, watch: Watch): Anthropic =>
  new sdk.Anthropic({
    apiKey,
    baseURL,
    maxRetries: 0,
    // The SDK's timer runs on the wall clock and ends with the headers; ours covers both.
    timeout: 2_147_483_647,
    fetch: watch.fetch,
    // It would print what it cannot parse.
    logLevel: 'off',
  })

const interrupted = (what: string, cause?: unknown): TroupeError =>
  new TroupeError('model.interrupted', `the answer broke off: ${what}; the call can be made again`, {
    retryable: true,
    ...(cause !== undefined && { cause }),
  })

const refused = (error: APIError, settings: Settings, now: number): TroupeError => {
  const redact = (text: string) => text.replaceAll(settings.apiKey, '[API key]')
  const { status, type, errorCode, requestID } = error
  const failure = {
    status,
    type,
    errorCode,
    requestId: requestID ?? null,
    message: error.apiMessage ?? error.message,
    header: (name: string) => (status === undefined ? null : (error.headers?.get(name) ?? null)),
  }
  return refusalToError(failure, now, redact)
}

/** What an error of the SDK, or of the connection under it, is to us. Abort is no failure: it stays its reason. */
const translate = (error: unknown, sdk: Sdk, settings: Settings, watch: Watch, context: ModelContext): unknown => {
  if (context.signal.aborted) return context.signal.reason
  if (watch.expired) return interrupted(`no byte came for ${settings.idleTimeoutMs} ms`)
  if (error instanceof sdk.APIConnectionError) {
    const message = 'the Anthropic API cannot be reached; check the network and try again'
    return new TroupeError('model.unavailable', message, { retryable: true, cause: error.cause })
  }
  if (error instanceof sdk.APIError) return refused(error, settings, context.clock.now())
  return interrupted('the connection closed or sent what is no event', error)
}

/** The raw events of one request. The SDK ends it without an error when the connection closes or is aborted. */
async function* streamEvents(request: WireRequest, settings: Settings, context: ModelContext): AsyncGenerator<unknown> {
  const sdk = await import('@anthropic-ai/sdk') // 130 ms and a large heap that offline runs need not pay for
  const watch = watchBytes(context.clock, settings.idleTimeoutMs)
  try {
    const signal = AbortSignal.any([context.signal, watch.signal])
    yield* await connect(sdk, settings, watch).messages.create(request, { signal })
    context.signal.throwIfAborted()
    if (watch.expired) throw watch.signal.reason
  } catch (error) {
    throw translate(error, sdk, settings, watch, context)
  } finally {
    watch.stop()
  }
}

/**
 * The worst case of a request. A token holds at least one byte and in prose and code about four, so half the bytes of the request,
 * as JSON and with all its names and escapes, is generous by about two; tools add a prompt of the provider's own (600 tokens seen).
 * All of it may have to be written to the cache, the dearest way to be read.
 */
const worstUsage = ({ bytes, maxTokens }: RequestSize): Usage => ({
  inputTokens: 0,
  outputTokens: maxTokens,
  cacheReadTokens: 0,
  cacheWriteTokens: Math.ceil(bytes / 2) + 1000,
})

const generateWith = async (
  request: ModelRequest,
  context: ModelContext,
  settings: Settings,
  model: string,
): Promise<ModelAnswer> => {
  const wire = toWireRequest(request, model)
  const assembler = createAssembler()
  try {
    for await (const event of streamEvents(wire, settings, context)) {
      const part = assembler.take(event)
      if (part) context.onPart?.(part)
    }
  } catch (error) {
    // Once the message is whole it is paid for: what befalls the connection after that is no matter.
    if (!assembler.complete) throw error
  }
  return toAnswer(assembler.message(), { model, worst: worstUsage(sizeOf(request)) })
}

/**
 * Claude through the Messages API. Throws `model.auth` for a key that cannot be one and `model.unknown` for an unknown `model`.
 *
 * ```ts
 * const model = anthropic({ apiKey: process.env.ANTHROPIC_API_KEY ?? '' })
 * ```
 */
export const anthropic = (options: AnthropicOptions): Model => {
  const { apiKey, model = 'balanced', baseURL = 'https://api.anthropic.com', idleTimeoutMs = 120_000 } = options
  const settings = { apiKey, baseURL, idleTimeoutMs }
  checkOptions(settings)
  const standard = resolveModel(model)
  return {
    id: `anthropic:${standard}`,
    label: `Claude through the Anthropic API, ${standard} where an agent names no model`,
    idFor: (asked) => `anthropic:${findModel(asked, standard) ?? asked}`,
    generate: async (request, context) =>
      generateWith(request, context, settings, resolveModel(request.model, standard)),
    estimate: (size) => {
      // An unknown model is refused by generate, before anything is paid: here it only has no price.
      const id = findModel(size.model, standard)
      const usage = worstUsage(size)
      return { tokens: usage.cacheWriteTokens + usage.outputTokens, usd: id === null ? null : priceOf(id, usage) }
    },
  }
}
