// Checkpoints. Owns the positions of a run that can be looked back to and forked from: one after every turn.
import { type ActorName, eventsOfTurn } from '../runtime/events.ts'
import type { Json } from '../runtime/json.ts'
import type { StoreReader } from '../runtime/store.ts'

export type Checkpoint = {
  /** The position: what `fork` takes. */
  seq: number
  /** ISO-8601, UTC. */
  at: string
  address: string
  revision: number
  /** The type of the message that was taken. */
  message: string
  /** The state the turn led to; null when it stayed the same. */
  state: Json | null
}

const page = 500

/** The checkpoints of a run, oldest first. */
export async function* readCheckpoints(store: StoreReader, run: string): AsyncGenerator<Checkpoint> {
  const names = new Map<number, ActorName | null>()
  for (let after = 0; ; ) {
    const rows = await store.journal({ run, after, limit: page })
    for (const row of rows) {
      if (!names.has(row.actor)) names.set(row.actor, await store.actorById(row.actor))
      const turn = eventsOfTurn(row, names.get(row.actor)!)[0]
      if (turn?.type !== 'actor.turn') continue
      const { seq, at, address, revision, message, state } = turn
      yield { seq, at, address, revision, message, state }
    }
    if (rows.length < page) return
    after = rows.at(-1)!.seq
  }
}
