import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { anthropic } from '../../src/models/anthropic.ts'
import { errorEvent, fails, startMessagesServer, stream } from '../support/messages-server.ts'
import { apiKey, ask, claudeOn, failureOf, opening, within } from './anthropic-world.ts'

describe('refusals', () => {
  test.each([
    [400, 'invalid_request_error', 'messages.0: wrong', 'model.invalid-request', false],
    [
      400,
      'invalid_request_error',
      'prompt is too long: 208310 tokens > 200000 maximum',
      'model.context-overflow',
      false,
    ],
    [
      400,
      'invalid_request_error',
      'input length and `max_tokens` exceed context limit: 1 + 2 > 2',
      'model.context-overflow',
      false,
    ],
    [401, 'authentication_error', 'invalid x-api-key', 'model.auth', false],
    [402, 'billing_error', 'no credit', 'model.spend-limit', false],
    [403, 'permission_error', 'not allowed', 'model.auth', false],
    [404, 'not_found_error', 'model: claude-sonet-4-5', 'model.unknown', false],
    [404, 'not_found_error', 'Not found', 'model.invalid-request', false],
    [408, 'timeout_error', 'too slow', 'model.unavailable', true],
    [409, 'conflict_error', 'locked', 'model.unavailable', true],
    [413, 'request_too_large', 'too large', 'model.invalid-request', false],
    [429, 'rate_limit_error', 'slow down', 'model.rate-limited', true],
    [500, 'api_error', 'broken', 'model.unavailable', true],
    [503, 'overloaded_error', 'full', 'model.overloaded', true],
    [529, 'overloaded_error', 'full', 'model.overloaded', true],
  ])('BAD 161, 162: %i %s (%s) is %s, retryable %s, and asked once', async (status, type, message, code, retryable) => {
    await using world = await claudeOn(() => fails(status, type, message))
    const failure = await failureOf(world.model.generate(ask(), within()))
    expect(failure).toMatchObject({ code, retryable, details: { status, type, request: expect.any(String) } })
    expect(failure.message).toContain(message)
    expect(world.server.requests).toHaveLength(1)
  })

  test.each(['enforced_spend_limit_reached', 'contract_spend_limit_reached'])(
    'a 429 with %s is no rate limit: it is not tried again, whatever the headers say',
    async (error_code) => {
      const headers = { 'x-should-retry': 'true', 'retry-after': '1' }
      await using world = await claudeOn(() =>
        fails(429, 'rate_limit_error', 'limit', { headers, details: { error_code } }),
      )
      const failure = await failureOf(world.model.generate(ask(), within()))
      expect(failure).toMatchObject({ code: 'model.spend-limit', retryable: false })
    },
  )

  test.each([
    ['true', 400, true],
    ['false', 500, false],
    ['true', 401, false],
    ['maybe', 500, true],
  ])('x-should-retry: %s on a %i makes it retryable %s', async (value, status, retryable) => {
    await using world = await claudeOn(() => fails(status, 'x', 'm', { headers: { 'x-should-retry': value } }))
    expect(await failureOf(world.model.generate(ask(), within()))).toMatchObject({ retryable })
  })

  test.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after': '7', 'retry-after-ms': '1500' }, 1500],
    [{ 'retry-after': '7', 'retry-after-ms': '-1' }, 7000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '1e9' }, 300_000],
    [{ 'retry-after': '3600' }, 300_000],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': 'abc' }, undefined],
    [{ 'retry-after': 'NaN' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{ 'retry-after': 'Sun, 01 Nov 2026 00:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sun, 01 Nov 2020 00:00:30 GMT' }, 0],
    [{}, undefined],
  ])('BAD 160: %j asks to wait %s ms', async (headers, wait) => {
    await using world = await claudeOn(() => fails(429, 'rate_limit_error', 'slow', { headers }))
    const failure = await failureOf(world.model.generate(ask(), within()))
    expect(failure.retryAfterMs).toBe(wait)
  })

  test('a refusal that is no JSON is classed by its status, its text escaped and cut', async () => {
    const body = `<html>\u001b[31m${'bad gateway '.repeat(100)}`
    await using world = await claudeOn(() => ({
      kind: 'body',
      status: 502,
      body,
      headers: { 'content-type': 'text/html' },
    }))
    const failure = await failureOf(world.model.generate(ask(), within()))
    expect(failure).toMatchObject({ code: 'model.unavailable', retryable: true })
    expect(failure.message).not.toContain('\u001b')
    expect(failure.message.length).toBeLessThan(500)
  })

  test('a server that is not there is model.unavailable, retryable, with the cause kept', async () => {
    const server = await startMessagesServer()
    await server.close()
    const model = anthropic({ apiKey, baseURL: server.url })
    const failure = await failureOf(model.generate(ask(), within()))
    expect(failure).toMatchObject({ code: 'model.unavailable', retryable: true })
    expect(inspect(failure.cause, { depth: 5 })).toContain('ECONNREFUSED')
  })

  test.each([
    ['overloaded_error', 'model.overloaded', true],
    ['api_error', 'model.unavailable', true],
    ['rate_limit_error', 'model.rate-limited', true],
    ['authentication_error', 'model.auth', false],
    ['invalid_request_error', 'model.invalid-request', false],
    ['new_error', 'model.unavailable', true],
  ])(
    'an SSE error event of type %s is %s; the headers of the success before it count for nothing',
    async (type, code, retryable) => {
      const headers = { 'retry-after': '9', 'x-should-retry': String(!retryable) }
      await using world = await claudeOn(() => stream([...opening, errorEvent(type, 'sorry')], headers))
      const failure = await failureOf(world.model.generate(ask(), within()))
      expect(failure).toMatchObject({ code, retryable, retryAfterMs: undefined })
    },
  )
})
