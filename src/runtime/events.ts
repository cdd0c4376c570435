// Events. Owns what observers see: made from committed rows alone, so that the live stream and the stored one are the same.
import { isoTime } from './clock.ts'
import type { Json } from './json.ts'
import type { ActorRow, CallRow, DeadRow, JournalRow, OutcomeRow, OutcomeStatus } from './store.ts'

type Common = {
  /** Position in the store: grows, unique. */
  seq: number
  /** ISO-8601, UTC. */
  at: string
  /** Address of the root actor. */
  run: string
  /** Address of the actor it is about. */
  address: string
}
type AboutCall = { call: string; attempt: number; kind: string; name: string }
export type TroupeEvent = Common &
  (
    | { type: 'actor.spawned'; machine: string }
    | { type: 'actor.turn'; revision: number; message: string; from: string | null; state: Json | null }
    | { type: 'actor.ended'; status: 'done' | 'error' | 'stopped' }
    | { type: 'actor.emitted'; event: Json }
    | { type: 'actor.logged'; label: string | null; value: Json }
    | ({ type: 'call.requested' } & AboutCall)
    | ({ type: 'call.started' } & AboutCall)
    | ({ type: 'call.completed'; inputTokens: number; outputTokens: number; usd: number | null } & AboutCall)
    | ({ type: 'call.failed' | 'call.retrying' | 'call.unknown'; error: Json } & AboutCall)
    | ({ type: 'call.interrupted' | 'call.parked' | 'call.cancelled' | 'call.late' } & AboutCall)
    | { type: 'message.dead'; target: string; reason: string }
  )

/** What an event needs to know of an actor. */
export type ActorName = Pick<ActorRow, 'address' | 'run'>

type Notes = {
  state?: Json
  status?: string
  ended?: number
  notes?: { type: 'emit' | 'log'; seq: number; data: Json; label?: string | null }[]
}

/** A turn, as the events it is. */
export const eventsOfTurn = (row: JournalRow, actor: ActorName): TroupeEvent[] => {
  const common = { at: isoTime(row.at), run: actor.run, address: actor.address }
  const message = JSON.parse(row.message) as { event?: { type: string }; $call?: { ok: boolean }; from?: string }
  const notes = (row.notes === null ? {} : JSON.parse(row.notes)) as Notes
  const type = message.event?.type ?? (message.$call?.ok ? 'call result' : 'call failure')
  const state = notes.state ?? null
  const events: TroupeEvent[] = [
    {
      ...common,
      seq: row.seq,
      type: 'actor.turn',
      revision: row.revision,
      message: type,
      from: message.from ?? null,
      state,
    },
  ]
  for (const note of notes.notes ?? []) {
    events.push(
      note.type === 'emit'
        ? { ...common, seq: note.seq, type: 'actor.emitted', event: note.data }
        : { ...common, seq: note.seq, type: 'actor.logged', label: note.label ?? null, value: note.data },
    )
  }
  const { status } = notes
  if (status === 'done' || status === 'error' || status === 'stopped') {
    events.push({ ...common, seq: notes.ended ?? row.seq, type: 'actor.ended', status })
  }
  return events
}

/** The birth of an actor. Its number is the position. */
export const eventOfActor = (row: ActorRow, at: number): TroupeEvent => ({
  seq: row.id,
  at: isoTime(at),
  run: row.run,
  address: row.address,
  type: 'actor.spawned',
  machine: row.machine,
})

const about = (row: CallRow, actor: ActorName, attempt: number): AboutCall & Pick<Common, 'run' | 'address'> => ({
  run: actor.run,
  address: actor.address,
  call: `${actor.address}/${row.incarnation}/${row.revision}/${row.index}`,
  attempt,
  kind: row.kind,
  name: row.name,
})

/** A call's request, and its first start when that was in the same commit. */
export const eventsOfCall = (row: CallRow, actor: ActorName): TroupeEvent[] => {
  const at = isoTime(row.requestedAt)
  const requested: TroupeEvent = { seq: row.id, at, type: 'call.requested', ...about(row, actor, 1) }
  return row.startedAt === null
    ? [requested]
    : [requested, { seq: row.id + 1, at, type: 'call.started', ...about(row, actor, 1) }]
}

const plain = {
  started: 'call.started',
  interrupted: 'call.interrupted',
  parked: 'call.parked',
  cancelled: 'call.cancelled',
  late: 'call.late',
} as const
const failed = { retrying: 'call.retrying', failed: 'call.failed', unknown: 'call.unknown' } as const
const has = <T extends object>(map: T, status: OutcomeStatus): status is OutcomeStatus & keyof T => status in map

/** What happened to a call. */
export const eventOfOutcome = (row: OutcomeRow, call: CallRow, actor: ActorName): TroupeEvent => {
  const common = { seq: row.seq, at: isoTime(row.at), ...about(call, actor, row.attempt) }
  if (has(plain, row.status)) return { ...common, type: plain[row.status] }
  if (has(failed, row.status))
    return { ...common, type: failed[row.status], error: row.error === null ? null : (JSON.parse(row.error) as Json) }
  return {
    ...common,
    type: 'call.completed',
    inputTokens: row.inputTokens,
    outputTokens: row.outputTokens,
    usd: row.usd,
  }
}

/** A message that no turn took. */
export const eventOfDead = (row: DeadRow): TroupeEvent => ({
  seq: row.seq,
  at: isoTime(row.at),
  run: row.target.split('/')[0]!,
  address: row.target,
  type: 'message.dead',
  target: row.target,
  reason: row.reason,
})
