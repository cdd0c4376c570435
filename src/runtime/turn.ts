// Turn. Owns taking one message through one machine.
//   U1. One turn at a time per actor; a running call never blocks its mailbox (C14).
//   U2. A throw persists nothing but the count of attempts (C10); after enough of them the message is set aside.
import type { EventObject } from 'xstate'
import { failLife } from './births.ts'
import { carryOut, forward, type Prepared, prepareStep } from './effects.ts'
import { stopTree } from './ends.ts'
import { TroupeError } from './errors.ts'
import { step } from './kernel.ts'
import { foreign } from './kernel-scope.ts'
import { letterText } from './letter-text.ts'
import { account, applied, buryLetter, purge } from './letters.ts'
import { type Core, type Entry, type Letter, nextIdentity, now, number } from './state.ts'

/** What the runtime itself understands of a mailbox: ends an actor and everything below it. */
export const cancelType = 'troupe.cancel'

/** Whether the actor's snapshot is needed to take its first message: ending it needs none. */
export const needsSnapshot = (entry: Entry): boolean => !entry.hydrated && !isCancel(entry.queue[0]!)

const isCancel = ({ event, internal }: Letter): boolean =>
  internal && (event as { type?: string } | null)?.type === cancelType

const isOver = (core: Core, letter: Letter): boolean => letter.expiresAt !== null && letter.expiresAt <= now(core)

const isStale = (entry: Entry, letter: Letter): boolean => {
  if (letter.token === null) return false
  const { children } = entry.hydrated!.live
  for (const id in children) if (children[id]!.token === letter.token) return false
  return true
}

/** A message that this machine cannot take: tried a few times, then set aside (C40). */
const poison = (core: Core, entry: Entry, letter: Letter, error: TroupeError): void => {
  letter.attempts++
  if (letter.attempts < core.limits.attempts) {
    if (letter.stored) core.writer.write({ do: 'mail.attempt', seq: letter.seq, attempts: letter.attempts })
    entry.queue.unshift(letter)
    return
  }
  buryLetter(core, letter, error.code, error)
  // A machine that cannot take the end of its own call or timer would wait for ever: it fails instead, and its parent hears of it.
  if (letter.internal) failLife(core, entry, error)
}

/** An expired message is kept as a dead letter for people, and counted as expired. */
const expire = (core: Core, letter: Letter): void => {
  core.writer.take(letter)
  account(core, letter)
  core.counters.expired++
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
}

/** What the message makes of the actor, ready for the store. Throws when the machine or the store cannot take it. */
const compute = (core: Core, entry: Entry, letter: Letter): Prepared => {
  // The cast is true because the mailbox lets in only objects with a type (M1).
  const event = core.codec.decode(letter.event, foreign) as EventObject
  const stepped = step(entry.definition.prepared, nextIdentity(entry), entry.hydrated!.live, event)
  return prepareStep(core, entry, stepped)
}

const asThrown = (entry: Entry, error: unknown): TroupeError =>
  error instanceof TroupeError
    ? error
    : new TroupeError('machine.threw', `the machine of ${entry.row.address} threw: ${String(error)}`, { cause: error })

/** Takes the first waiting message of an actor whose snapshot is in memory. */
export const turn = (core: Core, entry: Entry): void => {
  const letter = entry.queue.shift()!
  core.writer.turned()
  if (isCancel(letter)) {
    applied(core, letter)
    return stopTree(core, entry, (letter.event as { reason?: string }).reason ?? 'cancelled')
  }
  if (letter.timer && letter.timer.to !== entry.row.address) {
    applied(core, letter)
    return forward(core, letter)
  }
  if (isOver(core, letter)) return expire(core, letter)
  if (isStale(entry, letter)) return purge(core, letter)
  let prepared: Prepared
  try {
    prepared = compute(core, entry, letter)
  } catch (error) {
    return poison(core, entry, letter, asThrown(entry, error))
  }
  applied(core, letter)
  carryOut(core, entry, prepared, { seq: letter.cause ?? letter.seq, text: letterText(letter) })
}
