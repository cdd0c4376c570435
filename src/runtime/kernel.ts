// Kernel. Owns the coupling to XState: machines as pure functions from (snapshot, event) to (snapshot, effects).
// Knows nothing of stores, time or models. No other file of the runtime touches XState's internals.
//   N1. A step performs no effect: everything a machine asks for comes back as data, in order.
//   N2. The same snapshot and event give the same result: ids come from (revision, index), never from a counter or chance.
//   N3. serialise and restore are inverse: stepping with a round trip between events equals stepping without.
//   N4. A machine cannot see another actor: a reference is an address that can be sent to, nothing more.
import type { AnyActorScope, AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate'
import type { Codec } from './codec.ts'
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import { collect, type RawAction, type StepEffects } from './kernel-effects.ts'
import { maxMicrosteps, type Prepared } from './kernel-prepare.ts'
import { foreign, type Identity, type Reference, selfReference } from './kernel-scope.ts'

export type { Effect, StepEffects } from './kernel-effects.ts'
export { classify, fromCall, type Prepared, prepare, type Source } from './kernel-prepare.ts'
export type { Identity } from './kernel-scope.ts'

/** A snapshot as the kernel steps it: live, immutable by convention and by the codec's freezing. */
export type Live = {
  readonly status: string
  readonly context?: unknown
  readonly output?: unknown
  readonly error?: unknown
  readonly children?: Record<string, Reference>
}

export type Stepped = { snapshot: Live; effects: StepEffects }

const threw = (error: unknown, identity: Identity): TroupeError => {
  if (error instanceof TroupeError) return error
  const text = error instanceof Error ? error.message : String(error)
  if (text.startsWith('Infinite loop detected'))
    return new TroupeError(
      'machine.loop',
      `the machine of ${identity.address} made ${maxMicrosteps} microsteps without coming to rest; break the cycle of always or raise`,
      { place: identity.address, cause: error },
    )
  if (error instanceof TypeError && /read.?only|not extensible|Cannot (assign|add|delete|define)/.test(text))
    return new TroupeError(
      'machine.mutated',
      `the machine of ${identity.address} changed its context or an event in place (${text}); return a new value from assign`,
      { place: identity.address, cause: error },
    )
  return new TroupeError('machine.threw', `the machine of ${identity.address} threw: ${text}`, {
    place: identity.address,
    cause: error,
  })
}

const scopeOf = (identity: Identity, record: (action: RawAction) => void): AnyActorScope => {
  const self = selfReference(identity)
  return {
    self,
    id: self.id,
    sessionId: identity.address,
    logger: () => {},
    system: self.system,
    defer: () => {},
    emit: () => {},
    stopChild: () => {},
    actionExecutor: record as never,
  } as unknown as AnyActorScope
}

const run = (
  prepared: Prepared,
  identity: Identity,
  before: Live | null,
  make: (scope: AnyActorScope) => unknown,
): Stepped => {
  const actions: RawAction[] = []
  let after: Live
  try {
    after = make(scopeOf(identity, (action) => actions.push(action))) as Live
  } catch (error) {
    throw threw(error, identity)
  }
  if (before === null && after.status === 'error') throw threw(after.error, identity)
  if (!prepared.isMachine)
    return { snapshot: after, effects: collect({ identity, before: {}, after: {}, actions, prepared }) }
  const children = { ...(after as AnyMachineSnapshot).children } as Record<string, Reference>
  const effects = collect({ identity, before: before?.children ?? {}, after: children, actions, prepared })
  // XState's snapshot is a plain object made by this very step: nobody else holds it yet.
  ;(after as { children: unknown }).children = children
  return { snapshot: after, effects }
}

/** The first snapshot of an actor, and what it asks for. Throws `machine.threw` when its factory or entry throws. */
export const initial = (prepared: Prepared, identity: Identity, input: unknown): Stepped =>
  run(prepared, identity, null, (scope) => prepared.logic.getInitialSnapshot(scope as never, input as never))

/** The next snapshot, and what it asks for. Throws `machine.threw`, `machine.loop`, `machine.mutated`; then nothing has happened. */
export const step = (prepared: Prepared, identity: Identity, snapshot: Live, event: EventObject): Stepped =>
  run(prepared, identity, snapshot, (scope) =>
    prepared.logic.transition(snapshot as never, event as never, scope as never),
  )

/** The snapshot as JSON. Children appear as how to find them again; their own state is in their own rows. */
export const serialise = (codec: Codec, prepared: Prepared, snapshot: Live): Json => {
  const { status, context, output, error } = snapshot
  const ended = {
    ...(output !== undefined && { output: codec.encode(output, 'output') }),
    ...(error !== undefined && { error: codec.encode(error, 'error') }),
  }
  if (!prepared.isMachine) return { status, context: codec.encode(context, 'context'), ...ended }
  const { value, historyValue, children } = snapshot as AnyMachineSnapshot
  const history = Object.fromEntries(
    Object.entries(historyValue).map(([id, nodes]) => [id, (nodes as { id: string }[]).map((n) => n.id)]),
  )
  const kept = Object.fromEntries(
    Object.entries(children as Record<string, Reference>).map(([id, child]) => [
      id,
      { src: child.src, token: child.token },
    ]),
  )
  return {
    status,
    value: value as Json,
    context: codec.encode(context, 'context'),
    ...(Object.keys(history).length > 0 && { history }),
    children: kept,
    ...ended,
  }
}

type Stored = {
  status: string
  value: Json
  context: Json
  history?: Record<string, string[]>
  children: Record<string, { src: string; token: string }>
  output?: Json
  error?: Json
}

/** The snapshot from its JSON. Throws `machine.version` when the machine no longer has the state or a child's source. */
export const restore = (codec: Codec, prepared: Prepared, identity: Identity, json: Json): Live => {
  if (json === null || typeof json !== 'object' || !('status' in json))
    throw new TroupeError(
      'store.corrupt',
      `the stored snapshot of ${identity.address} is no snapshot; restore the store from a copy`,
      { place: identity.address },
    )
  const stored = json as unknown as Stored
  const children: Record<string, Reference> = {}
  for (const [id, { src, token }] of Object.entries(stored.children ?? {})) {
    if (!prepared.source(src))
      throw new TroupeError(
        'machine.version',
        `${identity.address} has the child "${id}" of source "${src}", which the machine no longer has; provide it or migrate`,
        { place: identity.address },
      )
    children[id] = foreign(`${identity.address}/${id}`, { id, src, token })
  }
  const self = selfReference(identity)
  const reference = (address: string) =>
    address === identity.address
      ? self
      : (Object.values(children).find((child) => child.sessionId === address) ?? foreign(address))
  const context = codec.decode(stored.context, reference)
  const ended = {
    output: stored.output === undefined ? undefined : codec.decode(stored.output, reference),
    error: stored.error === undefined ? undefined : codec.decode(stored.error, reference),
  }
  if (!prepared.isMachine) return { status: stored.status, context, ...ended }
  const machine = prepared.logic as AnyStateMachine
  try {
    const historyValue = Object.fromEntries(
      Object.entries(stored.history ?? {}).map(([id, nodes]) => [id, nodes.map((node) => ({ id: node }))]),
    )
    // restoreSnapshot changes what it is given and rebuilds children as live actors: it gets neither context nor children.
    const bare = machine.restoreSnapshot(
      { status: stored.status, value: stored.value, context: {}, children: {}, historyValue, ...ended } as never,
      scopeOf(identity, () => {}) as never,
    )
    return Object.assign(bare, { context, children }) as unknown as Live
  } catch (error) {
    throw new TroupeError(
      'machine.version',
      `the stored state of ${identity.address} does not exist in its machine; provide the older machine or migrate`,
      { place: identity.address, cause: error },
    )
  }
}
