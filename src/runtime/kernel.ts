// Kernel. Owns the coupling to XState: machines as pure functions from (snapshot, event) to (snapshot, effects).
// Knows nothing of stores, time or models. No other file of the runtime touches XState's internals.
//   N1. A step performs no effect: everything a machine asks for comes back as data, in order.
//   N2. The same snapshot and event give the same result: ids come from (revision, index), never from a counter or chance.
//   N3. serialise and restore are inverse: stepping with a round trip between events equals stepping without.
//   N4. A machine cannot see another actor: a reference is an address that can be sent to, nothing more.
import type { AnyActorScope, AnyMachineSnapshot, AnyStateMachine, EventObject, StateValue } from 'xstate'
import type { Codec } from './codec.ts'
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import { collect, type RawAction, type StepEffects } from './kernel-effects.ts'
import { inOrder, orderedValue, sorted } from './kernel-order.ts'
import { maxMicrosteps, nodeById, type Prepared } from './kernel-prepare.ts'
import { type Constructed, foreign, type Identity, type Reference, selfReference } from './kernel-scope.ts'
import { parseStored, type Stored } from './kernel-stored.ts'

export type { StepEffects } from './kernel-effects.ts'
export { classify, fromCall, type Prepared, prepare, type Source } from './kernel-prepare.ts'
export type { Effect, Identity } from './kernel-scope.ts'

/** A snapshot as the kernel steps it: live, immutable by convention and by the codec's freezing. */
export type Live = {
  readonly status: string
  readonly context?: unknown
  readonly output?: unknown
  readonly error?: unknown
  readonly children?: Record<string, Reference>
}

export type Stepped = { snapshot: Live; effects: StepEffects }

const mutation =
  /Cannot (assign to read only property|add property .*not extensible|delete property|define property|redefine property)/

const threw = (error: unknown, identity: Identity): TroupeError => {
  if (error instanceof TroupeError) return error
  const text = error instanceof Error ? error.message : String(error)
  const about = { place: identity.address, cause: error }
  if (text.startsWith('Infinite loop detected'))
    return new TroupeError(
      'machine.loop',
      `the machine of ${identity.address} did not come to rest within ${/\d+/.exec(text)?.[0] ?? maxMicrosteps} microsteps; break the cycle of always or raise`,
      about,
    )
  if (mutation.test(text))
    return new TroupeError(
      'machine.mutated',
      `the machine of ${identity.address} changed its context or an event in place (${text}); return a new value from assign`,
      about,
    )
  return new TroupeError('machine.threw', `the machine of ${identity.address} threw: ${text}`, about)
}

type Recording = { actions: RawAction[]; constructed: Constructed[] }

const ignore = (): void => {}

const scopeOf = (identity: Identity, { actions, constructed }: Recording): AnyActorScope => {
  const self = selfReference(identity, constructed)
  const record = (action: RawAction) => void actions.push(action)
  return {
    self,
    id: self.id,
    sessionId: identity.address,
    logger: ignore,
    system: self.system,
    defer: ignore,
    emit: (event: EventObject) => record({ type: 'xstate.emit', params: { event }, info: undefined, exec: undefined }),
    stopChild: ignore,
    actionExecutor: record as never,
  } as unknown as AnyActorScope
}

const run = (
  prepared: Prepared,
  identity: Identity,
  before: Live | null,
  make: (scope: AnyActorScope) => unknown,
): Stepped => {
  const recording: Recording = { actions: [], constructed: [] }
  const stepped = { identity, prepared, before: before?.children ?? {}, ...recording }
  let after: Live
  try {
    after = make(scopeOf(identity, recording)) as Live
  } catch (error) {
    throw threw(error, identity)
  }
  if (before === null && after.status === 'error') throw threw(after.error, identity)
  const { effects, children } = collect({ ...stepped, after: after.children ?? {} })
  if (!prepared.isMachine || after === before) return { snapshot: after, effects }
  // XState's snapshot is a plain object made by this very step: nobody else holds it yet.
  return { snapshot: Object.assign(inOrder(after as AnyMachineSnapshot), { children }), effects }
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
  const history = Object.entries(historyValue as Record<string, { id: string }[]>)
  return {
    status,
    value: value as Json,
    context: codec.encode(context, 'context'),
    children: Object.fromEntries(
      Object.entries(children as Record<string, Reference>).map(([id, { src, token }]) => [id, { src, token }]),
    ),
    ...(history.length > 0 && {
      history: sorted(Object.fromEntries(history.map(([id, nodes]) => [id, nodes.map((node) => node.id)]))),
    }),
    ...ended,
  }
}

