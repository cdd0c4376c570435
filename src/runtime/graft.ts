// Graft. Owns planting a replayed run into a store as a run of its own: other addresses, other numbers, the same state.
//   X1. It is one commit. Nothing of the run it comes from changes.
//   X2. Calls that were open then are asked for anew, or answered as they were, if they were.

import type { Json } from './json.ts'
import type { StoredLetter } from './letter-text.ts'
import { apply, type Operation } from './patch.ts'
import { type Core, now, number } from './state.ts'
import { type ActorRow, type CallRow, isLiving, type OutcomeRow, type StoreReader, type Write } from './store.ts'

export type GraftOptions = {
  /** The run it comes from, and the position. */
  from: string
  at: number
  /** The new run. */
  to: string
  /** `live`: open calls are made again. `recorded`: those that were answered later are answered alike, at no cost. */
  answers: 'live' | 'recorded'
  /** The store with the recorded answers. */
  source: StoreReader
}

/** Fields in which the bare id of a run is an address; elsewhere it may be any word. */
const addressFields = new Set(['from', 'to', 'address', 'runId', 'run', 'value', 'replyTo'])

/** JSON with every address below `from` moved below `to`. */
const moved = (json: Json, { from, to }: GraftOptions, field = ''): Json => {
  if (typeof json === 'string') {
    if (json.startsWith(`${from}/`)) return `${to}${json.slice(from.length)}`
    return json === from && addressFields.has(field) ? to : json
  }
  if (json === null || typeof json !== 'object') return json
  if (Array.isArray(json))
    return (json as readonly Json[]).map((item) => moved(item, { from, to } as GraftOptions, field))
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, moved(value, { from, to } as GraftOptions, key)]),
  )
}

const movedText = (text: string, options: GraftOptions): string =>
  JSON.stringify(moved(JSON.parse(text) as Json, options))

type Planting = {
  core: Core
  replayed: StoreReader
  options: GraftOptions
  writes: Write[]
  actors: Map<number, ActorRow>
}

const stateOf = async (replayed: StoreReader, actor: number): Promise<Json> => {
  const stored = await replayed.snapshot(actor)
  const patches = (stored?.patches ?? []).flatMap(({ patch }) =>
    patch === null ? [] : [JSON.parse(patch) as Operation[]],
  )
  return patches.reduce<Json>((json, patch) => apply(json, patch), JSON.parse(stored?.row.data ?? 'null') as Json)
}

const plantActor = async ({ core, replayed, options, writes, actors }: Planting, old: ActorRow): Promise<void> => {
  const row: ActorRow = {
    ...old,
    id: number(core),
    address: `${options.to}${old.address.slice(options.from.length)}`,
    run: options.to,
    parent: old.parent === null ? null : (actors.get(old.parent)?.id ?? null),
    input: old.input === null ? null : movedText(old.input, options),
  }
  actors.set(old.id, row)
  const state = moved(await stateOf(replayed, old.id), options)
  const message = JSON.stringify({
    event: { type: 'troupe.fork', run: options.from, at: options.at },
    from: options.from,
  })
  const patch = JSON.stringify([{ op: 'replace', path: '', value: state }])
  const notes = JSON.stringify({ state: JSON.parse(row.state) as Json })
  const { id: actor, incarnation, revision } = row
  writes.push(
    { do: 'actor.add', row },
    { do: 'snapshot.put', row: { actor, revision, data: JSON.stringify(state) } },
    {
      do: 'journal.add',
      row: { seq: number(core), actor, incarnation, revision, at: now(core), cause: null, message, patch, notes },
    },
  )
}

/** What became of the same call in the run it comes from. */
const answerOf = async ({ options, actors }: Planting, call: CallRow): Promise<OutcomeRow | undefined> => {
  if (options.answers !== 'recorded') return undefined
  const address = actors.get(call.actor)!.address
  const actor = await options.source.actor(`${options.from}${address.slice(options.to.length)}`)
  if (!actor) return undefined
  const isIt = (other: CallRow) =>
    other.incarnation === call.incarnation && other.revision === call.revision && other.index === call.index
  const theirs = (await options.source.calls({ actor: actor.id, limit: 100_000 })).find(isIt)
  return theirs && (await options.source.outcomes({ call: theirs.id })).find(({ status }) => status === 'done')
}

