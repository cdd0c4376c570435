// Births. Owns how lives begin, and begin again after a failure.
//   B1. A birth is a row and a first step, in the commit of the turn that asked for it.
//   B2. A restart is a new incarnation from the same input; the mailbox stays, the failing message does not (C38).
import type { Definition } from './definition.ts'
import { type Birth, birthOf, clearLife, conclude, stopTree } from './ends.ts'
import type { Json } from './json.ts'
import { initial, type Live } from './kernel.ts'
import { foreign } from './kernel-scope.ts'
import { record } from './record.ts'
import { type Cause, type Core, type Entry, makeReady, nextIdentity, number } from './state.ts'
import type { ActorRow } from './store.ts'
import { storedError } from './stored-error.ts'

const causeOf = (seq: number | null, event: object, from?: string): Cause => ({
  seq,
  text: JSON.stringify({ event, ...(from !== undefined && { from }) }),
})

/** Carries out the end of a life whose last step said so: another life if it has restarts left. */
export const end = (core: Core, entry: Entry, live: Live): void => {
  const birth = birthOf(entry)
  if (live.status === 'error' && birth.restarts < (entry.definition.restarts ?? 0)) return restart(core, entry, birth)
  conclude(core, entry, live, live.status === 'error' ? 'actor.failed' : 'actor.done')
}

const restart = (core: Core, entry: Entry, birth: Birth): void => {
  clearLife(core, entry, 'its parent was restarted')
  core.writer.touch(entry, 'again')
  entry.row.birth = JSON.stringify({ ...birth, restarts: birth.restarts + 1 } satisfies Birth)
  entry.row.incarnation++
  begin(core, entry, causeOf(null, { type: 'xstate.init', restart: birth.restarts + 1 }))
}

/** First step of a life. A factory that throws ends it there. */
const begin = (core: Core, entry: Entry, cause: Cause): void => {
  const { row, definition } = entry
  row.status = 'active'
  entry.hydrated = null
  let first: (() => void) | null = null
  try {
    const input = row.input === null ? undefined : core.codec.decode(JSON.parse(row.input) as Json, foreign)
    first = core.prepareBirth(entry, initial(definition.prepared, nextIdentity(entry), input), cause)
  } catch (error) {
    failAtBirth(core, entry, error, cause)
  }
  first?.()
  makeReady(core, entry)
}

const failAtBirth = (core: Core, entry: Entry, error: unknown, cause: Cause): void => {
  const live: Live = { status: 'error', error }
  const json = { status: 'error', value: null, context: {}, children: {}, error: storedError(core, error) }
  record(core, entry, { live, json, cause, effects: [], fresh: true })
  conclude(core, entry, live, 'actor.failed')
}

/** Ends a life that can take no more messages, as its machine's own error would. */
export const failLife = (core: Core, entry: Entry, error: unknown): void => {
  const { live: before, json: stored } = entry.hydrated!
  const live: Live = { ...before, status: 'error', error }
  const json = { ...(stored as object), status: 'error', error: storedError(core, error) }
  record(core, entry, { live, json, cause: causeOf(null, { type: 'troupe.failed' }), effects: [], fresh: false })
  end(core, entry, live)
}

type Bearing = { id: string; src: string; token: string; data: Json; cause: number }

/** Gives a parent a child. */
export const bear = (core: Core, parent: Entry, born: Bearing): void => {
  const address = `${parent.row.address}/${born.id}`
  const old = parent.children.get(born.id)
  if (old) stopTree(core, old, 'replaced by its parent')
  const definition = parent.definition.child(born.src)
  const entry = old ?? createEntry(core, { address, parent, definition })
  const birth: Birth = { src: born.src, child: born.id, token: born.token, restarts: 0 }
  adopt(core, entry, { definition, input: born.data, birth, isOld: old !== undefined })
  begin(core, entry, causeOf(born.cause, { type: 'xstate.init' }, parent.row.address))
}

type Life = { definition: Definition; input: Json; birth: Birth; isOld: boolean }

const adopt = (core: Core, entry: Entry, { definition, input, birth, isOld }: Life): void => {
  core.writer.touch(entry, isOld ? 'again' : 'new')
  const { row } = entry
  entry.definition = definition
  row.machine = definition.id
  row.version = definition.version
  row.hash = definition.hash
  row.input = JSON.stringify(input)
  row.birth = JSON.stringify(birth)
  row.incarnation++
  if (definition.limits) core.writer.write(core.ledger.open(row.address, definition.limits))
}

/** What the runtime holds of an actor: nothing but its row, to begin with. */
export const emptyEntry = (row: ActorRow, parent: Entry | null, definition: Definition): Entry => ({
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

/** Makes an actor known by its address. */
export const enter = (core: Core, entry: Entry): void => {
  const { row, parent } = entry
  core.entries.set(row.address, entry)
  core.byId.set(row.id, entry)
  parent?.children.set(row.address.slice(parent.row.address.length + 1), entry)
}

type Place = { address: string; parent: Entry | null; definition: Definition }

/** An entry with no life yet. */
const createEntry = (core: Core, { address, parent, definition }: Place): Entry => {
  const row: ActorRow = {
    id: number(core),
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
  }
  const entry = emptyEntry(row, parent, definition)
  enter(core, entry)
  return entry
}

/** Starts a root actor. */
export const bearRoot = (core: Core, root: { address: string; definition: Definition; input: Json }): void => {
  const entry = createEntry(core, { address: root.address, parent: null, definition: root.definition })
  const birth: Birth = { src: null, child: null, token: null, restarts: 0 }
  adopt(core, entry, { definition: root.definition, input: root.input, birth, isOld: false })
  begin(core, entry, causeOf(null, { type: 'xstate.init' }))
}
