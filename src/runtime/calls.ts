// Calls. Owns work outside the store: a row before a request, a result in the commit that delivers it.
//   R1. A call starts only after the commit that says so (C16); its id never changes.
//   R2. A result, its usage and the message that delivers it are one commit (C17). A call that is over is never run again.
//   R3. What comes after a call is over is recorded as `late` and delivered to nobody (C19).
//   R4. Attempts and the time of the next one are rows (C20); exhaustion reaches the actor as an error.

import type { AnyCallSpec, CallResult, CallUsage } from './call.ts'
import { asError, callId, outcome, pendingRow, reservedOf, settle, tell } from './call-rows.ts'
import { runCall } from './call-run.ts'
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import { post } from './letters.ts'
import { type Core, type Entry, now, number, type OpenCall } from './state.ts'
import type { CallRow, PendingRow } from './store.ts'

const defaultAttempts = 4

/** Input as the spec takes it. The cast is true because the machine that names the spec made the input. */
const inputOf = (core: Core, row: CallRow): never => core.codec.decode(JSON.parse(row.input)) as never

/** Takes a call out of the world: no row waits for it, its place is free. */
const finish = (core: Core, call: OpenCall): void => {
  call.over = true
  call.timer?.clear()
  core.running.delete(call)
  if (call.entry.calls.get(call.row.child) === call) call.entry.calls.delete(call.row.child)
  core.writer.write({ do: 'pending.drop', call: call.row.id })
  startQueued(core)
}

const succeed = (core: Core, call: OpenCall, result: CallResult<unknown>): void => {
  let output: Json
  try {
    output = core.codec.encode(result.output, 'output')
  } catch (error) {
    return failFinally(core, call, error, result.usage)
  }
  const seq = outcome(core, call, { status: 'done', result: output, usage: result.usage })
  settle(core, call, result.usage)
  finish(core, call)
  tell(core, call, seq, { ok: true, output })
}

const failFinally = (core: Core, call: OpenCall, error: unknown, usage?: CallUsage): void => {
  const seq = outcome(core, call, { status: 'failed', error, usage })
  settle(core, call, usage)
  finish(core, call)
  tell(core, call, seq, { ok: false, error: asError(error) })
}

const backoff = (core: Core, failures: number, asked: number | undefined): number =>
  asked ?? Math.min(60_000, 500 * 2 ** (failures - 1)) * (0.75 + core.random.next() / 2)

const retryLater = (core: Core, call: OpenCall, error: TroupeError): void => {
  outcome(core, call, { status: 'retrying', error })
  core.running.delete(call)
  call.phase = 'waiting'
  const nextAt = now(core) + backoff(core, call.failures, error.retryAfterMs)
  core.writer.write({ do: 'pending.put', row: pendingRow(call, { nextAt }) })
  core.writer.after(() => wakeAt(core, call, nextAt))
  startQueued(core)
}

/** Starts the next attempt when its time has come. */
export const wakeAt = (core: Core, call: OpenCall, at: number): void => {
  if (call.over) return
  call.timer = core.clock.setTimer(at, () => {
    if (core.failure || core.draining || call.over) return
    startAgain(core, call)
    core.wake()
  })
}

/** Another attempt: its start is committed before the request leaves (R1). */
export const startAgain = (core: Core, call: OpenCall): void => {
  if (core.running.size >= core.limits.calls || core.draining) {
    call.phase = 'queued'
    core.queued.push(call)
    return
  }
  core.running.add(call)
  call.phase = 'gated'
  call.attempt++
  call.row.startedAt = now(core)
  outcome(core, call, { status: 'started' })
  core.writer.write({ do: 'pending.put', row: pendingRow(call) })
  core.writer.after(() => launch(core, call))
}

const startQueued = (core: Core): void => {
  while (core.queued.length > 0 && core.running.size < core.limits.calls && !core.draining) {
    const call = core.queued.shift()!
    if (!call.over) startAgain(core, call)
  }
}

