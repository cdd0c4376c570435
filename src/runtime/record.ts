// Record. Owns the rows of one turn: the journal row with its patch, and the full snapshot once patches have outgrown it.
import type { Json } from './json.ts'
import type { Effect, Live } from './kernel.ts'
import { diff } from './patch.ts'
import { type Cause, type Core, type Entry, now, number } from './state.ts'
import type { ActorStatus } from './store.ts'

/** An effect whose values are ready for the store. */
export type Encoded = Effect & { data?: Json }

/** Makes an effect's values ready for the store; throws when they cannot be. */
export const encodeEffect = (core: Core, effect: Effect): Encoded => {
  if ('input' in effect) return { ...effect, data: core.codec.encode(effect.input, `input of ${effect.id}`) }
  if ('event' in effect) return { ...effect, data: core.codec.encode(effect.event, `event ${effect.event.type}`) }
  if (effect.kind === 'log') return { ...effect, data: core.codec.encode(effect.value, 'log') }
  return effect
}

type Note = { type: 'emit' | 'log'; seq: number; data: Json; label?: string | null }

const notesOf = (core: Core, effects: readonly Encoded[], changed: object): string | null => {
  const notes: Note[] = []
  for (const effect of effects) {
    if (effect.kind === 'emit') notes.push({ type: 'emit', seq: number(core), data: effect.data! })
    if (effect.kind === 'log') notes.push({ type: 'log', seq: number(core), data: effect.data!, label: effect.label })
  }
  if (notes.length === 0 && Object.keys(changed).length === 0) return null
  return JSON.stringify({ ...changed, ...(notes.length > 0 && { notes }) })
}

const smallestRewrite = 4096

/** Writes the turn: the actor's row, its journal row, and the full snapshot once the patches have outgrown it. */
export const record = (
  core: Core,
  entry: Entry,
  turn: { live: Live; json: Json; cause: Cause; effects: readonly Encoded[]; fresh: boolean },
): void => {
  const { row, hydrated } = entry
  const state = JSON.stringify((turn.json as { value?: Json }).value ?? turn.live.status)
  const seq = number(core)
  const changed = {
    ...(state !== row.state && { state: JSON.parse(state) }),
    ...(turn.live.status !== row.status && { status: turn.live.status, ended: number(core) }),
  }
  const operations = turn.fresh || !hydrated ? null : diff(hydrated.json, turn.json)
  const patch = operations === null || operations.length === 0 ? null : JSON.stringify(operations)
  const patchBytes = turn.fresh ? 0 : hydrated!.patchBytes + (patch?.length ?? 0)
  core.writer.touch(entry)
  row.revision++
  row.state = state
  row.status = turn.live.status as ActorStatus
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
      notes: notesOf(core, turn.effects, changed),
    },
  })
  const rewrite = turn.fresh || patchBytes > Math.max(hydrated!.snapshotBytes, smallestRewrite)
  const text = rewrite ? JSON.stringify(turn.json) : null
  if (text !== null)
    core.writer.write({ do: 'snapshot.put', row: { actor: row.id, revision: row.revision, data: text } })
  entry.hydrated = {
    live: turn.live,
    json: turn.json,
    snapshotBytes: text?.length ?? hydrated!.snapshotBytes,
    patchBytes: text === null ? patchBytes : 0,
  }
}
