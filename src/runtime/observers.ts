// Observers. Owns telling those who watch, after the commit, in order. A watcher that throws harms nobody.
import {
  type ActorName,
  eventOfActor,
  eventOfDead,
  eventOfOutcome,
  eventsOfCall,
  eventsOfTurn,
  type TroupeEvent,
} from './events.ts'
import type { CallPart } from './state.ts'
import type { CallRow, StoreReader, Write } from './store.ts'
import { harmless } from './warnings.ts'

export type Listener = (event: TroupeEvent) => void
export type PartListener = (part: CallPart) => void

export interface Observers {
  subscribe(listener: Listener): () => void
  subscribeParts(listener: PartListener): () => void
  /** The rows of one commit. */
  committed(writes: readonly Write[], at: number): void
  part(part: CallPart): void
  /** Resolves when all that was committed has been told. */
  told(): Promise<void>
}

type Lookup = Pick<StoreReader, 'actorById' | 'call'>

const remembered = 20_000

/** What was looked up or seen lately; the oldest is forgotten. */
const createMemory = <Value>(find: (id: number) => Promise<Value | null>) => {
  const known = new Map<number, Value>()
  const put = (id: number, value: Value) => {
    known.set(id, value)
    if (known.size > remembered) known.delete(known.keys().next().value!)
  }
  return {
    put,
    get: (id: number): Value | undefined => known.get(id),
    /** Makes sure that `get` knows it, if anybody does. */
    learn: async (id: number): Promise<void> => {
      if (known.has(id)) return
      const value = await find(id)
      if (value) put(id, value)
    },
  }
}

const createNames = (store: Lookup) => {
  const actors = createMemory<ActorName>((id) => store.actorById(id))
  const calls = createMemory<CallRow>((id) => store.call(id))
  /** Remembers whom a row brings in; returns the look-up that a row of older ones needs. */
  const note = (write: Write): Promise<void> | null => {
    if (write.do === 'actor.add') actors.put(write.row.id, write.row)
    else if (write.do === 'call.add') calls.put(write.row.id, write.row)
    else if (write.do === 'journal.add') return actors.get(write.row.actor) ? null : actors.learn(write.row.actor)
    else if (write.do === 'outcome.add') return learnCall(write.row.call)
    return write.do === 'call.add' && !actors.get(write.row.actor) ? actors.learn(write.row.actor) : null
  }
  const learnCall = (id: number): Promise<void> | null => {
    const call = calls.get(id)
    if (call && actors.get(call.actor)) return null
    return calls.learn(id).then(() => actors.learn(calls.get(id)?.actor ?? -1))
  }
  return { actors, calls, note }
}

const eventsOf = (write: Write, at: number, { actors, calls }: ReturnType<typeof createNames>): TroupeEvent[] => {
  switch (write.do) {
    case 'actor.add':
      return [eventOfActor(write.row, at)]
    case 'journal.add': {
      const actor = actors.get(write.row.actor)
      return actor ? eventsOfTurn(write.row, actor) : []
    }
    case 'call.add': {
      const actor = actors.get(write.row.actor)
      return actor ? eventsOfCall(write.row, actor) : []
    }
    case 'outcome.add': {
      const call = calls.get(write.row.call)
      const actor = call && actors.get(call.actor)
      return actor ? [eventOfOutcome(write.row, call, actor)] : []
    }
    case 'dead.add':
      return [eventOfDead(write.row)]
    default:
      return []
  }
}

/** When actors took their first turns: the time of their birth, as a reader of the store finds it too. */
const birthsIn = (writes: readonly Write[]): Map<number, number> => {
  const times = new Map<number, number>()
  if (!writes.some((write) => write.do === 'actor.add')) return times
  for (const write of writes)
    if (write.do === 'journal.add' && !times.has(write.row.actor)) times.set(write.row.actor, write.row.at)
  return times
}

export const createObservers = (store: Lookup): Observers => {
  const listeners = new Set<Listener>()
  const partListeners = new Set<PartListener>()
  const names = createNames(store)
  let last: Promise<void> = Promise.resolve()

  const tell = <T>(to: Set<(value: T) => void>, value: T) => {
    for (const listener of to) harmless('an observer', () => listener(value))
  }

  const tellAll = async (writes: readonly Write[], at: number): Promise<void> => {
    for (const write of writes) {
      const learning = names.note(write)
      // A store that cannot be read any more leaves out events of actors that nobody remembers.
      if (learning) await learning.catch(() => {})
    }
    const bornAt = birthsIn(writes)
    const events = writes.flatMap((write) =>
      eventsOf(write, write.do === 'actor.add' ? (bornAt.get(write.row.id) ?? at) : at, names),
    )
    for (const event of events.sort((a, b) => a.seq - b.seq)) tell(listeners, event)
  }

  return {
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    subscribeParts: (listener) => {
      partListeners.add(listener)
      return () => partListeners.delete(listener)
    },
    committed: (writes, at) => {
      if (listeners.size > 0) last = last.then(() => tellAll(writes, at))
    },
    part: (part) => tell(partListeners, part),
    told: () => last,
  }
}