const launch = (core: Core, call: OpenCall): void => {
  if (call.over || core.closing) return
  call.phase = 'running'
  call.controller = new AbortController()
  const { address, run } = call.entry.row
  const about = {
    callId: callId(address, call.row),
    attempt: call.attempt,
    address,
    run,
    signal: call.controller.signal,
  }
  const settled = (ended: { result: CallResult<unknown> } | { error: unknown }) => {
    if (core.failure || core.closing) return
    if (call.over) late(core, call, ended)
    else if ('result' in ended) succeed(core, call, ended.result)
    else fail(core, call, ended.error)
    core.wake()
  }
  void runCall(core, call, about, inputOf(core, call.row)).then(
    (result) => settled({ result }),
    (error) => settled({ error }),
  )
}

const late = (core: Core, call: OpenCall, ended: { result: CallResult<unknown> } | { error: unknown }): void => {
  if ('error' in ended) return // a cancelled call that says so
  outcome(core, call, { status: 'late', result: core.codec.encode(ended.result.output), usage: ended.result.usage })
}

const fail = (core: Core, call: OpenCall, error: unknown): void => {
  call.failures++
  const known = asError(error)
  const left = call.failures < (call.spec.maxAttempts ?? defaultAttempts)
  if (known.retryable && left) retryLater(core, call, known)
  else failFinally(core, call, known)
}

type Opening = { id: string; src: string; token: string; data: Json }

const specFor = (entry: Entry, src: string): AnyCallSpec => {
  const source = entry.definition.prepared.source(src)
  if (source?.kind !== 'call')
    throw new TroupeError(
      'machine.version',
      `${entry.row.address} asked for the call "${src}", which its machine no longer has; provide it`,
      { place: entry.row.address },
    )
  return source.spec
}

const newRow = (core: Core, entry: Entry, opening: Opening, spec: AnyCallSpec): CallRow => {
  const [revision, index] = opening.token.split('.').map(Number) as [number, number]
  const input = core.codec.decode(opening.data) as never
  const estimate = spec.estimate?.(input) ?? { tokens: 0, usd: 0 }
  return {
    id: number(core, 2), // requested, and started when it starts at once
    actor: entry.row.id,
    incarnation: entry.row.incarnation,
    revision,
    index,
    child: opening.id,
    kind: spec.kind,
    name: spec.name(input),
    interrupted: typeof spec.interrupted === 'function' ? spec.interrupted(input) : spec.interrupted,
    input: JSON.stringify(opening.data),
    requestedAt: now(core),
    startedAt: null,
    reservedUsd: estimate.usd ?? 0,
    reservedTokens: estimate.tokens,
  }
}

/** A spec whose own functions throw makes no call: the actor hears of it at once. */
const tryRow = (core: Core, entry: Entry, opening: Opening, spec: AnyCallSpec): CallRow | null => {
  try {
    return newRow(core, entry, opening, spec)
  } catch (error) {
    const event = { type: `xstate.error.actor.${opening.id}`, error: asError(error), actorId: opening.id }
    post(core, {
      entry,
      from: entry.row.address,
      event: core.codec.encode(event),
      internal: true,
      token: opening.token,
    })
    return null
  }
}

/** Asks for a call: its row joins the batch, and it starts when the batch is durable and a place is free. */
export const openCall = (core: Core, entry: Entry, opening: Opening): void => {
  const spec = specFor(entry, opening.src)
  const row = tryRow(core, entry, opening, spec)
  if (!row) return
  const call: OpenCall = {
    row,
    spec,
    entry,
    token: opening.token,
    attempt: 1,
    failures: 0,
    phase: 'gated',
    controller: null,
    timer: null,
    over: false,
  }
  entry.calls.set(opening.id, call)
  const estimate = spec.estimate
    ? { tokens: row.reservedTokens, usd: spec.estimate(core.codec.decode(opening.data) as never).usd }
    : null
  const reservation = estimate ? core.ledger.reserve(entry.row.address, estimate) : { writes: [] }
  const atOnce = core.running.size < core.limits.calls && !core.draining && !('refused' in reservation)
  if (atOnce) row.startedAt = row.requestedAt
  core.writer.write({ do: 'call.add', row: { ...row } })
  if ('refused' in reservation) return refuseCall(core, call, reservation.refused)
  core.writer.write(...reservation.writes, { do: 'pending.put', row: pendingRow(call, { attempt: atOnce ? 1 : 0 }) })
  if (atOnce) {
    core.running.add(call)
    core.writer.after(() => launch(core, call))
  } else {
    call.attempt = 0
    call.phase = 'queued'
    core.queued.push(call)
  }
}

