// Call rows. Owns what is written of a call: its outcomes, its money, and the message that tells its actor.
import type { CallUsage } from './call.ts'
import { type Failure, TroupeError, toFailure } from './errors.ts'
import type { Json } from './json.ts'
import { post } from './letters.ts'
import { type Core, now, number, type OpenCall } from './state.ts'
import type { CallRow, OutcomeStatus, PendingRow } from './store.ts'

/** The id by which a call is known outside: stable over retries and restarts. */
export const callId = (address: string, row: Pick<CallRow, 'incarnation' | 'revision' | 'index'>): string =>
  `${address}/${row.incarnation}/${row.revision}/${row.index}`

/** The small row of a call that is not over. */
export const pendingRow = (call: OpenCall, over: Partial<PendingRow> = {}): PendingRow => ({
  call: call.row.id,
  attempt: call.attempt,
  failures: call.failures,
  startedAt: call.row.startedAt,
  nextAt: null,
  deadlineAt: null,
  parked: call.phase === 'parked',
  ...over,
})

/** A failure as plain JSON; what its details hold beyond JSON is left out. */
const failureText = (error: unknown): string => {
  const failure = toFailure(error)
  try {
    return JSON.stringify(failure)
  } catch {
    const { details: _unfit, ...rest } = failure
    return JSON.stringify(rest)
  }
}

type Outcome = {
  status: OutcomeStatus
  attempt?: number
  result?: Json
  error?: unknown
  usage?: CallUsage | undefined
}
/** `text`: the result or the error as it was stored. */
export type Recorded = { seq: number; text: string | null }

/** Appends what happened to a call. */
export const outcome = (
  core: Core,
  call: OpenCall,
  { status, attempt = call.attempt, result, error, usage }: Outcome,
): Recorded => {
  const seq = number(core)
  const resultText = result === undefined ? null : JSON.stringify(result)
  const errorText = error === undefined ? null : failureText(error)
  core.writer.write({
    do: 'outcome.add',
    row: {
      seq,
      call: call.row.id,
      attempt,
      status,
      at: now(core),
      result: resultText,
      error: errorText,
      inputTokens: usage?.inputTokens ?? 0,
      outputTokens: usage?.outputTokens ?? 0,
      usd: usage?.usd ?? null,
    },
  })
  return { seq, text: resultText ?? errorText }
}

/** What is set aside for each attempt; `usd` is null when no price is known. */
export const reservedOf = ({ row, unpriced }: OpenCall) => ({
  tokens: row.reservedTokens,
  usd: unpriced ? null : row.reservedUsd,
})

/** `all`: nobody knows what was used, so it counts as spent. `none`: nothing was used. */
export type Used = CallUsage | 'all' | 'none'

/** Ends the reservation for the attempt under way (L2). */
export const settle = (core: Core, call: OpenCall, used: Used): void => {
  if (!call.spec.estimate) return
  const spent =
    used === 'all'
      ? null
      : used === 'none'
        ? { tokens: 0, usd: 0 }
        : { tokens: used.inputTokens + used.outputTokens, usd: used.usd }
  for (const write of core.ledger.settle(call.entry.row.address, reservedOf(call), spent)) core.writer.write(write)
}

/** Sets money aside for another attempt; says why not when there is none. */
export const reserve = (core: Core, call: OpenCall): TroupeError | null => {
  if (!call.spec.estimate) return null
  const reservation = core.ledger.reserve(call.entry.row.address, reservedOf(call))
  if ('refused' in reservation) return reservation.refused
  for (const write of reservation.writes) core.writer.write(write)
  return null
}

/** The message that says how a call ended, made of its stored row alone: the same live, after a restart, and at a replay. */
export const endingEvent = (child: string, ok: boolean, text: string | null): Json => {
  if (ok) return { type: `xstate.done.actor.${child}`, output: JSON.parse(text ?? 'null') as Json, actorId: child }
  const { message, ...extra } = JSON.parse(text ?? '{}') as Failure // failureText wrote it
  const error = { $type: 'Error', value: { name: 'TroupeError', message, extra: extra as unknown as Json } }
  return { type: `xstate.error.actor.${child}`, error, actorId: child }
}

/** Delivers how a call ended: the message names the outcome's row, which is in the same commit (R2). */
export const tell = (core: Core, call: OpenCall, { seq, text }: Recorded, ok: boolean): void => {
  const { entry, row, token } = call
  post(core, {
    entry,
    from: entry.row.address,
    event: endingEvent(row.child, ok, text),
    internal: true,
    token,
    outcome: { seq, call: row.id, ok },
    cause: row.id,
  })
}

/** Any failure of a call as an error with a code. */
export const asError = (error: unknown): TroupeError => {
  if (error instanceof TroupeError) return error
  const failure = toFailure(error)
  return new TroupeError('call.failed', failure.message, { cause: error })
}
