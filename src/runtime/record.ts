// Record. Owns the rows of one turn: the journal row with its patch, and the full snapshot once patches have outgrown it.
//   J1. The patches of an actor, folded from its first, give its state at every revision: a life begins with a patch of
//       the whole.
//   J2. The snapshot is rewritten when the patches since have outgrown it, so N turns of equal size cost O(N) bytes.
import type { Json } from './json.ts'
import type { Effect, Live } from './kernel.ts'
import { diff } from './patch.ts'
import { type Cause, type Core, type Entry, type Hydrated, now, number } from './state.ts'
import type { ActorStatus } from './store.ts'

/** An effect whose values are ready for the store. */
export type Encoded = Effect & { data?: Json }

/** Makes an effect's values ready for the store; throws when they cannot be. */
export const encodeEffect = (core: Core, effect: Effect): Encoded => {
  if ('input' in effect) return { ...effect, data: core.codec.encode(effect.input, `input of ${effect.id}`) }
  if ('event' in effect) return { ...effect, data: core.codec.encode(effect.event, `event ${effect.event?.type}`) }
  if (effect.kind === 'log') return { ...effect, data: core.codec.encode(effect.value, 'log') }
  return effect
}

type Note = { type: 'emit' | 'log'; seq: number; data: Json; label?: string | null }

const noteOf = (core: Core, effect: Encoded): Note | null => {
  if (effect.kind === 'emit') return { type: 'emit', seq: number(core), data: effect.data! }
  if (effect.kind === 'log') return { type: 'log', seq: number(core), data: effect.data!, label: effect.label }
  return null
}

type Turn = { live: Live; json: Json; cause: Cause; effects: readonly Encoded[]; fresh: boolean }

/** What observers need to know of the turn, beside the message: its new state, its end, what it emitted and logged. */
const notesOf = (core: Core, { live, effects }: Turn, before: { status: string }, state: string | null) => {
  const ended = live.status !== before.status && live.status !== 'active'
  const notes = effects.map((effect) => noteOf(core, effect)).filter((note) => note !== null)
  if (state === null && !ended && notes.length === 0) return null
  const status = ended ? `"status":${JSON.stringify(live.status)},"ended":${number(core)}` : ''
  const parts = [
    state === null ? '' : `"state":${state}`,
    status,
    notes.length > 0 ? `"notes":${JSON.stringify(notes)}` : '',
  ]
  return `{${parts.filter((part) => part !== '').join(',')}}`
}

const patchOf = ({ fresh, json }: Turn, hydrated: Hydrated | null): string | null => {
  if (fresh || !hydrated) return JSON.stringify([{ op: 'replace', path: '', value: json }])
  const operations = diff(hydrated.json, json)
  return operations.length === 0 ? null : JSON.stringify(operations)
}

const smallestRewrite = 4096

/** Brings the actor's memory up to the turn, and its snapshot row when that is due. */
const keep = (core: Core, entry: Entry, { live, json, fresh }: Turn, patch: string | null): void => {
  const before = fresh ? null : entry.hydrated
  const patchBytes = before ? before.patchBytes + (patch?.length ?? 0) : 0
  if (before && patchBytes <= Math.max(before.snapshotBytes, smallestRewrite)) {
    entry.hydrated = { live, json, snapshotBytes: before.snapshotBytes, patchBytes }
    return
  }
  const { id: actor, revision } = entry.row
  const data = JSON.stringify(json)
  core.writer.write({ do: 'snapshot.put', row: { actor, revision, data } })
  entry.hydrated = { live, json, snapshotBytes: data.length, patchBytes: 0 }
}

/** Writes the turn. Returns the number of its journal row. */
export const record = (core: Core, entry: Entry, turn: Turn): number => {
  const { row } = entry
  const seq = number(core)
  const state = JSON.stringify((turn.json as { value?: Json }).value ?? turn.live.status)
  const patch = patchOf(turn, entry.hydrated)
  const notes = notesOf(core, turn, row, state === row.state ? null : state)
  core.writer.touch(entry)
  row.revision++
  row.state = state
  row.status = turn.live.status as ActorStatus // XState's words for it are four of ours
  core.writer.write({
    do: 'journal.add',
    row: {
      seq,
      actor: row.id,
      incarnation: row.incarnation,
      revision: row.revision,
      at: now(core),
      cause: turn.cause.seq,
      message: turn.cause.text,
      patch,
      notes,
    },
  })
  keep(core, entry, turn, patch)
  return seq
}