const plantCall = async (planting: Planting, old: CallRow): Promise<void> => {
  const { core, options, writes, actors } = planting
  const at = now(core)
  const row: CallRow = {
    ...old,
    id: number(core, 2),
    actor: actors.get(old.actor)!.id,
    input: movedText(old.input, options),
    requestedAt: at,
    startedAt: null,
  }
  writes.push({ do: 'call.add', row })
  const answer = await answerOf(planting, old)
  if (!answer) {
    writes.push({
      do: 'pending.put',
      row: { call: row.id, attempt: 0, failures: 0, startedAt: null, nextAt: at, deadlineAt: null, parked: false },
    })
    return
  }
  const seq = number(core)
  const result = answer.result === null ? null : movedText(answer.result, options)
  writes.push({
    do: 'outcome.add',
    row: { ...answer, seq, call: row.id, attempt: 0, at, result, inputTokens: 0, outputTokens: 0, usd: 0 },
  })
  const told: StoredLetter = {
    $call: { seq, call: row.id, ok: true },
    from: actors.get(old.actor)!.address,
    internal: true,
    token: `${old.revision}.${old.index}`,
  }
  writes.push({
    do: 'mail.add',
    row: { seq: number(core), actor: row.actor, message: JSON.stringify(told), due: null, timer: null, attempts: 0 },
  })
  core.counters.accepted++
}

const plantResult = async (
  planting: Planting,
  named: NonNullable<StoredLetter['$call']>,
): Promise<StoredLetter['$call']> => {
  const { core, replayed, options, writes, actors } = planting
  const call = (await replayed.call(named.call))!
  const outcome = (await replayed.outcomes({ call: call.id })).find(({ seq }) => seq === named.seq)!
  const row: CallRow = {
    ...call,
    id: number(core, 2),
    actor: actors.get(call.actor)!.id,
    input: movedText(call.input, options),
  }
  const seq = number(core)
  writes.push(
    { do: 'call.add', row },
    { do: 'outcome.add', row: { ...outcome, seq, call: row.id, usd: 0, inputTokens: 0, outputTokens: 0 } },
  )
  return { seq, call: row.id, ok: named.ok }
}

/** Waiting messages keep their order; timers keep what was left of their time. */
const plantMail = async (planting: Planting): Promise<void> => {
  const { core, replayed, options, writes, actors } = planting
  const then = (await replayed.meta()).at
  for (const mail of await replayed.mail({ limit: 1_000_000 })) {
    const stored = moved(JSON.parse(mail.message) as Json, options) as unknown as StoredLetter // letter-text.ts wrote it
    const told = stored.$call ? { ...stored, $call: await plantResult(planting, stored.$call) } : stored
    const due = mail.due === null ? null : now(core) + Math.max(0, mail.due - then)
    writes.push({
      do: 'mail.add',
      row: { ...mail, seq: number(core), actor: actors.get(mail.actor)!.id, message: JSON.stringify(told), due },
    })
    if (mail.timer === null) core.counters.accepted++
  }
}

/** The rows of a replayed run under another name, for the open batch of `core`. */
export const graftRows = async (core: Core, replayed: StoreReader, options: GraftOptions): Promise<Write[]> => {
  const planting: Planting = { core, replayed, options, writes: [], actors: new Map() }
  for (const row of await replayed.actors({ run: options.from, limit: 1_000_000 })) {
    const isKnown = row.parent === null || planting.actors.has(row.parent)
    if (isKnown && (isLiving(row.status) || row.parent !== null)) await plantActor(planting, row)
  }
  for (const { call } of await replayed.pending()) {
    const row = await replayed.call(call)
    if (row && planting.actors.has(row.actor)) await plantCall(planting, row)
  }
  await plantMail(planting)
  return planting.writes
}
