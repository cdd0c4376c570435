// Kernel effects. Owns reading what a step asked for: from the actions XState recorded, and from the difference of its children.
import type { EventObject } from 'xstate'
import { TroupeError } from './errors.ts'
import type { Prepared } from './kernel-prepare.ts'
import { disarm, type Identity, type Reference } from './kernel-scope.ts'

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

/** Effects in the order to apply them (C15: stops, spawns, then the rest as listed), and actions to run after the commit. */
export type StepEffects = { list: Effect[]; actions: (() => void)[] }

export type RawAction = {
  type: string
  info: unknown
  params: unknown
  exec: ((info: unknown, params: unknown) => void) | undefined
}

type Gathering = {
  identity: Identity
  before: Record<string, Reference>
  after: Record<string, Reference>
  actions: RawAction[]
  prepared: Prepared
}

const tenYears = 10 * 366 * 24 * 3_600_000

const checkDelay = (delay: number, identity: Identity): number => {
  if (Number.isFinite(delay) && delay >= 0 && delay <= tenYears) return delay
  throw new TroupeError(
    'machine.invalid',
    `the machine of ${identity.address} asked for a delay of ${delay} ms; a delay is from 0 to ten years`,
    { place: identity.address },
  )
}

type Constructed = {
  id?: string
  src: unknown
  sessionId: string
  options?: { input?: unknown; syncSnapshot?: boolean }
}

const bornIn = ({ identity, before, after, prepared }: Gathering): Effect[] => {
  const births: Effect[] = []
  for (const [key, child] of Object.entries(after)) {
    if (child === undefined || before[key] === child) continue
    const raw = child as unknown as Constructed
    const id = raw.id ?? key
    if (typeof raw.src !== 'string')
      throw new TroupeError(
        'machine.not-durable',
        `the machine of ${identity.address} spawned "${id}" from inline logic; register it in setup({ actors }) and spawn it by name`,
        { place: identity.address },
      )
    if (raw.options?.syncSnapshot)
      throw new TroupeError(
        'machine.not-durable',
        `the machine of ${identity.address} watches the snapshot of "${id}"; let the child send a message instead`,
        { place: identity.address },
      )
    births.push(birth({ identity, prepared, id, src: raw.src, index: births.length, input: raw.options?.input }))
    const { token } = births.at(-1) as { token: string }
    if (key !== id) delete after[key]
    after[id] = disarm(child, { address: `${identity.address}/${id}`, id, src: raw.src, token })
  }
  return births
}

const birth = (child: {
  identity: Identity
  prepared: Prepared
  id: string
  src: string
  index: number
  input: unknown
}): Effect => {
  const { identity, id, src, input } = child
  const source = child.prepared.source(src)
  const place = { place: identity.address }
  if (!source)
    throw new TroupeError(
      'machine.invalid',
      `the machine of ${identity.address} starts "${src}", which is not among its actors; provide it`,
      place,
    )
  if (source.kind === 'volatile')
    throw new TroupeError(
      'machine.not-durable',
      `the machine of ${identity.address} starts "${src}", a callback or observable, which cannot survive a restart; use a promise, a transition function or a machine`,
      place,
    )
  if (/[/@]/.test(id))
    throw new TroupeError(
      'machine.invalid',
      `the machine of ${identity.address} starts a child with the id "${id}"; an id has no "/" and no "@"`,
      place,
    )
  return {
    kind: source.kind === 'call' ? 'call' : 'spawn',
    id,
    src,
    token: `${identity.revision}.${child.index}`,
    input,
  }
}

type SendParams = { to: Reference | string; event: EventObject; id?: string; delay?: number }

const sendEffect = (params: SendParams, self: Identity, index: number): Effect => {
  // `to` is read late: XState fills it in at the end of the step when it named a child that was not there yet.
  const to = typeof params.to === 'string' ? params.to : params.to?.sessionId
  if (!to)
    throw new TroupeError(
      'machine.threw',
      `the machine of ${self.address} sent "${params.event.type}" to nobody; check the target of sendTo`,
      { place: self.address },
    )
  if (typeof params.delay === 'number')
    return {
      kind: 'timer',
      key: params.id ?? `${self.revision}.${index}`,
      delay: checkDelay(params.delay, self),
      to,
      event: params.event,
    }
  const { event } = params as { event: EventObject & { data?: unknown } }
  return {
    kind: 'send',
    to,
    event:
      event.type === 'xstate.error'
        ? ({ type: `xstate.error.actor.${self.address.split('/').at(-1)}`, error: event.data } as EventObject)
        : event,
  }
}

const readAction = (
  action: RawAction,
  self: Identity,
  index: number,
  before: Record<string, Reference>,
): Effect | (() => void) | null => {
  const params = action.params as never
  switch (action.type) {
    case 'xstate.spawnChild':
      return null // births come from the difference of children, which knows those of assign too
    case 'xstate.stopChild': {
      const child = params as Reference | undefined
      return child && Object.values(before).includes(child) ? { kind: 'stop', id: child.id, token: child.token } : null
    }
    case 'xstate.sendTo':
      return sendEffect(params, self, index)
    case 'xstate.raise': {
      const { event, id, delay } = params as { event: EventObject; id?: string; delay?: number }
      return typeof delay === 'number'
        ? {
            kind: 'timer',
            key: id ?? `${self.revision}.${index}`,
            delay: checkDelay(delay, self),
            to: self.address,
            event,
          }
        : null
    }
    case 'xstate.cancel':
      return { kind: 'clear', key: (params as { sendId: string }).sendId }
    case 'xstate.emit':
      return { kind: 'emit', event: (params as { event: EventObject }).event }
    case 'xstate.log': {
      const { label, value } = params as { label?: string; value: unknown }
      return { kind: 'log', label: label ?? null, value }
    }
    default: {
      const { exec, info } = action
      return exec ? () => exec(info, action.params) : null
    }
  }
}

const rank = { stop: 0, spawn: 1, call: 1 } as Record<Effect['kind'], number | undefined>

/** What the step asked for. Children constructed by XState become references in `after`. */
export const collect = (gathering: Gathering): StepEffects => {
  const { identity, before, after, actions } = gathering
  const unnamed = actions
    .filter((action) => action.type === 'xstate.spawnChild')
    .map((action) => (action.params as { actorRef?: Constructed }).actorRef)
  const stopped = new Set(actions.filter((a) => a.type === 'xstate.stopChild').map((a) => a.params))
  for (const actor of unnamed) {
    // Unnamed spawns of one step share the key "undefined"; the action knows each of them.
    if (actor && !stopped.has(actor) && Object.hasOwn(after, 'undefined'))
      after[actor.id ?? actor.sessionId] = actor as unknown as Reference
  }
  delete after.undefined
  const list = bornIn(gathering)
  const late: (() => void)[] = []
  actions.forEach((action, index) => {
    const read = readAction(action, identity, index, before)
    if (typeof read === 'function') late.push(read)
    else if (read) list.push(read)
  })
  return { list: list.toSorted((a, b) => (rank[a.kind] ?? 2) - (rank[b.kind] ?? 2)), actions: late }
}