const refuseCall = (core: Core, call: OpenCall, error: TroupeError): void => {
  const seq = outcome(core, call, { status: 'failed', error })
  call.over = true
  call.entry.calls.delete(call.row.child)
  tell(core, call, seq, { ok: false, error })
}

/** Ends a call that nobody waits for any more; its signal follows the commit (C36). */
export const closeCall = (core: Core, call: OpenCall, status: 'cancelled'): void => {
  if (call.over) return
  outcome(core, call, { status })
  // What was under way may be billed: its reservation stays spent. What never started costs nothing.
  settle(core, call, call.phase === 'running' || call.phase === 'gated' ? null : undefined)
  finish(core, call)
  core.writer.after(() =>
    call.controller?.abort(new TroupeError('call.cancelled', 'nobody waits for this call any more')),
  )
}

/** After a restart: goes on with a call whose process died, as its policy says (C18). */
export const resumeCall = (core: Core, entry: Entry, row: CallRow, pending: PendingRow, src: string): void => {
  const call: OpenCall = {
    row: { ...row, startedAt: pending.startedAt },
    spec: specFor(entry, src),
    entry,
    token: `${row.revision}.${row.index}`,
    attempt: pending.attempt,
    failures: pending.failures,
    phase: 'waiting',
    controller: null,
    timer: null,
    over: false,
  }
  entry.calls.set(row.child, call)
  if (pending.parked) call.phase = 'parked'
  else if (pending.nextAt !== null) wakeAt(core, call, pending.nextAt)
  else if (pending.attempt === 0) startAgain(core, call)
  else interrupted(core, call)
}

const interrupted = (core: Core, call: OpenCall): void => {
  if (call.row.interrupted === 'ask') {
    call.phase = 'parked'
    outcome(core, call, { status: 'parked' })
    core.writer.write({ do: 'pending.put', row: pendingRow(call) })
    return
  }
  if (call.row.interrupted === 'once') return unknown(core, call)
  outcome(core, call, { status: 'interrupted' })
  settle(core, call, null)
  const again = call.spec.estimate ? core.ledger.reserve(call.entry.row.address, reservedOf(call)) : { writes: [] }
  if ('refused' in again) return failFinally(core, call, again.refused)
  core.writer.write(...again.writes)
  startAgain(core, call)
}

const unknown = (core: Core, call: OpenCall): void => {
  const error = new TroupeError(
    'call.unknown',
    `${call.row.kind} "${call.row.name}" was started and its result is unknown, since the process died; look at what it did before doing it again`,
  )
  const seq = outcome(core, call, { status: 'unknown', error })
  settle(core, call, null)
  finish(core, call)
  tell(core, call, seq, { ok: false, error })
}

/** A person's word on a parked call: run it again, or let the actor deal with an unknown outcome. */
export const decideCall = (core: Core, call: OpenCall, decision: 'retry' | 'fail'): void => {
  if (call.phase !== 'parked' || call.over)
    throw new TroupeError('call.failed', 'this call waits for nobody; list the calls that are parked', {
      place: callId(call.entry.row.address, call.row),
    })
  if (decision === 'retry') startAgain(core, call)
  else unknown(core, call)
}

/** Gives up what still runs when the process leaves: it is ambiguous now, and its policy decides at the next opening. */
export const abandonCalls = (core: Core): void => {
  const reason = new TroupeError(
    'system.closed',
    'the system is closing; the call goes on at the next opening as its policy says',
  )
  for (const call of core.running) call.controller?.abort(reason)
  for (const entry of core.entries.values()) for (const call of entry.calls.values()) call.timer?.clear()
}
