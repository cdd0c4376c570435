// Graft. Owns planting a gathered run as a run of its own: other addresses, other numbers, the same state.
//   X1. It is one commit, made without a pause: nothing of another turn comes between its numbers.
//   X2. Calls that were open then are asked for anew, or answered as they were. What they may cost is set aside again.
//   X3. Spending begins anew, under the same limits.
import type { Limits } from './definition.ts'
import type { Gathered, WaitingResult } from './gather.ts'
import type { Json } from './json.ts'
import type { StoredLetter } from './letter-text.ts'
import { type Move, readdress, readdressText } from './readdress.ts'
import { type Core, now, number } from './state.ts'
import type { ActorRow, CallRow, MailRow, OutcomeRow } from './store.ts'

export type GraftOptions = Move & {
  /** The position in the run it comes from. */
  at: number
}

/** `actors`: the new row of each old number. */
type Planting = { core: Core; options: GraftOptions; actors: Map<number, ActorRow> }

const plantRun = ({ core, options }: Planting, { row, accounts }: Gathered): void => {
  const { from, to, at } = options
  for (const { account, limits } of accounts)
    core.writer.write(core.ledger.open(`${to}${account.slice(from.length)}`, JSON.parse(limits) as Limits))
  if (!row) return
  const settings = { ...(JSON.parse(row.options) as { [key: string]: Json }), forkedFrom: { run: from, at } }
  const fresh = { status: 'active' as const, startedAt: now(core), endedAt: null, result: null }
  core.writer.write({ do: 'run.put', row: { ...row, ...fresh, id: to, options: JSON.stringify(settings) } })
}

const rowOf = ({ core, options, actors }: Planting, old: ActorRow): ActorRow => ({
  ...old,
  id: number(core),
  address: `${options.to}${old.address.slice(options.from.length)}`,
  run: options.to,
  parent: old.parent === null ? null : actors.get(old.parent)!.id,
  input: old.input === null ? null : readdressText(old.input, options),
})

const plantActor = (planting: Planting, { row: old, state }: Gathered['actors'][number]): void => {
  const { core, options, actors } = planting
  const row = rowOf(planting, old)
  actors.set(old.id, row)
  const { id: actor, incarnation, revision } = row
  const json = readdress(state, options)
  const message = JSON.stringify({
    event: { type: 'troupe.fork', run: options.from, at: options.at },
    from: options.from,
  })
  const patch = JSON.stringify([{ op: 'replace', path: '', value: json }])
  const turn = { seq: number(core), actor, incarnation, revision, at: now(core), cause: null }
  core.writer.write({ do: 'actor.add', row })
  core.writer.write({ do: 'snapshot.put', row: { actor, revision, data: JSON.stringify(json) } })
  core.writer.write({ do: 'journal.add', row: { ...turn, message, patch, notes: `{"state":${row.state}}` } })
}

const plantCallRow = ({ core, options, actors }: Planting, old: CallRow, change: Partial<CallRow>): CallRow => {
  const owner = actors.get(old.actor)!
  const row = { ...old, id: number(core, 2), actor: owner.id, input: readdressText(old.input, options), ...change }
  core.writer.write({ do: 'call.add', row })
  return row
}

/** A result that costs nothing, since it was paid for in the run it comes from. */
const plantOutcome = ({ core, options }: Planting, call: CallRow, old: OutcomeRow): number => {
  const seq = number(core)
  const result = old.result === null ? null : readdressText(old.result, options)
  const free = { inputTokens: 0, outputTokens: 0, usd: 0 }
  core.writer.write({ do: 'outcome.add', row: { ...old, ...free, seq, call: call.id, result } })
  return seq
}

const plantLetter = ({ core }: Planting, row: Omit<MailRow, 'seq' | 'message'>, letter: StoredLetter): void => {
  core.writer.write({ do: 'mail.add', row: { ...row, seq: number(core), message: JSON.stringify(letter) } })
  if (row.timer === null) core.counters.accepted++
}

const plantCall = (planting: Planting, { row: old, answer }: Gathered['calls'][number]): void => {
  const { core, actors } = planting
  const at = now(core)
  const { address, id: actor } = actors.get(old.actor)!
  const row = plantCallRow(planting, old, { requestedAt: at, startedAt: null })
  if (answer) {
    const $call = { seq: plantOutcome(planting, row, answer), call: row.id, ok: true }
    const token = `${old.revision}.${old.index}`
    return plantLetter(
      planting,
      { actor, due: null, timer: null, attempts: 0 },
      { $call, from: address, internal: true, token },
    )
  }
  const set = core.ledger.reserve(address, { tokens: row.reservedTokens, usd: row.reservedUsd })
  if ('writes' in set) for (const write of set.writes) core.writer.write(write)
  const waiting = { attempt: 0, failures: 0, startedAt: null, nextAt: at, deadlineAt: null, parked: false }
  core.writer.write({ do: 'pending.put', row: { call: row.id, ...waiting } })
}

const plantResult = (planting: Planting, { call, outcome }: WaitingResult, ok: boolean): StoredLetter['$call'] => {
  const row = plantCallRow(planting, call, {})
  return { seq: plantOutcome(planting, row, outcome), call: row.id, ok }
}

/** Waiting messages keep their order; timers keep what was left of their time. */
const plantMail = (planting: Planting, { row, letter, result }: Gathered['mail'][number], asOf: number): void => {
  const { core, options, actors } = planting
  // letter-text.ts wrote it, and addresses stay addresses
  const moved = readdress(letter as unknown as Json, options) as unknown as StoredLetter
  const $call = result && letter.$call ? plantResult(planting, result, letter.$call.ok) : undefined
  const due = row.due === null ? null : now(core) + Math.max(0, row.due - asOf)
  const { timer, attempts } = row
  plantLetter(
    planting,
    { actor: actors.get(row.actor)!.id, due, timer, attempts },
    { ...moved, ...($call && { $call }) },
  )
}

/** Writes a gathered run under another name into the open batch (X1). */
export const graft = (core: Core, gathered: Gathered, options: GraftOptions): void => {
  const planting: Planting = { core, options, actors: new Map() }
  plantRun(planting, gathered)
  for (const actor of gathered.actors) plantActor(planting, actor)
  for (const call of gathered.calls) plantCall(planting, call)
  for (const mail of gathered.mail) plantMail(planting, mail, gathered.asOf)
}
