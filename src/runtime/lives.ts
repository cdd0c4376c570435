// Lives. Owns births, ends and restarts of actors, and of everything below them.
//   V1. A birth is a row and a first step, in the commit of the turn that asked for it.
//   V2. A tree is stopped leaves first; an ended life keeps no call and no timer.
//   V3. A restart is a new incarnation from the same input; the mailbox stays (C38).
import { closeCall } from './calls.ts'
import type { Definition } from './definition.ts'
import type { Json } from './json.ts'
import { initial, type Live } from './kernel.ts'
import { buryLetter, post } from './letters.ts'
import { record } from './record.ts'
import { type Cause, type Core, type Ended, type Entry, makeReady, now, number } from './state.ts'

/** How a machine's parent knows it: stored, so that it can be found and born again. */
export type Birth = { src: string | null; child: string | null; token: string | null; restarts: number }
export const birthOf = (entry: Entry): Birth => JSON.parse(entry.row.birth) as Birth

/** Ends a child, a call or an actor, and what it had already said about its end (C19). */
export const stopChild = (core: Core, entry: Entry, child: { id: string; token: string }): void => {
  const call = entry.calls.get(child.id)
  if (call?.token === child.token) closeCall(core, call, 'cancelled')
  const actor = entry.children.get(child.id)
  if (actor && birthOf(actor).token === child.token) stopTree(core, actor, 'stopped by its parent')
  // What it had already sent about its end is of a life that is over (C19).
  entry.queue = entry.queue.filter((letter) => {
    if (letter.token !== child.token) return true
    core.writer.take(letter)
    core.counters.purged++
    return false
  })
}

/** Ends an actor and everything below it, leaves first. */
export const stopTree = (core: Core, entry: Entry, reason: string): void => {
  for (const child of entry.children.values()) stopTree(core, child, reason)
  if (entry.row.status !== 'active') return
  const { row } = entry
  core.writer.touch(entry)
  row.revision++
  row.status = 'stopped'
  const patch = JSON.stringify([{ op: 'replace', path: '/status', value: 'stopped' }])
  core.writer.write({
    do: 'journal.add',
    row: {
      seq: number(core),
      actor: row.id,
      incarnation: row.incarnation,
      revision: row.revision,
      at: now(core),
      cause: null,
      message: JSON.stringify({ event: { type: 'xstate.stop', reason } }),
      patch,
      notes: JSON.stringify({ status: 'stopped', ended: number(core) }),
    },
  })
  entry.hydrated = null
  release(core, entry, 'actor.stopped')
  settle(core, entry, { status: 'stopped', output: undefined, error: undefined })
}

/** What an ended life leaves behind: no calls, no timers; waiting messages become dead letters unless the mailbox stays. */
const release = (core: Core, entry: Entry, reason: string | null): void => {
  for (const call of [...entry.calls.values()]) closeCall(core, call, 'cancelled')
  for (const timer of entry.timers) core.writer.take(timer)
  entry.timers.clear()
  if (reason === null) return
  for (const letter of entry.queue.splice(0)) buryLetter(core, letter, reason)
}

const settle = (core: Core, entry: Entry, ended: Ended): void => {
  if (entry.parent) return
  const { address } = entry.row
  endRun(core, address, ended)
  for (const settled of core.settled.get(address) ?? []) settled(ended)
  core.settled.delete(address)
  forget(core, entry)
  core.ledger.close(address)
}

/** A run's row ends in the commit that ends its root actor. */
const endRun = (core: Core, address: string, ended: Ended): void => {
  const run = core.runs.get(address)
  if (!run) return
  const { status, result } = core.judge(ended)
  core.writer.write({ do: 'run.put', row: { ...run, status, result: JSON.stringify(result), endedAt: now(core) } })
  core.runs.delete(address)
}

/** Ended trees leave the memory; their rows stay. */
const forget = (core: Core, entry: Entry): void => {
  for (const child of entry.children.values()) forget(core, child)
  core.entries.delete(entry.row.address)
  core.byId.delete(entry.row.id)
}

/** Carries out the end of a life whose last step said so. */
export const end = (core: Core, entry: Entry, live: Live): void => {
  const birth = birthOf(entry)
  if (live.status === 'error' && birth.restarts < (entry.definition.restarts ?? 0)) return restart(core, entry, birth)
  for (const child of entry.children.values()) stopTree(core, child, 'its parent ended')
  release(core, entry, 'actor.done')
  tellParent(core, entry, live)
  settle(core, entry, { status: live.status as 'done' | 'error', output: live.output, error: live.error })
}

const tellParent = (core: Core, entry: Entry, live: Live): void => {
  const { parent } = entry
  const { child, token } = birthOf(entry)
  if (!parent || child === null || parent.row.status !== 'active') return
  const ended =
    live.status === 'done'
      ? { type: `xstate.done.actor.${child}`, output: live.output, actorId: child }
      : { type: `xstate.error.actor.${child}`, error: live.error, actorId: child }
  post(core, { entry: parent, from: entry.row.address, event: core.codec.encode(ended), internal: true, token })
}

