// Ends. Owns how lives end: stopped from outside, or told to the parent; and what they leave behind.
//   V1. A tree is stopped leaves first; an ended life keeps no call and no timer.
//   V2. A child's end and the notice to its parent are one commit (C37).
import { closeCall } from './call-end.ts'
import { toFailure } from './errors.ts'
import type { Json } from './json.ts'
import type { Live } from './kernel.ts'
import { buryLetter, post, purge } from './letters.ts'
import { type Core, type Ended, type Entry, now, number } from './state.ts'
import { isLiving } from './store.ts'
import { storedError } from './stored-error.ts'

/** How a machine's parent knows it: stored, so that it can be found and born again. */
export type Birth = { src: string | null; child: string | null; token: string | null; restarts: number }
export const birthOf = (entry: Entry): Birth => JSON.parse(entry.row.birth) as Birth // written by births.ts alone

/** Ends a child, a call or an actor. What it had already said about its end is not delivered: its token is no child's (C19). */
export const stopChild = (core: Core, entry: Entry, child: { id: string; token: string }): void => {
  const call = entry.calls.get(child.id)
  if (call?.token === child.token) closeCall(core, call)
  const actor = entry.children.get(child.id)
  if (actor && birthOf(actor).token === child.token) stopTree(core, actor, 'stopped by its parent')
}

const purgeWhere = (core: Core, entry: Entry, isOver: (letter: Entry['queue'][number]) => boolean): void => {
  if (!entry.queue.some(isOver)) return
  entry.queue = entry.queue.filter((letter) => {
    if (!isOver(letter)) return true
    purge(core, letter)
    return false
  })
}

/** Ends an actor and everything below it, leaves first. */
export const stopTree = (core: Core, entry: Entry, reason: string): void => {
  for (const child of entry.children.values()) stopTree(core, child, reason)
  if (!isLiving(entry.row.status)) return
  const { row } = entry
  core.writer.touch(entry)
  row.revision++
  row.status = 'stopped'
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
      patch: '[{"op":"replace","path":"/status","value":"stopped"}]',
      notes: JSON.stringify({ status: 'stopped', ended: number(core) }),
    },
  })
  leave(core, entry, 'actor.stopped')
  settle(core, entry, { status: 'stopped', output: undefined, error: undefined })
}

/** What an ended life leaves behind: no calls, no timers, no snapshot in memory; what waited becomes dead letters. */
export const leave = (core: Core, entry: Entry, reason: string): void => {
  dropWork(core, entry)
  entry.hydrated = null
  for (const letter of entry.queue.splice(0)) buryLetter(core, letter, reason)
}

const dropWork = (core: Core, entry: Entry): void => {
  for (const call of [...entry.calls.values()]) closeCall(core, call)
  for (const timer of entry.timers) core.writer.take(timer)
  entry.timers.clear()
}

/** Ends everything of a life but its mailbox, in which only messages from others stay (C38). */
export const clearLife = (core: Core, entry: Entry, reason: string): void => {
  for (const child of entry.children.values()) stopTree(core, child, reason)
  dropWork(core, entry)
  purgeWhere(core, entry, (letter) => letter.timer !== null || letter.token !== null)
}

/** Tells who waits for this end; of a root actor, ends the run and lets go of the tree. */
export const settle = (core: Core, entry: Entry, ended: Ended): void => {
  const { address } = entry.row
  const waiting = core.settled.get(address)
  core.settled.delete(address)
  for (const tell of waiting ?? []) tell(ended)
  if (entry.parent) return
  endRun(core, address, ended)
  forget(core, entry)
}

const judged = (core: Core, ended: Ended): ReturnType<Core['judge']> => {
  try {
    return core.judge(ended)
  } catch (error) {
    return { status: 'failed', result: toFailure(error, 'run.failed') as unknown as Json } // a failure is plain JSON
  }
}

/** A run's row ends in the commit that ends its root actor. */
const endRun = (core: Core, address: string, ended: Ended): void => {
  const run = core.runs.get(address)
  if (!run) return
  const { status, result } = judged(core, ended)
  core.writer.write({ do: 'run.put', row: { ...run, status, result: JSON.stringify(result), endedAt: now(core) } })
  core.runs.delete(address)
}

/** Ended trees leave the memory; their rows stay. */
const forget = (core: Core, entry: Entry): void => {
  for (const child of entry.children.values()) forget(core, child)
  core.entries.delete(entry.row.address)
  core.byId.delete(entry.row.id)
  core.ledger.close(entry.row.address)
}

const tellParent = (core: Core, entry: Entry, live: Live): void => {
  const { parent } = entry
  const { child, token } = birthOf(entry)
  if (!parent || child === null || !isLiving(parent.row.status)) return
  const event: Json =
    live.status === 'done'
      ? { type: `xstate.done.actor.${child}`, output: core.codec.encode(live.output), actorId: child }
      : { type: `xstate.error.actor.${child}`, error: storedError(core, live.error), actorId: child }
  post(core, { entry: parent, from: entry.row.address, event, internal: true, token })
}

/** A life that is over by its own last step: everything it had ends with it, and its parent hears of it. */
export const conclude = (core: Core, entry: Entry, live: Live, reason: 'actor.done' | 'actor.failed'): void => {
  for (const child of entry.children.values()) stopTree(core, child, 'its parent ended')
  leave(core, entry, reason)
  tellParent(core, entry, live)
  settle(core, entry, { status: live.status as 'done' | 'error', output: live.output, error: live.error })
}
