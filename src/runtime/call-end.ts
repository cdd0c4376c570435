// Call end. Owns how calls end: with a result, a failure, another attempt, or because nobody waits for them.
//   R2. A result, its usage and the message that delivers it are one commit (C17). A call that is over is never run again.
//   R3. What comes after a call or its attempt is over is recorded as `late` and delivered to nobody (C19).
//   R4. Attempts and the time of the next one are rows (C20); exhaustion reaches the actor as an error.
//   R5. An attempt of which nobody knows what it did keeps its reservation as spent (L2), and is never made again in
//       silence when its policy is `once` or `ask` (C18).
import type { CallResult, CallUsage } from './call.ts'
import { asError, outcome, pendingRow, reserve, settle, tell, type Used } from './call-rows.ts'
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import { type Core, now, type OpenCall } from './state.ts'

const defaultAttempts = 4

/** Takes a call out of the world: no row waits for it, its place is free. */
const finish = (core: Core, call: OpenCall): void => {
  call.over = true
  call.timer?.clear()
  core.running.delete(call)
  if (call.entry.calls.get(call.row.child) === call) call.entry.calls.delete(call.row.child)
  core.writer.write({ do: 'pending.drop', call: call.row.id })
}

/** A usage that was not reported, or cannot be, is charged as what was set aside. */
const usedBy = (usage: CallUsage | undefined): Used =>
  usage && usage.inputTokens >= 0 && usage.outputTokens >= 0 && (usage.usd ?? 0) >= 0 ? usage : 'all'

/** An attempt has given its result. */
export const succeed = (core: Core, call: OpenCall, { output, usage }: CallResult<unknown>): void => {
  let result: Json
  try {
    result = core.codec.encode(output, 'output')
  } catch (error) {
    return failFinally(core, call, error, usedBy(usage))
  }
  const recorded = outcome(core, call, { status: 'done', result, usage })
  settle(core, call, usedBy(usage))
  finish(core, call)
  tell(core, call, recorded, true)
}

export const failFinally = (core: Core, call: OpenCall, error: unknown, used: Used): void => {
  const usage = typeof used === 'object' ? used : undefined
  const recorded = outcome(core, call, { status: 'failed', error, usage })
  settle(core, call, used)
  finish(core, call)
  tell(core, call, recorded, false)
}

const isCount = (value: unknown): value is number => typeof value === 'number' && value >= 0

/** What a failure says it cost, in its details: an answer that nobody can use was paid for all the same. */
const paidIn = ({ details = {} }: TroupeError): CallUsage | undefined => {
  const { usage, usd } = details
  if (typeof usage !== 'object' || usage === null || !(usd === null || isCount(usd))) return undefined
  const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens = 0 } = usage as Record<string, unknown>
  if (![inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens].every(isCount)) return undefined
  const sum = (...counts: unknown[]) => counts.filter(isCount).reduce((total, count) => total + count, 0)
  return { inputTokens: sum(inputTokens, cacheReadTokens, cacheWriteTokens), outputTokens: sum(outputTokens), usd }
}

/** Whether the other side may have done the work although we got no answer. */
const isAmbiguous = ({ code }: TroupeError): boolean => code === 'call.timeout' || code === 'model.interrupted'

/** An attempt has failed: another one later, or the end. */
export const fail = (core: Core, call: OpenCall, thrown: unknown): void => {
  call.failures++
  const error = asError(thrown)
  const ambiguous = isAmbiguous(error)
  const paid = paidIn(error)
  const used = paid ?? (ambiguous ? 'all' : 'none')
  const { interrupted } = call.row
  if (ambiguous && interrupted === 'ask') return park(core, call)
  const mayRepeat = error.retryable && !(ambiguous && interrupted === 'once')
  if (!mayRepeat || call.failures >= (call.spec.maxAttempts ?? defaultAttempts))
    return failFinally(core, call, error, used)
  if (used !== 'none') {
    const refused = reserveAgain(core, call, used)
    if (refused) return failFinally(core, call, refused, 'none')
  }
  retryLater(core, call, error, paid)
}

/** Counts the attempt under way as spent and sets money aside for the next; what is then refused needs no settling. */
export const reserveAgain = (core: Core, call: OpenCall, used: Used = 'all'): TroupeError | null => {
  settle(core, call, used)
  const refused = reserve(core, call)
  if (refused) call.row = { ...call.row, reservedUsd: 0, reservedTokens: 0 }
  return refused
}

const longestWait = 24 * 3_600_000

const backoff = (core: Core, failures: number, asked: number | undefined): number =>
  asked !== undefined && asked >= 0
    ? Math.min(asked, longestWait)
    : Math.min(60_000, 500 * 2 ** (failures - 1)) * (0.75 + core.random.next() / 2)

const retryLater = (core: Core, call: OpenCall, error: TroupeError, usage: CallUsage | undefined): void => {
  outcome(core, call, { status: 'retrying', error, usage })
  core.running.delete(call)
  call.phase = 'waiting'
  const nextAt = Math.ceil(now(core) + backoff(core, call.failures, error.retryAfterMs))
  core.writer.write({ do: 'pending.put', row: pendingRow(call, { nextAt }) })
  core.writer.after(() => wakeAt(core, call, nextAt))
}

/** Puts a call in line for its next attempt when its time has come. */
export const wakeAt = (core: Core, call: OpenCall, at: number): void => {
  if (call.over) return
  call.timer = core.clock.setTimer(at, () => {
    if (call.over) return
    call.phase = 'queued'
    core.queued.push(call)
    core.wake()
  })
}

/** Leaves a call to a person's decision (C18). */
export const park = (core: Core, call: OpenCall): void => {
  core.running.delete(call)
  call.phase = 'parked'
  outcome(core, call, { status: 'parked' })
  core.writer.write({ do: 'pending.put', row: pendingRow(call) })
}

/** Ends a call of which nobody knows what it did. */
export const giveUp = (core: Core, call: OpenCall): void => {
  const error = new TroupeError(
    'call.unknown',
    `${call.row.kind} "${call.row.name}" was started and its result is unknown, since the process died or gave up waiting; look at what it did before doing it again`,
  )
  const recorded = outcome(core, call, { status: 'unknown', error })
  settle(core, call, 'all')
  finish(core, call)
  tell(core, call, recorded, false)
}

/** Records a result that comes when its attempt or its call is over (R3). */
export const late = (core: Core, call: OpenCall, attempt: number, { output, usage }: CallResult<unknown>): void => {
  let result: Json = null
  try {
    result = core.codec.encode(output)
  } catch {
    // What cannot be stored is left out: nobody reads a late result but people.
  }
  outcome(core, call, { status: 'late', attempt, result, usage })
}

/** Ends a call that nobody waits for any more; its signal follows the commit (C36). */
export const closeCall = (core: Core, call: OpenCall): void => {
  if (call.over) return
  outcome(core, call, { status: 'cancelled' })
  // What was under way may be billed. What never started costs nothing.
  settle(core, call, call.phase === 'running' || call.phase === 'parked' ? 'all' : 'none')
  finish(core, call)
  core.writer.after(() =>
    call.controller?.abort(new TroupeError('call.cancelled', 'nobody waits for this call any more')),
  )
}