const changed = (identity: Identity, what: string, cause?: unknown): TroupeError =>
  new TroupeError('machine.version', `${identity.address} ${what}; provide the older machine or migrate`, {
    place: identity.address,
    cause,
  })

const childrenOf = (prepared: Prepared, identity: Identity, stored: Stored): Record<string, Reference> => {
  const children: Record<string, Reference> = {}
  for (const [id, { src, token }] of Object.entries(stored.children)) {
    if (!prepared.source(src))
      throw changed(identity, `has the child "${id}" of source "${src}", which the machine no longer has`)
    children[id] = foreign(`${identity.address}/${id}`, { id, src, token })
  }
  return sorted(children)
}

const historyOf = (machine: AnyStateMachine, identity: Identity, { history }: Stored): Record<string, object[]> => {
  const find = (id: string): object => {
    const node = nodeById(machine, id)
    if (!node) throw changed(identity, `remembers the state "${id}", which does not exist in its machine`)
    return node
  }
  return Object.fromEntries(Object.entries(history).map(([id, nodes]) => [find(id) && id, nodes.map(find)]))
}

type Parts = { status: string; context: unknown; output: unknown; error: unknown }

const restoreMachine = (
  machine: AnyStateMachine,
  identity: Identity,
  stored: Stored,
  parts: Parts & { children: Record<string, Reference> },
): Live => {
  const { status, output, error } = parts
  const historyValue = historyOf(machine, identity, stored)
  let bare: AnyMachineSnapshot
  try {
    // restoreSnapshot changes what it is given and rebuilds children as live actors: it gets neither context nor children.
    bare = machine.restoreSnapshot(
      { status, value: stored.value, context: {}, children: {}, historyValue, output, error } as never,
      scopeOf(identity, { actions: [], constructed: [] }) as never,
    )
  } catch (cause) {
    throw changed(identity, 'is in a state that does not exist in its machine', cause)
  }
  const live = inOrder(bare)
  // XState fills in what a state value leaves open, without entering it.
  const value = orderedValue(machine.root, stored.value as StateValue) // parsed, and every state of it found
  if (JSON.stringify(live.value) !== JSON.stringify(value))
    throw changed(identity, `is in the state ${JSON.stringify(stored.value)}, which its machine has in another form`)
  return Object.assign(live, { context: parts.context, children: parts.children }) as unknown as Live
}

/**
 * The snapshot from its JSON. Throws `machine.version` when the machine no longer has the state or a child's source, and
 * `store.corrupt` for what is no snapshot.
 */
export const restore = (codec: Codec, prepared: Prepared, identity: Identity, json: Json): Live => {
  const stored = parseStored(json, prepared.isMachine, identity.address)
  const children = childrenOf(prepared, identity, stored)
  const known = new Map(Object.values(children).map((child) => [child.sessionId, child]))
  known.set(identity.address, selfReference(identity))
  const decode = (value: Json | undefined) =>
    value === undefined ? undefined : codec.decode(value, (address) => known.get(address) ?? foreign(address))
  const { status } = stored
  const parts = {
    status,
    context: decode(stored.context),
    output: decode(stored.output),
    error: decode(stored.error),
  }
  if (!prepared.isMachine) return parts
  return restoreMachine(prepared.logic as AnyStateMachine, identity, stored, { ...parts, children })
}
