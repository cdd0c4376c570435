// Effects. Owns carrying out what a step asked for: rows for the batch, messages, timers, calls, births and ends.
//   E1. Everything that can fail is done before anything is written: a turn that cannot be stored leaves no trace (C6, C10).
//   E2. Stops come first, then births, then the rest in the machine's order (C15).
//   E3. What a turn makes has an id of its address, revision and index: the same at every replay (C27).
import { bear, end } from './births.ts'
import { openCall } from './calls.ts'
import { stopChild } from './ends.ts'
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import { type Stepped, serialise } from './kernel.ts'
import { arm, bury, checkRoom, deliveryOf, enveloped, parseFor, post } from './letters.ts'
import { type Encoded, encodeEffect, record } from './record.ts'
import { type Cause, type Core, type Entry, type Letter, now } from './state.ts'
import { isLiving } from './store.ts'
import { harmless } from './warnings.ts'

/** A step whose every part can be stored. */
export type Prepared = { stepped: Stepped; json: Json; effects: Encoded[] }

/** Makes everything of a step ready for the store. Throws when some of it is not; then nothing has happened (E1). */
export const prepareStep = (core: Core, entry: Entry, stepped: Stepped): Prepared => {
  for (const effect of stepped.effects.list) if (effect.kind === 'spawn') entry.definition.child(effect.src)
  return {
    stepped,
    json: serialise(core.codec, entry.definition.prepared, stepped.snapshot),
    effects: stepped.effects.list.map((effect) => encodeEffect(core, effect)),
  }
}

/** Puts a step into the batch: what the actor became, and everything it asked for. */
export const carryOut = (core: Core, entry: Entry, prepared: Prepared, cause: Cause, fresh = false): void => {
  const { stepped, json, effects } = prepared
  const seq = record(core, entry, { live: stepped.snapshot, json, cause, effects, fresh })
  const { address, revision } = entry.row
  effects.forEach((effect, index) => {
    apply(core, entry, effect, { seq, id: `${address}/${revision}.${index}` })
  })
  for (const action of stepped.effects.actions)
    core.writer.after(() => harmless(`an action of the machine of ${address}`, action))
  if (stepped.snapshot.status !== 'active') end(core, entry, stepped.snapshot)
}

const apply = (core: Core, entry: Entry, effect: Encoded, made: { seq: number; id: string }): void => {
  switch (effect.kind) {
    case 'stop':
      return stopChild(core, entry, effect)
    case 'spawn':
      return bear(core, entry, { ...effect, data: effect.data!, cause: made.seq })
    case 'call':
      return openCall(core, entry, { ...effect, data: effect.data! })
    case 'send':
      return deliver(core, {
        from: entry.row.address,
        to: effect.to,
        event: effect.data!,
        cause: made.seq,
        id: made.id,
      })
    case 'timer': {
      const timer = { key: effect.key, due: now(core) + effect.delay, to: effect.to }
      const id = effect.to === entry.row.address ? null : made.id
      return void arm(core, { entry, event: effect.data!, id, timer })
    }
    case 'clear':
      return clearTimers(core, entry, effect.key)
    default:
      return
  }
}

const clearTimers = (core: Core, entry: Entry, key: string): void => {
  for (const letter of entry.timers) {
    if (letter.timer!.key !== key) continue
    entry.timers.delete(letter)
    core.writer.take(letter)
  }
  if (!entry.queue.some((letter) => letter.timer?.key === key)) return
  // One that has already come due but not been taken is not delivered either (C25).
  entry.queue = entry.queue.filter((letter) => {
    if (letter.timer?.key !== key) return true
    core.writer.take(letter)
    return false
  })
}

type Delivery = { from: string; to: string; event: Json; cause: number; id: string }

/** Sends between actors: at once in memory, durable with the batch. Whom it cannot reach becomes a dead letter. */
const deliver = (core: Core, { from, to, event, cause, id }: Delivery): void => {
  const entry = core.entries.get(to)
  const lost = (reason: string, error?: unknown) => {
    core.counters.accepted++
    bury(core, { target: to, reason, error, message: { from, event } })
  }
  if (!entry) return lost('actor.unknown')
  if (!isLiving(entry.row.status)) return lost('actor.done')
  const delivery = deliveryOf(event)
  try {
    const wrapped = enveloped({ ...delivery, from, id, sentAt: now(core) }, entry, event)
    const isOwn = (event as { type: string }).type.startsWith('xstate.')
    const parsed = isOwn ? event : parseFor(core, entry, wrapped)
    checkRoom(core, entry)
    post(core, { ...delivery, entry, from, event: parsed, id, cause })
  } catch (error) {
    lost(error instanceof TroupeError ? error.code : 'message.invalid', error)
  }
}

/** A timer for someone else has come due: it becomes an ordinary message there, with its own id. */
export const forward = (core: Core, { from, event, seq, id, timer }: Letter): void =>
  deliver(core, { from, to: timer!.to, event, cause: seq, id: id ?? `${from}/${seq}` })
