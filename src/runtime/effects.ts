// Effects. Owns carrying out what a step asked for: rows for the batch, messages, timers, calls, births and ends.
//   E1. Everything is encoded before anything is written: a turn that cannot be stored leaves no trace (C6, C10).
//   E2. Stops come first, then births, then the rest in the machine's order (C15).
import { openCall } from './calls.ts'
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import { type Stepped, serialise } from './kernel.ts'
import { arm, bury, checkRoom, enveloped, parseFor, post } from './letters.ts'
import { bear, end, stopChild } from './lives.ts'
import { type Encoded, encodeEffect, record } from './record.ts'
import { type Cause, type Core, type Entry, now } from './state.ts'

/** Puts a step into the batch: what the actor became, and everything it asked for. Throws before anything is written. */
export const carryOut = (core: Core, entry: Entry, stepped: Stepped, cause: Cause, fresh = false): void => {
  const { prepared } = entry.definition
  const json = serialise(core.codec, prepared, stepped.snapshot)
  const effects = stepped.effects.list.map((effect) => encodeEffect(core, effect))
  record(core, entry, { live: stepped.snapshot, json, cause, effects, fresh })
  const causedBy = core.seq
  for (const effect of effects) apply(core, entry, effect, causedBy)
  for (const action of stepped.effects.actions) core.writer.after(action)
  if (stepped.snapshot.status !== 'active') end(core, entry, stepped.snapshot)
}

const apply = (core: Core, entry: Entry, effect: Encoded, cause: number): void => {
  switch (effect.kind) {
    case 'stop':
      return stopChild(core, entry, effect)
    case 'spawn':
      bear(core, entry, { ...effect, data: effect.data! })
      return
    case 'call':
      return openCall(core, entry, { ...effect, data: effect.data! })
    case 'send':
      return deliver(core, { from: entry.row.address, to: effect.to, event: effect.data!, cause, index: cause })
    case 'timer':
      arm(core, entry, effect.data!, { key: effect.key, due: now(core) + effect.delay, to: effect.to })
      return
    case 'clear':
      return clearTimers(core, entry, effect.key)
    default:
      return
  }
}

const clearTimers = (core: Core, entry: Entry, key: string): void => {
  for (const letter of entry.timers) {
    if (letter.timer!.key === key) {
      entry.timers.delete(letter)
      core.writer.take(letter)
    }
  }
  // One that has already come due but not been taken is not delivered either (C25).
  entry.queue = entry.queue.filter((letter) => {
    if (letter.timer?.key !== key) return true
    core.writer.take(letter)
    return false
  })
}

/** Sends between actors: at once in memory, durable with the batch. Whom it cannot reach becomes a dead letter. */
export const deliver = (
  core: Core,
  message: { from: string; to: string; event: Json; cause: number; index: number },
): void => {
  const event = message.event as Json & { type: string; priority?: number; expiresAt?: number }
  const entry = core.entries.get(message.to)
  const lost = (reason: string, error?: unknown) => {
    core.counters.accepted++
    bury(core, { target: message.to, reason, error, message: { from: message.from, event } })
  }
  if (entry?.row.status !== 'active') return lost(entry ? 'actor.done' : 'actor.unknown')
  try {
    const id = `${message.from}/${message.index}`
    const priority = event.priority ?? 0
    const wrapped = enveloped(
      { from: message.from, id, sentAt: now(core), priority, expiresAt: event.expiresAt ?? null, seq: 0 },
      entry,
      event,
    )
    const parsed = event.type.startsWith('xstate.') ? event : parseFor(entry, wrapped)
    checkRoom(core, entry)
    post(core, {
      entry,
      from: message.from,
      event: parsed,
      id,
      priority,
      expiresAt: event.expiresAt ?? null,
      cause: message.cause,
    })
  } catch (error) {
    lost(error instanceof TroupeError ? error.code : 'message.invalid', error)
  }
}