/** A new life from the same input: old timers, calls and children end in the same commit, the mailbox stays (C38). */
const restart = (core: Core, entry: Entry, birth: Birth): void => {
  for (const child of entry.children.values()) stopTree(core, child, 'its parent was restarted')
  release(core, entry, null)
  core.writer.touch(entry, 'again')
  entry.row.birth = JSON.stringify({ ...birth, restarts: birth.restarts + 1 })
  entry.row.incarnation++
  begin(core, entry, {
    seq: core.seq,
    text: JSON.stringify({ event: { type: 'xstate.init', restart: birth.restarts + 1 } }),
  })
}

/** First step of a life. A factory that throws ends it there. */
const begin = (core: Core, entry: Entry, cause: Cause): void => {
  const { row, definition } = entry
  const input = row.input === null ? undefined : core.codec.decode(JSON.parse(row.input))
  const identity = {
    address: row.address,
    parent: entry.parent?.row.address ?? null,
    incarnation: row.incarnation,
    revision: row.revision + 1,
  }
  row.status = 'active'
  entry.hydrated = null
  try {
    core.carryOut(entry, initial(definition.prepared, identity, input), cause, true)
  } catch (error) {
    failAtBirth(core, entry, error, cause)
  }
  makeReady(core, entry)
}

const failAtBirth = (core: Core, entry: Entry, error: unknown, cause: Cause): void => {
  const live: Live = { status: 'error', error }
  const json = {
    status: 'error',
    value: null,
    context: {},
    children: {},
    error: core.codec.encode(error instanceof Error ? error : new Error(String(error))),
  }
  record(core, entry, { live, json, cause, effects: [], fresh: true })
  for (const child of entry.children.values()) stopTree(core, child, 'its parent failed')
  release(core, entry, 'actor.failed')
  tellParent(core, entry, live)
  settle(core, entry, { status: 'error', output: undefined, error })
}

/** Ends a life that can take no more messages, as its machine's own error would. */
export const failLife = (core: Core, entry: Entry, error: unknown): void => {
  const { hydrated } = entry
  const live: Live = { ...hydrated!.live, status: 'error', error }
  const json = { ...(hydrated!.json as object), status: 'error', error: core.codec.encode(error) }
  record(core, entry, {
    live,
    json,
    cause: { seq: null, text: JSON.stringify({ event: { type: 'troupe.failed' } }) },
    effects: [],
    fresh: false,
  })
  end(core, entry, live)
}

type Bearing = { id: string; src: string; token: string; data: Json }

/** Gives a parent a child. */
export const bear = (core: Core, parent: Entry, born: Bearing): void => {
  const address = `${parent.row.address}/${born.id}`
  const old = parent.children.get(born.id)
  if (old) stopTree(core, old, 'replaced by its parent')
  const definition = parent.definition.child(born.src)
  const birth: Birth = { src: born.src, child: born.id, token: born.token, restarts: 0 }
  const entry = old ?? createEntry(core, { address, parent, definition })
  adopt(core, entry, definition, { input: JSON.stringify(born.data), birth, again: old !== undefined })
  begin(core, entry, {
    seq: core.seq,
    text: JSON.stringify({ event: { type: 'xstate.init' }, from: parent.row.address }),
  })
}

const adopt = (
  core: Core,
  entry: Entry,
  definition: Definition,
  life: { input: string | null; birth: Birth; again: boolean },
): void => {
  core.writer.touch(entry, life.again ? 'again' : 'new')
  const { row } = entry
  entry.definition = definition
  Object.assign(row, {
    machine: definition.id,
    version: definition.version,
    hash: definition.hash,
    input: life.input,
    birth: JSON.stringify(life.birth),
  })
  row.incarnation++
  if (definition.limits) core.writer.write(core.ledger.open(row.address, definition.limits))
}

/** An entry with no life yet. */
export const createEntry = (
  core: Core,
  { address, parent, definition }: { address: string; parent: Entry | null; definition: Definition },
): Entry => {
  const id = number(core)
  const entry: Entry = {
    row: {
      id,
      address,
      parent: parent?.row.id ?? null,
      run: parent?.row.run ?? address,
      machine: definition.id,
      version: definition.version,
      hash: definition.hash,
      status: 'active',
      incarnation: 0,
      revision: 0,
      state: '',
      input: null,
      birth: '',
    },
    definition,
    parent,
    children: new Map(),
    hydrated: null,
    loading: false,
    queue: [],
    timers: new Set(),
    calls: new Map(),
    ready: false,
  }
  core.entries.set(address, entry)
  core.byId.set(id, entry)
  if (parent) parent.children.set(address.slice(parent.row.address.length + 1), entry)
  return entry
}

/** Starts a root actor. */
export const bearRoot = (core: Core, root: { address: string; definition: Definition; input: Json }): Entry => {
  const entry = createEntry(core, { address: root.address, parent: null, definition: root.definition })
  adopt(core, entry, root.definition, {
    input: JSON.stringify(root.input),
    birth: { src: null, child: null, token: null, restarts: 0 },
    again: false,
  })
  begin(core, entry, { seq: null, text: JSON.stringify({ event: { type: 'xstate.init' } }) })
  return entry
}
