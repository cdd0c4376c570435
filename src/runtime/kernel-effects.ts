// Kernel effects. Owns reading what a step asked for, from the actions that XState recorded and the children it constructed.
import type { EventObject } from 'xstate'
import { TroupeError } from './errors.ts'
import { type Birth, bornIn } from './kernel-births.ts'
import { sorted } from './kernel-order.ts'
import type { Prepared } from './kernel-prepare.ts'
import type { Constructed, Effect, Identity, Reference } from './kernel-scope.ts'

/** Effects in the order to apply them (farewells, stops, births, then the rest as listed: C15), and actions to run after the commit. */
export type StepEffects = { list: Effect[]; actions: (() => void)[] }

export type RawAction = {
  type: string
  info: unknown
  params: unknown
  exec: ((info: unknown, params: unknown) => void) | undefined
}

type Gathering = {
  identity: Identity
  before: Readonly<Record<string, Reference>>
  after: Readonly<Record<string, unknown>>
  actions: readonly RawAction[]
  constructed: readonly Constructed[]
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

const readAction = (action: RawAction, self: Identity, index: number): Effect | (() => void) | null => {
  const params = action.params as never
  switch (action.type) {
    case 'xstate.spawnChild': // births come from what was constructed, which knows those of assign too
    case 'xstate.stopChild': // stops are read together, before everything else
      return null
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

type Stop = Effect & { kind: 'stop' }

/** Whom the step ends: what it stopped, and what gave up its id to a new child. By address, since a reference may be restored. */
const stopsIn = ({ before, actions }: Gathering, births: readonly Birth[]): Stop[] => {
  const ended = new Map<string, Stop>()
  const add = ({ sessionId, id, token }: Reference) => void ended.set(sessionId, { kind: 'stop', id, token })
  const living = new Map(Object.values(before).map((child) => [child.sessionId, child]))
  for (const { type, params } of actions) {
    const child =
      type === 'xstate.stopChild' ? living.get((params as Reference | undefined)?.sessionId ?? '') : undefined
    if (child) add(child)
  }
  for (const { effect } of births) if (Object.hasOwn(before, effect.id)) add(before[effect.id]!)
  return [...ended.values()]
}

/** Whether a message is for a child that this step ends, not for the one that may live at its address afterwards. */
const isFarewell = (action: RawAction, births: ReadonlySet<unknown>, ended: ReadonlySet<string>): boolean => {
  if (action.type !== 'xstate.sendTo') return false
  const { to } = action.params as SendParams
  return typeof to === 'object' && !births.has(to) && ended.has(to.sessionId)
}

/** Who lives after the step: XState takes a child away by the id of whatever was stopped, which may be another's. */
const childrenAfter = (before: Gathering['before'], stops: readonly Stop[], births: readonly Birth[]) => {
  if (stops.length + births.length === 0) return before
  const children: Record<string, Reference> = {}
  for (const id of Object.keys(before)) if (!stops.some((stop) => stop.id === id)) children[id] = before[id]!
  for (const { reference } of births) children[reference.id] = reference
  return sorted(children)
}

const familyChanges = (gathering: Gathering): { births: Birth[]; stops: Stop[] } => {
  const { identity, prepared, constructed, after, actions } = gathering
  const stopped = new Set(actions.filter(({ type }) => type === 'xstate.stopChild').map(({ params }) => params))
  const spawns = actions.some(({ type }) => type === 'xstate.spawnChild')
  if (constructed.length === 0 && stopped.size === 0 && !spawns) return { births: [], stops: [] }
  const births = bornIn({ identity, prepared, constructed, stopped, after })
  return { births, stops: stopsIn(gathering, births) }
}

/** What the step asked for, and its children as references. */
export const collect = (
  gathering: Gathering,
): { effects: StepEffects; children: Readonly<Record<string, Reference>> } => {
  const { identity, before, actions, constructed } = gathering
  const { births, stops } = familyChanges(gathering)
  const ended = new Set(stops.map(({ id }) => `${identity.address}/${id}`))
  const newborn = new Set<unknown>(constructed)
  const farewells: Effect[] = []
  const rest: Effect[] = []
  const late: (() => void)[] = []
  actions.forEach((action, index) => {
    const read = readAction(action, identity, index)
    if (typeof read === 'function') late.push(read)
    else if (read?.kind === 'send' && isFarewell(action, newborn, ended)) farewells.push(read)
    else if (read) rest.push(read)
  })
  const list = [...farewells, ...stops, ...births.map(({ effect }) => effect), ...rest]
  return { effects: { list, actions: late }, children: childrenAfter(before, stops, births) }
}
