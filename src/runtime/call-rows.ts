// Call rows. Owns what is written of a call: its outcomes, its money, and the message that tells its actor.
import type { CallUsage } from './call.ts'
import { TroupeError, toFailure } from './errors.ts'
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

type Outcome = { status: OutcomeStatus; result?: Json; error?: unknown; usage?: CallUsage | undefined }

/** Appends what happened to a call; returns the row's number. */
export const outcome = (core: Core, call: OpenCall, { status, result, error, usage }: Outcome): number => {
  const seq = number(core)
  core.writer.write({
    do: 'outcome.add',
    row: {
      seq,
      call: call.row.id,
      attempt: call.attempt,
      status,
      at: now(core),
      result: result === undefined ? null : JSON.stringify(result),
      error: error === undefined ? null : JSON.stringify(toFailure(error)),
      inputTokens: usage?.inputTokens ?? 0,
      outputTokens: usage?.outputTokens ?? 0,
      usd: usage?.usd ?? null,
    },
  })
  return seq
}

/** What was set aside for the attempt under way. */
export const reservedOf = ({ row }: OpenCall) => ({ tokens: row.reservedTokens, usd: row.reservedUsd })

/** Ends the reservation: `null` keeps it as spent, `undefined` gives it back (L2). */
export const settle = (core: Core, call: OpenCall, usage: CallUsage | null | undefined): void => {
  if (!call.spec.estimate) return
  const spent = usage
    ? { tokens: usage.inputTokens + usage.outputTokens, usd: usage.usd }
    : usage === null
      ? null
      : { tokens: 0, usd: 0 }
  core.writer.write(...core.ledger.settle(call.entry.row.address, reservedOf(call), spent))
}

/** Delivers how a call ended: the message names the outcome's row, which is in the same commit (R2). */
export const tell = (
  core: Core,
  call: OpenCall,
  seq: number,
  ended: { ok: true; output: unknown } | { ok: false; error: unknown },
): void => {
  const { child } = call.row
  const event = ended.ok
    ? { type: `xstate.done.actor.${child}`, output: ended.output, actorId: child }
    : { type: `xstate.error.actor.${child}`, error: ended.error, actorId: child }
  post(core, {
    entry: call.entry,
    from: call.entry.row.address,
    event: core.codec.encode(event),
    internal: true,
    token: call.token,
    outcome: { seq, call: call.row.id, ok: ended.ok },
    cause: call.row.id,
  })
}

/** Any failure of a call as an error with a code. */
export const asError = (error: unknown): TroupeError => {
  if (error instanceof TroupeError) return error
  const failure = toFailure(error)
  return new TroupeError('call.failed', failure.message, { cause: error })
}
