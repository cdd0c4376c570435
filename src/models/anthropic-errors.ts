// Errors of the Messages API. Owns which code each becomes and whether trying again can help; knows no SDK.
import { type ErrorCode, escapeText, TroupeError } from '../runtime/errors.ts'

/** What the API said when it refused. */
export type WireFailure = {
  /** Absent for an error in the middle of a stream. */
  status: number | undefined
  /** `error.type` and `error.details.error_code` of the body. */
  type: string | null
  errorCode: string | null
  message: string
  requestId: string | null
  /** A header of the refusal; null for one in the middle of a stream, whose headers belong to a success. */
  header: (name: string) => string | null
}

type Verdict = { code: ErrorCode; retryable: boolean; remedy: string; final?: true }

const longestWait = 5 * 60_000

const verdicts = {
  auth: { code: 'model.auth', retryable: false, final: true, remedy: 'check the API key and what it may use' },
  spend: { code: 'model.spend-limit', retryable: false, final: true, remedy: 'raise the spend limit of the account' },
  overflow: {
    code: 'model.context-overflow',
    retryable: false,
    final: true,
    remedy: 'shorten the conversation or lower maxTokens',
  },
  unknown: { code: 'model.unknown', retryable: false, remedy: 'use a model id that exists' },
  rate: { code: 'model.rate-limited', retryable: true, remedy: 'wait and try again' },
  overloaded: { code: 'model.overloaded', retryable: true, remedy: 'try again later' },
  unavailable: { code: 'model.unavailable', retryable: true, remedy: 'try again' },
  invalid: { code: 'model.invalid-request', retryable: false, remedy: 'change the request' },
} as const satisfies Record<string, Verdict>

// The API gives these no code of their own, only these words in an invalid_request_error.
const overflows = /prompt is too long|exceeds? (?:the )?context (?:limit|window)/i

const byType: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ['authentication_error', verdicts.auth],
  ['permission_error', verdicts.auth],
  ['billing_error', verdicts.spend],
  ['rate_limit_error', verdicts.rate],
  ['overloaded_error', verdicts.overloaded],
  ['invalid_request_error', verdicts.invalid],
  ['request_too_large', verdicts.invalid],
  ['not_found_error', verdicts.invalid],
])

const byStatus = (status: number): Verdict => {
  if (status === 401 || status === 403) return verdicts.auth
  if (status === 402) return verdicts.spend
  if (status === 429) return verdicts.rate
  if (status === 529) return verdicts.overloaded
  return status === 408 || status === 409 || status >= 500 ? verdicts.unavailable : verdicts.invalid
}

const judge = ({ status, type, errorCode, message }: WireFailure): Verdict => {
  if (errorCode?.endsWith('_spend_limit_reached') || type === 'billing_error') return verdicts.spend
  // 503 with overloaded_error and 529 are one thing; every other status says more than the type in its body.
  const verdict =
    status === undefined || (status >= 500 && type === 'overloaded_error')
      ? (byType.get(type ?? '') ?? verdicts.unavailable)
      : byStatus(status)
  if (verdict !== verdicts.invalid) return verdict
  if (overflows.test(message)) return verdicts.overflow
  return type === 'not_found_error' && message.startsWith('model:') ? verdicts.unknown : verdict
}

const positive = (text: string | null): number | null => {
  if (text === null || text.trim() === '') return null
  const value = Number(text)
  return Number.isFinite(value) && value >= 0 ? value : null
}

const untilDate = (text: string | null, now: number): number | null => {
  // Number-like texts are no dates, though Date.parse reads some as years.
  const at = text === null || !Number.isNaN(Number(text)) ? Number.NaN : Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}

/** Milliseconds the API asks to wait: `retry-after-ms`, else `retry-after` in seconds or as a date; never over five minutes. */
export const retryAfter = (header: (name: string) => string | null, now: number): number | undefined => {
  const seconds = positive(header('retry-after'))
  const asked =
    positive(header('retry-after-ms')) ??
    (seconds === null ? null : seconds * 1000) ??
    untilDate(header('retry-after'), now)
  return asked === null ? undefined : Math.min(Math.ceil(asked), longestWait)
}

const retryable = (verdict: Verdict, asked: string | null): boolean => {
  if (verdict.final) return verdict.retryable
  return asked === 'true' || (asked !== 'false' && verdict.retryable)
}

/** The refusal as a TroupeError. `redact` takes the key out of whatever the other side wrote. */
export const refusalToError = (failure: WireFailure, now: number, redact: (text: string) => string): TroupeError => {
  const verdict = judge(failure)
  const type = failure.type === null ? null : escapeText(redact(failure.type), 60)
  const request = failure.requestId === null ? null : escapeText(redact(failure.requestId), 60)
  const named = [failure.status, type, request].filter((part) => part !== undefined && part !== null).join(' ')
  const said = escapeText(redact(failure.message), 300)
  const wait = retryAfter(failure.header, now)
  return new TroupeError(verdict.code, `the Anthropic API refused: ${said} (${named}); ${verdict.remedy}`, {
    retryable: retryable(verdict, failure.header('x-should-retry')),
    ...(wait !== undefined && { retryAfterMs: wait }),
    details: { status: failure.status ?? null, type, request },
  })
}
