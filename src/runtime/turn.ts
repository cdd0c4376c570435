// Turn. Owns taking one message through one machine.
//   U1. One turn at a time per actor; a running call never blocks its mailbox (C14).
//   U2. A throw persists nothing but the count of attempts (C10); after enough of them the message is set aside.
import type { EventObject } from 'xstate'
import { carryOut } from './effects.ts'
import { TroupeError } from './errors.ts'
import { step } from './kernel.ts'
import { account, buryLetter, post } from './letters.ts'
import { failLife, stopTree } from './lives.ts'
import { type Core, type Entry, type Letter, now, number } from './state.ts'
import { letterText } from './writer.ts'

/** What the runtime itself understands of a mailbox: ends an actor and everything below it. */
export const cancelType = 'troupe.cancel'

const isOver = (core: Core, letter: Letter): boolean => letter.expiresAt !== null && letter.expiresAt <= now(core)

const isStale = (entry: Entry, letter: Letter): boolean => {
  if (letter.token === null) return false
  const children = entry.hydrated!.live.children ?? {}
  return !Object.values(children).some((child) => child.token === letter.token)
}

/** A timer for someone else has come due: it becomes an ordinary message there. */
const forward = (core: Core, letter: Letter): void => {
  const target = core.entries.get(letter.timer!.to)
  if (target?.row.status !== 'active') return buryLetter(core, letter, target ? 'actor.done' : 'actor.unknown')
  core.writer.take(letter)
  account(core, letter)
  core.counters.applied++
  post(core, { entry: target, from: letter.from, event: letter.event, cause: letter.seq })
}

const poison = (core: Core, entry: Entry, letter: Letter, error: unknown): void => {
  letter.attempts++
  if (letter.attempts < core.limits.attempts) {
    if (letter.stored) core.writer.write({ do: 'mail.attempt', seq: letter.seq, attempts: letter.attempts })
    enqueueFirst(entry, letter)
    return
  }
  buryLetter(core, letter, error instanceof TroupeError ? error.code : 'machine.threw', error)
  // A machine that cannot take the end of its own call or timer would wait for ever: it fails instead, and its parent hears of it.
  if (letter.internal) failLife(core, entry, error)
}

const enqueueFirst = (entry: Entry, letter: Letter): void => void entry.queue.unshift(letter)

const cancel = (core: Core, entry: Entry, letter: Letter): void => {
  core.writer.take(letter)
  core.counters.applied++
  stopTree(core, entry, (letter.event as { reason?: string }).reason ?? 'cancelled')
}

const drop = (core: Core, letter: Letter, count: 'expired' | 'purged'): void => {
  core.writer.take(letter)
  account(core, letter)
  core.counters[count]++
  if (count === 'expired') noteExpired(core, letter)
}

/** An expired message is kept as a dead letter for people, and counted as expired. */
const noteExpired = (core: Core, letter: Letter): void =>
  core.writer.write({
    do: 'dead.add',
    row: {
      seq: number(core),
      target: letter.entry.row.address,
      reason: 'message.expired',
      error: null,
      message: JSON.stringify({ from: letter.from, event: letter.event }),
      at: now(core),
    },
  })

/** Takes the first waiting message of an actor whose snapshot is in memory. */
export const turn = (core: Core, entry: Entry): void => {
  const letter = entry.queue.shift()!
  core.writer.turned()
  if (letter.event !== null && (letter.event as { type: string }).type === cancelType)
    return cancel(core, entry, letter)
  if (letter.timer && letter.timer.to !== entry.row.address) return forward(core, letter)
  if (isOver(core, letter)) return drop(core, letter, 'expired')
  if (isStale(entry, letter)) return drop(core, letter, 'purged')
  const { row, hydrated, definition } = entry
  const identity = {
    address: row.address,
    parent: entry.parent?.row.address ?? null,
    incarnation: row.incarnation,
    revision: row.revision + 1,
  }
  try {
    const event = core.codec.decode(letter.event) as EventObject
    carryOut(core, entry, step(definition.prepared, identity, hydrated!.live, event), {
      seq: letter.cause ?? letter.seq,
      text: letterText(letter),
    })
  } catch (error) {
    if (!(error instanceof TroupeError)) throw error
    return poison(core, entry, letter, error)
  }
  core.writer.take(letter)
  account(core, letter)
  core.counters.applied++
}
