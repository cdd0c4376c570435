// Kernel scope. Owns what a machine sees of the world while it is stepped: itself, its parent and its children as addresses.
import type { AnyActorLogic, EventObject } from 'xstate'
import { TroupeError } from './errors.ts'

/** One thing a step asked for, as data. Times are milliseconds from the turn. */
export type Effect =
  | { kind: 'stop'; id: string; token: string }
  | { kind: 'spawn'; id: string; src: string; token: string; input: unknown }
  | { kind: 'call'; id: string; src: string; token: string; input: unknown }
  | { kind: 'send'; to: string; event: EventObject }
  | { kind: 'timer'; key: string; delay: number; to: string; event: EventObject }
  | { kind: 'clear'; key: string }
  | { kind: 'emit'; event: EventObject }
  | { kind: 'log'; label: string | null; value: unknown }

/** Who is being stepped, and under which numbers. */
export type Identity = { address: string; parent: string | null; incarnation: number; revision: number }

/** An actor as machines see it. `token` tells one life of a child from the next under the same id. */
export type Reference = {
  readonly sessionId: string
  readonly id: string
  readonly src: string
  readonly token: string
  readonly ref: unknown
}

const notHere = (what: string) => (): never => {
  throw new TroupeError(
    'machine.not-durable',
    `a machine may not ${what}; use sendTo, and ask with a message for what another actor knows`,
  )
}

/** The parts of an actor that would reach outside the step: each throws when used. */
const closed = {
  send: notHere('call send() on an actor itself'),
  getSnapshot: notHere("read another actor's snapshot"),
  getPersistedSnapshot: notHere("read another actor's snapshot"),
  subscribe: notHere('subscribe to an actor'),
  on: notHere('listen to an actor itself'),
  start: notHere('start an actor'),
  stop: notHere('stop an actor itself'),
}

/** A reference to any actor by address. */
export const foreign = (address: string, known: { id?: string; src?: string; token?: string } = {}): Reference => {
  const reference = Object.create(closed) as { -readonly [Key in keyof Reference]: Reference[Key] }
  reference.sessionId = address
  reference.id = known.id ?? address.slice(address.lastIndexOf('/') + 1)
  reference.src = known.src ?? ''
  reference.token = known.token ?? ''
  reference.ref = reference
  return reference
}

/** Turns an actor that XState has just constructed into a mere reference, in place, since the context may hold it too. */
export const disarm = (actor: object, as: { address: string; id: string; src: string; token: string }): Reference =>
  Object.assign(actor, closed, {
    sessionId: as.address,
    id: as.id,
    src: as.src,
    token: as.token,
  }) as unknown as Reference

/** A child as XState has constructed it in a step. */
export type Constructed = {
  id: string
  sessionId: string
  src: unknown
  logic: AnyActorLogic
  options?: { input?: unknown; syncSnapshot?: boolean }
}

/** In place of a child's own logic, so that its context factory runs once, where the child is. */
const stub: AnyActorLogic = {
  transition: (snapshot: never) => snapshot,
  getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }) as never,
  getPersistedSnapshot: (snapshot: never) => snapshot,
} as unknown as AnyActorLogic

/** XState tells its inspectors of an actor in the actor's constructor, just before its logic is asked for a first snapshot. */
const catchBirth =
  (constructed: Constructed[]) =>
  ({ type, actorRef }: { type: string; actorRef: Constructed }): void => {
    if (type !== '@xstate.actor') return
    actorRef.logic = stub
    constructed.push(actorRef)
  }

/** What is the same in every step; one object for all, since each step has a system of its own. */
const stillSystem = {
  _register: (id: string) => id,
  _unregister: () => {},
  _set: (systemId: string) => {
    throw new TroupeError(
      'machine.not-durable',
      `systemId "${systemId}" cannot be durable; give the actor an id and send to its address`,
    )
  },
  get: notHere('look an actor up by systemId'),
  getAll: notHere('look actors up by systemId'),
  inspect: () => ({ unsubscribe: () => {} }),
  _relay: () => {},
  scheduler: { schedule: () => {}, cancel: () => {}, cancelAll: () => {} },
  getSnapshot: () => ({ _scheduledEvents: {} }),
  start: () => {},
  _clock: { setTimeout: () => 0, clearTimeout: () => {} },
  _logger: () => {},
  _snapshot: { _scheduledEvents: {} },
}

/** XState's system as a stepped machine sees it: ids come from the step, everything else is refused or ignored. */
export const stubSystem = (prefix: string, constructed: Constructed[] = []): object => {
  let booked = 0
  return Object.assign(Object.create(stillSystem) as object, {
    _bookId: () => `${prefix}.${booked++}`,
    _sendInspectionEvent: catchBirth(constructed),
  })
}

/** The actor being stepped, as its own machine sees it. Children that XState constructs are noted in `constructed`. */
export const selfReference = (identity: Identity, constructed: Constructed[] = []) => {
  return Object.assign(foreign(identity.address) as Reference & object, {
    system: stubSystem(`${identity.revision}`, constructed),
    _parent: identity.parent === null ? undefined : foreign(identity.parent),
  })
}
