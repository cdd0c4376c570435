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

/** A map that forgets its oldest. */
const createMemory = <Value>(find: (id: number) => Promise<Value | null>) => {
  const known = new Map<number, Value>()
  const put = (id: number, value: Value) => {
    known.set(id, value)
    if (known.size > remembered) known.delete(known.keys().next().value!)
  }
  const get = async (id: number): Promise<Value | null> => {
    const value = known.get(id) ?? (await find(id))
    if (value) put(id, value)
    return value
  }
  return { put, get }
}

export const createObservers = (store: Lookup): Observers => {
  const listeners = new Set<Listener>()
  const partListeners = new Set<PartListener>()
  const actors = createMemory<ActorName>((id) => store.actorById(id))
  const calls = createMemory<CallRow>((id) => store.call(id))
  let last: Promise<void> = Promise.resolve()

  const tell = <T>(to: Set<(value: T) => void>, value: T) => {
    for (const listener of to) {
      try {
        listener(value)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  const eventsOf = async (write: Write, at: number): Promise<TroupeEvent[]> => {
    switch (write.do) {
      case 'actor.add':
        actors.put(write.row.id, write.row)
        return [eventOfActor(write.row, at)]
      case 'journal.add': {
        const actor = await actors.get(write.row.actor)
        return actor ? eventsOfTurn(write.row, actor) : []
      }
      case 'call.add': {
        calls.put(write.row.id, write.row)
        const actor = await actors.get(write.row.actor)
        return actor ? eventsOfCall(write.row, actor) : []
      }
      case 'outcome.add': {
        const call = await calls.get(write.row.call)
        const actor = call && (await actors.get(call.actor))
        return call && actor ? [eventOfOutcome(write.row, call, actor)] : []
      }
      case 'dead.add':
        return [eventOfDead(write.row)]
      default:
        return []
    }
  }

  const tellAll = async (writes: readonly Write[], at: number): Promise<void> => {
    const events: TroupeEvent[] = []
    for (const write of writes) events.push(...(await eventsOf(write, at)))
    for (const event of events.toSorted((a, b) => a.seq - b.seq)) tell(listeners, event)
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
