// Recovery. Owns building the memory of the runtime from the store: who lives, what waits, which calls were under way.
//   Y1. What cannot be taken up again is quarantined, alone: its bytes stay untouched and the others go on.
import { resumeCall } from './calls.ts'
import type { Definition } from './definition.ts'
import { TroupeError, toFailure } from './errors.ts'
import type { Json } from './json.ts'
import { restore } from './kernel.ts'
import { readSnapshot } from './snapshots.ts'
import { type Core, type Entry, enqueue, type Letter, makeReady, number } from './state.ts'
import type { ActorRow, CallRow, MailRow, PendingRow } from './store.ts'

/** Finds the machine of a root actor by its id; null when it is not registered. */
export type Registry = (machine: string) => Definition | null

export type Quarantine = { address: string; error: TroupeError }

const emptyEntry = (row: ActorRow, parent: Entry | null, definition: Definition): Entry => ({
  row,
  definition,
  parent,
  children: new Map(),
  hydrated: null,
  loading: false,
  queue: [],
  timers: new Set(),
  calls: new Map(),
  ready: false,
})

const definitionOf = (row: ActorRow, parent: Entry | null, registry: Registry): Definition => {
  if (parent) return parent.definition.child((JSON.parse(row.birth) as { src: string }).src)
  const found = registry(row.machine)
  if (found) return found
  throw new TroupeError(
    'machine.unknown',
    `${row.address} runs the machine "${row.machine}", which this system does not know; give it to createSystem({ machines })`,
    { place: row.address },
  )
}

/** Every actor that lives, and the ended ones their living parents still know. Parents come before children. */
const loadActors = async (core: Core, registry: Registry): Promise<Quarantine[]> => {
  const quarantined: Quarantine[] = []
  for (const row of await core.store.actors({})) {
    const parent = row.parent === null ? null : (core.byId.get(row.parent) ?? null)
    const orphan = row.parent !== null && parent?.row.status !== 'active'
    if (orphan || (row.parent === null && row.status !== 'active')) continue
    try {
      const entry = emptyEntry({ ...row }, parent, definitionOf(row, parent, registry))
      core.entries.set(row.address, entry)
      core.byId.set(row.id, entry)
      parent?.children.set(row.address.slice(parent.row.address.length + 1), entry)
    } catch (error) {
      if (row.status === 'active') quarantined.push({ address: row.address, error: error as TroupeError })
    }
  }
  return quarantined
}

/** Brings an actor's snapshot into memory. Throws `store.corrupt` or `machine.version`. */
export const hydrate = async (core: Core, entry: Entry): Promise<void> => {
  const { row, definition } = entry
  const { json, snapshotBytes, patchBytes } = await readSnapshot(core.store, row)
  const identity = {
    address: row.address,
    parent: entry.parent?.row.address ?? null,
    incarnation: row.incarnation,
    revision: row.revision,
  }
  const live = restore(core.codec, definition.prepared, identity, json)
  entry.hydrated = { live, json, snapshotBytes, patchBytes }
}

type StoredLetter = {
  event?: Json
  $call?: { seq: number; call: number; ok: boolean }
  from: string
  id?: string
  priority?: number
  sentAt?: number
  expiresAt?: number
  internal?: boolean
  token?: string
  to?: string
}

const resultEvent = async (core: Core, named: NonNullable<StoredLetter['$call']>): Promise<Json> => {
  const call = await core.store.call(named.call)
  const outcome = (await core.store.outcomes({ call: named.call })).find((row) => row.seq === named.seq)
  if (!call || !outcome)
    throw new TroupeError(
      'store.corrupt',
      `a message names the call ${named.call}, whose result is missing; restore the store from a copy`,
    )
  if (named.ok)
    return {
      type: `xstate.done.actor.${call.child}`,
      output: JSON.parse(outcome.result ?? 'null') as Json,
      actorId: call.child,
    }
  const failure = JSON.parse(outcome.error ?? '{}') as { message?: string }
  const error = {
    $type: 'Error',
    value: { name: 'TroupeError', message: failure.message ?? '', extra: failure as Json },
  }
  return { type: `xstate.error.actor.${call.child}`, error, actorId: call.child }
}

