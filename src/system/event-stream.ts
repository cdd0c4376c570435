// Event stream. Owns reading events in order: those in the store, page by page, and those that come.
import {
  type ActorName,
  eventOfActor,
  eventOfDead,
  eventOfOutcome,
  eventsOfCall,
  eventsOfTurn,
  type TroupeEvent,
} from '../runtime/events.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ActorRow, CallRow, JournalRow, StoreReader } from '../runtime/store.ts'

export type EventQuery = {
  /** Events of this run alone. */
  run?: string
  /** Only those after this `seq`. */
  after?: number
  /** Go on with what comes, until the run has ended. */
  follow?: boolean
}

const pageSize = 500

type Page = { events: TroupeEvent[] /** Up to here nothing is missing. */; complete: number }

const createNames = (store: StoreReader) => {
  const actors = new Map<number, ActorName | null>()
  const calls = new Map<number, CallRow | null>()
  return {
    actor: async (id: number) => {
      if (!actors.has(id)) actors.set(id, await store.actorById(id))
      return actors.get(id) ?? null
    },
    call: async (id: number) => {
      if (!calls.has(id)) calls.set(id, await store.call(id))
      return calls.get(id) ?? null
    },
  }
}
type Names = ReturnType<typeof createNames>

const upTo = (rows: readonly { seq: number }[]): number =>
  rows.length < pageSize ? Number.POSITIVE_INFINITY : rows.at(-1)!.seq

/** An actor is born in its first turn. */
const bornAt = async (store: StoreReader, { id }: ActorRow, journal: readonly JournalRow[]): Promise<number> => {
  const first = journal.find(({ actor }) => actor === id) ?? (await store.journal({ actor: id, limit: 1 }))[0]
  return first?.at ?? 0
}

const readPage = async (store: StoreReader, names: Names, run: string | undefined, after: number): Promise<Page> => {
  const query = { ...(run !== undefined && { run }), after, limit: pageSize }
  const [journal, calls, outcomes, actors, dead] = await Promise.all([
    store.journal(query),
    store.calls(query),
    store.outcomes(query),
    store.actors(query),
    store.dead({ after, limit: pageSize }),
  ])
  const events: TroupeEvent[] = []
  for (const row of actors) events.push(eventOfActor(row, await bornAt(store, row, journal)))
  for (const row of journal) {
    const actor = await names.actor(row.actor)
    if (actor) events.push(...eventsOfTurn(row, actor))
  }
  for (const row of calls) {
    const actor = await names.actor(row.actor)
    if (actor) events.push(...eventsOfCall(row, actor))
  }
  for (const row of outcomes) {
    const call = await names.call(row.call)
    const actor = call && (await names.actor(call.actor))
    if (call && actor) events.push(eventOfOutcome(row, call, actor))
  }
  for (const row of dead)
    if (run === undefined || row.target === run || row.target.startsWith(`${run}/`)) events.push(eventOfDead(row))
  const complete = Math.min(
    upTo(journal),
    upTo(calls.map(({ id }) => ({ seq: id }))),
    upTo(outcomes),
    upTo(actors.map(({ id }) => ({ seq: id }))),
    upTo(dead),
  )
  return {
    events: events.filter(({ seq }) => seq > after && seq <= complete).toSorted((a, b) => a.seq - b.seq),
    complete,
  }
}

/** The events in a store, oldest first. */
export async function* readEvents(store: StoreReader, { run, after = 0 }: EventQuery): AsyncGenerator<TroupeEvent> {
  const names = createNames(store)
  for (let from = after; ; ) {
    const { events, complete } = await readPage(store, names, run, from)
    yield* events
    if (complete === Number.POSITIVE_INFINITY) return
    from = Math.max(complete, events.at(-1)?.seq ?? 0)
  }
}

const isEnd = (event: TroupeEvent, run: string | undefined): boolean =>
  run !== undefined && event.type === 'actor.ended' && event.address === run

/** The events in a store and then those that come, without a gap and without one twice; ends with the commit that ends its run. */
export async function* streamEvents(runtime: Runtime, query: EventQuery): AsyncGenerator<TroupeEvent> {
  const live: TroupeEvent[] = []
  let wake: () => void = () => {}
  const stop = runtime.subscribe((event) => {
    if (query.run !== undefined && event.run !== query.run) return
    live.push(event)
    wake()
  })
  try {
    let last = query.after ?? 0
    let isOver = false
    for await (const event of readEvents(runtime.store, query)) {
      last = event.seq
      isOver ||= isEnd(event, query.run)
      yield event
    }
    while (!isOver) {
      for (const event of live.splice(0)) {
        if (event.seq <= last) continue
        last = event.seq
        isOver ||= isEnd(event, query.run)
        yield event
      }
      if (live.length === 0 && !isOver)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    stop()
  }
}
