// Letters. Owns how a message reaches a mailbox: the gate in front of it, and the dead letters behind it.
//   M1. What enters is plain JSON, parses against what the actor declares, and has room.
//   M2. What does not enter is a dead letter with its reason; nothing accepted is lost (C41).
import { TroupeError, toFailure } from './errors.ts'
import type { Json } from './json.ts'
import { foreign } from './kernel-scope.ts'
import { type Core, type Entry, enqueue, type Letter, makeReady, now, number } from './state.ts'

export type Posting = {
  entry: Entry
  from: string
  event: Json
  id?: string | null
  priority?: number
  expiresAt?: number | null
  cause?: number | null
  internal?: boolean
  token?: string | null
  outcome?: Letter['outcome']
}

const letterFrom = (core: Core, posting: Posting): Letter => ({
  seq: number(core),
  entry: posting.entry,
  from: posting.from,
  id: posting.id ?? null,
  event: posting.event,
  priority: posting.priority ?? 0,
  sentAt: now(core),
  expiresAt: posting.expiresAt ?? null,
  cause: posting.cause ?? null,
  internal: posting.internal ?? false,
  token: posting.token ?? null,
  outcome: posting.outcome ?? null,
  timer: null,
  attempts: 0,
  stored: false,
})

/** Puts a message into a mailbox: durable with the batch that is open now. */
export const post = (core: Core, posting: Posting): Letter => {
  const letter = letterFrom(core, posting)
  core.counters.accepted++
  core.writer.post(letter)
  enqueue(posting.entry, letter)
  makeReady(core, posting.entry)
  return letter
}

/** Arms a timer: a message that waits for its time (C24). */
export const arm = (
  core: Core,
  { entry, event, id, timer }: { entry: Entry; event: Json; id: string | null; timer: NonNullable<Letter['timer']> },
): Letter => {
  const letter = { ...letterFrom(core, { entry, from: entry.row.address, event, id, internal: true }), timer }
  entry.timers.add(letter)
  core.writer.post(letter)
  core.timers.add(letter)
  return letter
}

/** Ends a letter that its turn has handled, or that the runtime has. */
export const applied = (core: Core, letter: Letter): void => {
  core.writer.take(letter)
  account(core, letter)
  core.counters.applied++
}

/** Ends a letter of a life that is over: nobody waits for it (C19). */
export const purge = (core: Core, letter: Letter): void => {
  core.writer.take(letter)
  account(core, letter)
  core.counters.purged++
}

/** Counts a timer as a message once it is one: when it is taken. The others are counted when they are posted. */
export const account = (core: Core, letter: Letter): void => {
  if (letter.timer) core.counters.accepted++
}

/** Records a message that no turn will take. */
export const bury = (core: Core, dead: { target: string; reason: string; error?: unknown; message: Json }): void => {
  core.counters.dead++
  core.writer.write({
    do: 'dead.add',
    row: {
      seq: number(core),
      target: dead.target,
      reason: dead.reason,
      error: dead.error === undefined ? null : JSON.stringify(toFailure(dead.error, 'message.invalid')),
      message: JSON.stringify(dead.message),
      at: now(core),
    },
  })
}

/** Moves a waiting message to the dead letters. */
export const buryLetter = (core: Core, letter: Letter, reason: string, error?: unknown): void => {
  core.writer.take(letter)
  account(core, letter)
  bury(core, { target: letter.entry.row.address, reason, error, message: { from: letter.from, event: letter.event } })
}

const reserved = (type: string): boolean => type.startsWith('xstate.') || type.startsWith('troupe.')

/** Refuses what is no event, or one that only the runtime may send. */
export function checkEvent(event: unknown): asserts event is { type: string } {
  const type = typeof event === 'object' && event !== null ? (event as { type?: unknown }).type : undefined
  if (typeof type !== 'string' || type === '' || type === '*' || type === '__proto__')
    throw new TroupeError(
      'message.invalid',
      `a message is an object with a "type" that names it; this one has ${type === undefined ? 'none' : JSON.stringify(type)}`,
      { place: '/type' },
    )
  if (reserved(type))
    throw new TroupeError('message.reserved', `only the runtime sends "${type}"; use a type of your own`, {
      place: '/type',
    })
}

/** Refuses what the actor does not declare. The event as its schema reads it. */
export const parseFor = (core: Core, entry: Entry, event: Json): Json => {
  const { accepts } = entry.definition
  if (!accepts) return event
  const parsed = accepts.safeParse(core.codec.decode(event, foreign))
  if (parsed.success) return core.codec.encode(parsed.data, 'message')
  const issue = parsed.error.issues[0]
  throw new TroupeError(
    'message.invalid',
    `${entry.row.address} does not accept this message: ${issue?.message ?? 'it does not fit its schema'}`,
    { place: `/${issue?.path.join('/') ?? ''}` },
  )
}

/** Refuses what has no room. */
export const checkRoom = (core: Core, entry: Entry): void => {
  if (entry.queue.length < core.limits.mailbox) return
  throw new TroupeError(
    'mailbox.full',
    `${core.limits.mailbox} messages wait for ${entry.row.address}; send slower, or raise limits.mailbox`,
    { retryable: true, place: entry.row.address },
  )
}

/** What an event says of its own delivery; anything else in these fields is the machine's business. */
export const deliveryOf = (event: Json): { priority: number; expiresAt: number | null } => {
  const { priority, expiresAt } = event as { priority?: unknown; expiresAt?: unknown }
  return {
    priority: priority === 1 || priority === -1 ? priority : 0,
    expiresAt: typeof expiresAt === 'number' ? expiresAt : null,
  }
}

/** The event as the machine gets it: bare, or with its envelope. Who sent it is not for the sender to say. */
export const enveloped = (
  letter: { from: string; id: string; sentAt: number; priority: number; expiresAt: number | null },
  entry: Entry,
  event: Json,
): Json =>
  entry.definition.events !== 'enveloped'
    ? event
    : {
        id: letter.id,
        sentAt: letter.sentAt,
        ...(event as object),
        priority: letter.priority,
        ...(letter.expiresAt !== null && { expiresAt: letter.expiresAt }),
        from: letter.from,
        to: entry.row.address,
        runId: entry.row.run,
      }
