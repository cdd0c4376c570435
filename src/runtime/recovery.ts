// Recovery. Owns building the memory of the runtime from the store: who lives, what waits, which calls were under way.
//   Y3. It reads what lives and what waits, never what is over: opening costs the same after a thousand runs.

import { emptyEntry, enter } from './births.ts'
import { endingEvent } from './call-rows.ts'
import { takeUpCall } from './calls.ts'
import type { Definition } from './definition.ts'
import { TroupeError } from './errors.ts'
import { asQuarantine, quarantine, readState } from './hydrate.ts'
import type { Json } from './json.ts'
import type { StoredLetter } from './letter-text.ts'
import { type Core, type Entry, enqueue, type Letter, makeReady } from './state.ts'
import { type ActorRow, type CallRow, isLiving, type MailRow, type PendingRow } from './store.ts'

/** Finds the machine of a root actor by its id; null when it is not registered. */
export type Registry = (machine: string) => Definition | null

const definitionOf = (row: ActorRow, parent: Entry | null, registry: Registry): Definition => {
  // births.ts wrote it, with a source for every child
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
const loadActors = async (core: Core, registry: Registry, run: string | undefined): Promise<void> => {
  for (const row of await core.store.actors({ living: true, ...(run !== undefined && { run }) })) {
    if (core.byId.has(row.id)) continue
    const parent = row.parent === null ? null : (core.byId.get(row.parent) ?? null)
    if (row.parent !== null && !parent) continue // its parent was set aside
    try {
      const status = row.status === 'quarantined' ? 'active' : row.status
      enter(core, emptyEntry({ ...row, status }, parent, definitionOf(row, parent, registry)))
    } catch (error) {
      if (isLiving(row.status)) core.quarantined.push({ address: row.address, error: asQuarantine(error, row.address) })
    }
  }
}

/** What is to be taken up: everything, or one run that is new in the store. */
type Concerns = (entry: Entry) => boolean

/** Of each root: its run and what may still be spent. */
const loadAccounts = async (core: Core, concerns: Concerns): Promise<void> => {
  for (const entry of [...core.entries.values()]) {
    const { row, parent } = entry
    if (parent || !concerns(entry)) continue
    const run = await core.store.run(row.address)
    if (run?.status === 'active') core.runs.set(run.id, run)
    for (const account of await core.store.ledger(row.address)) core.ledger.restore(account)
  }
}

const resultEvent = async (core: Core, named: NonNullable<StoredLetter['$call']>): Promise<Json> => {
  const call = await core.store.call(named.call)
  const outcome = (await core.store.outcomes({ call: named.call })).find((row) => row.seq === named.seq)
  if (call && outcome) return endingEvent(call.child, named.ok, named.ok ? outcome.result : outcome.error)
  throw new TroupeError(
    'store.corrupt',
    `a message names the call ${named.call}, whose result is missing; restore the store from a copy`,
  )
}

const letterOf = async (core: Core, row: MailRow, entry: Entry): Promise<Letter> => {
  const stored = JSON.parse(row.message) as StoredLetter // letter-text.ts wrote it
  return {
    seq: row.seq,
    entry,
    from: stored.from,
    id: stored.id ?? null,
    event: stored.$call ? await resultEvent(core, stored.$call) : stored.event!,
    priority: stored.priority ?? 0,
    sentAt: stored.sentAt ?? core.at,
    expiresAt: stored.expiresAt ?? null,
    cause: stored.$call?.call ?? null,
    internal: stored.internal ?? stored.$call !== undefined,
    token: stored.token ?? null,
    outcome: stored.$call ?? null,
    timer: row.timer === null ? null : { key: row.timer, due: row.due!, to: stored.to ?? entry.row.address },
    attempts: row.attempts,
    stored: true,
  }
}

const page = 1000

async function* mailOf(core: Core): AsyncGenerator<MailRow> {
  for (let after = 0; ; ) {
    const rows = await core.store.mail({ after, limit: page })
    yield* rows
    if (rows.length < page) return
    after = rows.at(-1)!.seq
  }
}

/** Fills the mailboxes. Returns the timers, to be armed once all of them are known: overdue ones fire in order (C25). */
const loadMail = async (core: Core, concerns: Concerns): Promise<Letter[]> => {
  const timers: Letter[] = []
  for await (const row of mailOf(core)) {
    const entry = core.byId.get(row.actor)
    if (!entry || !isLiving(entry.row.status) || !concerns(entry)) continue
    try {
      const letter = await letterOf(core, row, entry)
      if (letter.timer) {
        entry.timers.add(letter)
        timers.push(letter)
      } else enqueue(entry, letter)
    } catch (error) {
      if (entry.row.status === 'active') quarantine(core, entry, error)
    }
  }
  return timers
}

const srcOf = (entry: Entry, row: CallRow): string => {
  const child = entry.hydrated!.live.children?.[row.child]
  if (child?.token === `${row.revision}.${row.index}`) return child.src
  throw new TroupeError(
    'store.corrupt',
    `${entry.row.address} has a call under way that its snapshot does not know; restore the store from a copy`,
    { place: entry.row.address },
  )
}

const takeUp = async (core: Core, pending: PendingRow, concerns: Concerns): Promise<(() => void) | null> => {
  const row = await core.store.call(pending.call)
  const entry = row ? core.byId.get(row.actor) : undefined
  if (!row || entry?.row.status !== 'active' || !concerns(entry)) return null
  try {
    entry.hydrated ??= await readState(core, entry)
    return takeUpCall(core, entry, row, pending, srcOf(entry, row))
  } catch (error) {
    quarantine(core, entry, error)
    return null
  }
}

/**
 * Builds the runtime's memory, of all that lives or of one run that is new in the store. Afterwards everything that
 * waited is ready, and calls that were under way go on.
 */
export const recover = async (core: Core, registry: Registry, run?: string): Promise<void> => {
  await loadActors(core, registry, run)
  const concerns: Concerns = (entry) => run === undefined || entry.row.run === run
  await loadAccounts(core, concerns)
  const timers = await loadMail(core, concerns)
  const goOn: (() => void)[] = []
  for (const pending of await core.store.pending()) {
    const resume = await takeUp(core, pending, concerns)
    if (resume) goOn.push(resume)
  }
  for (const timer of timers) core.timers.add(timer)
  core.timers.fire()
  for (const resume of goOn) resume()
  for (const entry of core.entries.values()) if (concerns(entry)) makeReady(core, entry)
}