const letterOf = async (core: Core, row: MailRow, entry: Entry): Promise<Letter> => {
  const stored = JSON.parse(row.message) as StoredLetter
  return {
    seq: row.seq,
    entry,
    from: stored.from,
    id: stored.id ?? null,
    event: stored.$call ? await resultEvent(core, stored.$call) : stored.event!,
    priority: stored.priority ?? 0,
    sentAt: stored.sentAt ?? core.at,
    expiresAt: stored.expiresAt ?? null,
    cause: null,
    internal: stored.internal ?? false,
    token: stored.token ?? null,
    outcome: stored.$call ?? null,
    timer: row.timer === null ? null : { key: row.timer, due: row.due!, to: stored.to! },
    attempts: row.attempts,
    stored: true,
  }
}

const page = 1000

const loadMail = async (core: Core, timer: (letter: Letter) => void): Promise<void> => {
  for (let after = 0; ; ) {
    const rows = await core.store.mail({ after, limit: page })
    for (const row of rows) {
      const entry = core.byId.get(row.actor)
      if (entry?.row.status !== 'active') continue
      const letter = await letterOf(core, row, entry)
      if (letter.timer) {
        entry.timers.add(letter)
        timer(letter)
      } else enqueue(entry, letter)
    }
    if (rows.length < page) return
    after = rows.at(-1)!.seq
  }
}

const srcOf = (entry: Entry, row: CallRow): string => {
  const children =
    (entry.hydrated!.json as { children?: Record<string, { src: string; token: string }> }).children ?? {}
  const child = children[row.child]
  if (child?.token === `${row.revision}.${row.index}`) return child.src
  throw new TroupeError(
    'store.corrupt',
    `${entry.row.address} has a call under way that its snapshot does not know; restore the store from a copy`,
    { place: entry.row.address },
  )
}

const loadCalls = async (core: Core, quarantine: (entry: Entry, error: unknown) => void): Promise<void> => {
  for (const pending of await core.store.pending()) {
    const row = await core.store.call(pending.call)
    const entry = row ? core.byId.get(row.actor) : undefined
    if (!row || !entry || entry.row.status !== 'active') continue
    await resumeOne(core, entry, row, pending).catch((error) => quarantine(entry, error))
  }
}

const resumeOne = async (core: Core, entry: Entry, row: CallRow, pending: PendingRow): Promise<void> => {
  if (!entry.hydrated) await hydrate(core, entry)
  resumeCall(core, entry, row, pending, srcOf(entry, row))
}

/** Sets one actor aside: marked in its row, its snapshot untouched (Y1). */
export const quarantine = (core: Core, entry: Entry, cause: unknown): Quarantine => {
  core.writer.touch(entry)
  entry.row.revision++
  entry.row.status = 'quarantined'
  entry.queue.length = 0
  const failure = toFailure(cause, 'actor.quarantined')
  core.writer.write({
    do: 'dead.add',
    row: {
      seq: number(core),
      target: entry.row.address,
      reason: 'actor.quarantined',
      error: JSON.stringify(failure),
      message: 'null',
      at: core.at,
    },
  })
  const error = cause instanceof TroupeError ? cause : new TroupeError('actor.quarantined', failure.message, { cause })
  return { address: entry.row.address, error }
}

/** Builds the runtime's memory. Afterwards everything that waited is ready, and calls that were under way go on. */
export const recover = async (
  core: Core,
  registry: Registry,
  timer: (letter: Letter) => void,
): Promise<Quarantine[]> => {
  for (const row of await core.store.ledger()) core.ledger.restore(row)
  for (const row of await core.store.runs()) if (row.status === 'active') core.runs.set(row.id, row)
  const quarantined = await loadActors(core, registry)
  await loadMail(core, timer)
  await loadCalls(core, (entry, error) => void quarantined.push(quarantine(core, entry, error)))
  for (const entry of core.entries.values()) makeReady(core, entry)
  return quarantined
}
