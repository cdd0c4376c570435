// Calls. Owns work outside the store: a row before a request, and what becomes of it over restarts.
//   R6. A call's row, its reservation and the turn that asked for it are one commit.
//   R7. A call whose process died goes on as its policy says (C18); one that keeps killing it is given up (C20).
import type { AnyCallSpec } from './call.ts'
import { failFinally, giveUp, park, reserveAgain, wakeAt } from './call-end.ts'
import { asError, callId, outcome, pendingRow, reserve, tell } from './call-rows.ts'
import { hasPlace, startAfterCommit } from './call-start.ts'
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import { foreign } from './kernel-scope.ts'
import { post } from './letters.ts'
import { type Core, type Entry, now, number, type OpenCall } from './state.ts'
import type { CallRow, PendingRow } from './store.ts'
import { storedError } from './stored-error.ts'

type Opening = { id: string; src: string; token: string; data: Json }

const specFor = (entry: Entry, src: string): AnyCallSpec => {
  const source = entry.definition.prepared.source(src)
  if (source?.kind === 'call') return source.spec
  throw new TroupeError(
    'machine.version',
    `${entry.row.address} asked for the call "${src}", which its machine no longer has; provide it`,
    { place: entry.row.address },
  )
}

const newCall = (given: Pick<OpenCall, 'row' | 'spec' | 'entry' | 'unpriced'>): OpenCall => ({
  ...given,
  token: `${given.row.revision}.${given.row.index}`,
  attempt: 0,
  failures: 0,
  phase: 'queued',
  controller: null,
  timer: null,
  over: false,
})

/** Asks the spec what the call is called, may cost, and what becomes of it. Throws what the spec throws. */
const plan = (core: Core, entry: Entry, opening: Opening): OpenCall => {
  const spec = specFor(entry, opening.src)
  const [revision, index] = opening.token.split('.').map(Number) as [number, number]
  const text = JSON.stringify(opening.data)
  const input = core.codec.decode(opening.data, foreign) as never // the machine that names the spec made it
  const estimate = spec.estimate?.(input) ?? { tokens: 0, usd: 0 }
  const row: CallRow = {
    id: number(core, 2), // requested, and started when it starts at once
    actor: entry.row.id,
    incarnation: entry.row.incarnation,
    revision,
    index,
    child: opening.id,
    kind: spec.kind,
    name: spec.name(input),
    interrupted: typeof spec.interrupted === 'function' ? spec.interrupted(input) : spec.interrupted,
    input: text,
    requestedAt: now(core),
    startedAt: null,
    reservedUsd: estimate.usd ?? 0,
    reservedTokens: estimate.tokens,
  }
  return newCall({ row, spec, entry, unpriced: estimate.usd === null })
}

/** A spec whose own functions throw makes no call: the actor hears of it at once. */
const refuseUnplanned = (core: Core, entry: Entry, { id, token }: Opening, thrown: unknown): void => {
  const error = storedError(core, asError(thrown))
  const event: Json = { type: `xstate.error.actor.${id}`, error, actorId: id }
  post(core, { entry, from: entry.row.address, event, internal: true, token })
}

/** Asks for a call: its row joins the batch, and it starts when the batch is durable and a place is free. */
export const openCall = (core: Core, entry: Entry, opening: Opening): void => {
  let call: OpenCall
  try {
    call = plan(core, entry, opening)
  } catch (error) {
    return refuseUnplanned(core, entry, opening, error)
  }
  const refused = reserve(core, call)
  const atOnce = !refused && core.queued.length === 0 && hasPlace(core)
  if (atOnce) {
    call.attempt = 1
    call.row.startedAt = call.row.requestedAt
  }
  core.writer.write({ do: 'call.add', row: call.row })
  if (refused) {
    const recorded = outcome(core, call, { status: 'failed', error: refused })
    return tell(core, call, recorded, false)
  }
  entry.calls.set(opening.id, call)
  if (atOnce) return startAfterCommit(core, call)
  core.writer.write({ do: 'pending.put', row: pendingRow(call, { nextAt: call.row.requestedAt }) })
  core.queued.push(call)
}

const enqueueCall = (core: Core, call: OpenCall): void => {
  call.phase = 'queued'
  core.writer.write({ do: 'pending.put', row: pendingRow(call, { nextAt: now(core) }) })
  core.queued.push(call)
}

/** After a restart: takes a call up again. What it does next is decided by `goOn`, once every call is known. */
export const takeUpCall = (core: Core, entry: Entry, row: CallRow, pending: PendingRow, src: string): (() => void) => {
  const call = newCall({
    row: { ...row, startedAt: pending.startedAt },
    spec: specFor(entry, src),
    entry,
    unpriced: false,
  })
  call.attempt = pending.attempt
  call.failures = pending.failures
  entry.calls.set(row.child, call)
  return () => {
    if (pending.parked) call.phase = 'parked'
    else if (pending.nextAt === null) interrupted(core, call)
    else if (pending.nextAt <= now(core)) core.queued.push(call)
    else {
      call.phase = 'waiting'
      wakeAt(core, call, pending.nextAt)
    }
  }
}

/** A process that dies this often with a call under way may be dying of it. */
const mostAttempts = 100

const interrupted = (core: Core, call: OpenCall): void => {
  if (call.row.interrupted === 'ask') return park(core, call)
  if (call.row.interrupted === 'once' || call.attempt >= mostAttempts) return giveUp(core, call)
  outcome(core, call, { status: 'interrupted' })
  again(core, call)
}

const again = (core: Core, call: OpenCall): void => {
  const refused = reserveAgain(core, call)
  if (refused) failFinally(core, call, refused, 'none')
  else enqueueCall(core, call)
}

/** A person's word on a parked call: run it again, or let the actor deal with an unknown outcome. */
export const decideCall = (core: Core, id: string, decision: 'retry' | 'fail'): void => {
  const call = findCall(core, id)
  if (!call)
    throw new TroupeError('call.failed', `no call ${id} is under way; list the calls with status()`, { place: id })
  if (call.phase !== 'parked')
    throw new TroupeError('call.failed', 'this call waits for nobody; list the calls that are parked', { place: id })
  if (decision === 'retry') again(core, call)
  else giveUp(core, call)
}

const findCall = (core: Core, id: string): OpenCall | undefined => {
  const address = id.split('/').slice(0, -3).join('/')
  const calls = [...(core.entries.get(address)?.calls.values() ?? [])]
  return calls.find((call) => callId(address, call.row) === id)
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
