// A family of machines. Owns generating statecharts that use everything a durable machine may use.
import fc from 'fast-check'
import {
  type ActionFunction,
  type AnyActorRef,
  type AnyStateMachine,
  assign,
  cancel,
  createMachine,
  type EventObject,
  emit,
  enqueueActions,
  fromPromise,
  fromTransition,
  log,
  type MachineContext,
  raise,
  sendParent,
  sendTo,
  spawnChild,
  stopChild,
} from 'xstate'

type Choice = number
type Region = {
  kind: 'atomic' | 'compound' | 'parallel'
  parts: Region[]
  choices: Choice[]
}

const { region } = fc.letrec<{ region: Region }>((tie) => ({
  region: fc.record({
    kind: fc.constantFrom('atomic', 'compound', 'parallel'),
    parts: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('region'), { minLength: 1, maxLength: 3 })),
    choices: fc.array(fc.nat(9_999), { minLength: 14, maxLength: 14 }),
  }) as fc.Arbitrary<Region>,
}))

/** A chart as plain data. */
export type Chart = Region[]
export const chart: fc.Arbitrary<Chart> = fc.array(region, { minLength: 2, maxLength: 4 })

type Context = { n: number; refs: AnyActorRef[]; seen: Record<string, unknown>; bag: Map<number, unknown> }
type Moment = { context: Context; event: EventObject; self: AnyActorRef }
type Spawn = { spawn: (src: string, options?: object) => AnyActorRef }

// The family is generated: its actions are written against Context, which XState cannot know here.
const loose = <Action>(action: Action) =>
  action as unknown as ActionFunction<
    MachineContext,
    EventObject,
    EventObject,
    undefined,
    never,
    never,
    never,
    never,
    never
  >
const set = (change: (moment: Moment & Spawn) => Partial<Context>) => loose(assign(change as never))

const count = set(({ context }) => ({ n: context.n + 1 }))
const lastRef = ({ context, self }: Moment): AnyActorRef => context.refs.at(-1) ?? self
const message = ({ context, self }: Moment) => ({ type: 'PING', n: context.n, from: self })

const plainActions = [
  count,
  set(({ context, event }) => ({ seen: { ...context.seen, [event.type]: event } })),
  set(({ context }) => {
    const [first, ...others] = Object.entries(context.seen)
    return { seen: Object.fromEntries(first ? [...others, first] : []) }
  }),
  set(({ context }) => ({
    n: Object.keys(context.seen).join('').length,
    bag: new Map([...context.bag, [context.n, undefined]]),
  })),
  loose(raise({ type: 'RAISED' })),
  loose(emit(({ context }) => ({ type: 'emitted', n: (context as Context).n }))),
  loose(log(({ context }) => [(context as Context).n, Number.NaN])),
  loose(enqueueActions(({ context, enqueue }) => void ((context as Context).n % 2 && enqueue.raise({ type: 'ODD' })))),
]

const actorActions = [
  loose(raise({ type: 'LATER' }, { delay: ({ context }) => (context as Context).n * 10 })),
  loose(raise({ type: 'NAMED' }, { delay: 5, id: 'named' })),
  loose(cancel('named')),
  set(({ context, spawn }) => ({ refs: [...context.refs, spawn('kid', { id: 'kid', input: context.n })] })),
  set(({ context, spawn }) => ({ refs: [...context.refs.slice(-2), spawn('kid'), spawn('ticker')] })),
  loose(spawnChild('kid', { id: 'kid', input: { of: 'spawnChild' } })),
  loose(spawnChild('kid')),
  loose(spawnChild('job')),
  loose(stopChild('kid')),
  loose(stopChild((moment) => lastRef(moment as never))),
  loose(
    sendTo(
      (moment) => lastRef(moment as never),
      (moment: unknown) => message(moment as never),
    ),
  ),
  loose(sendTo((moment) => lastRef(moment as never), { type: 'DELAYED' }, { delay: 3 })),
  loose(sendTo(({ event }) => (event as unknown as { from: AnyActorRef }).from, { type: 'PONG' })),
]

const kid = createMachine({
  id: 'kid',
  context: ({ input }) => ({ input, pings: 0, far: null }),
  initial: 'young',
  states: {
    young: {
      after: { 20: 'old' },
      on: {
        PING: {
          actions: [
            assign({ pings: ({ context }) => context.pings + 1, far: ({ event }) => event.from }),
            sendParent({ type: 'A' }),
          ],
        },
      },
    },
    old: { invoke: { src: 'toy', id: 'toy', onDone: 'gone', onError: 'broken' } },
    gone: { type: 'final' },
    broken: { entry: () => undefined, always: { target: 'gone', actions: emit({ type: 'broke' }) } },
  },
  output: ({ context }) => ({ pings: context.pings }),
}).provide({ actors: { toy: fromPromise(async () => 1) } })

const ticker = fromTransition((n: number, event, { self }) => n + (event.type === 'PING' ? 1 : 0) + self.id.length, 0)

const states = ['A', 'B', 'C', 'D', 'E', 'RAISED', 'LATER', 'NAMED', 'ODD', 'PONG']

type Building = { ids: string[]; actions: readonly unknown[]; withActors: boolean; withReentry: boolean }

const stateOf = (part: Region, id: string, building: Building): object => {
  const { ids, actions } = building
  const c = (index: number) => part.choices[index]!
  const action = (index: number) => actions[c(index) % actions.length]
  const target = (index: number) => (c(index) % 7 === 0 ? {} : { target: `#${ids[c(index) % ids.length]}` })
  const transition = (index: number) => ({
    ...target(index),
    ...(c(index) % 5 === 0 && { guard: ({ context }: { context: Context }) => context.n % 2 === c(index + 1) % 2 }),
    ...(building.withReentry && c(index) % 3 === 0 && { reenter: true }),
    actions: [count, action(index + 1), action(index + 2)],
  })
  const inner = part.kind === 'atomic' || part.parts.length === 0 ? {} : statesOf(part, id, building)
  return {
    id,
    ...inner,
    entry: c(0) % 3 === 0 ? [action(1)] : [],
    exit: c(1) % 4 === 0 ? [action(2)] : [],
    on: {
      [states[c(3) % states.length]!]: transition(3),
      [states[c(6) % states.length]!]: transition(6),
      [states[c(8) % 5]!]: transition(8),
    },
    ...(c(9) % 6 === 0 && {
      always: { ...transition(9), guard: ({ context }: { context: Context }) => context.n % 5 === c(10) % 5 },
    }),
    ...(building.withActors && c(11) % 4 === 0 && { after: { [c(11) % 50]: transition(10) } }),
    ...(building.withActors &&
      c(12) % 4 === 0 && {
        invoke: {
          src: ['job', 'kid', 'ticker'][c(12) % 3]!,
          ...(c(13) % 2 && { id: `inv${c(13) % 3}${id}` }),
          onDone: transition(11),
          onError: transition(10),
        },
      }),
  }
}

const statesOf = (part: Pick<Region, 'kind' | 'parts' | 'choices'>, path: string, building: Building): object => {
  const named = part.parts.map((inner, i) => [`s${i}`, stateOf(inner, `${path}_${i}`, building)])
  if (part.kind === 'parallel') return { type: 'parallel', states: Object.fromEntries(named) }
  const history =
    part.choices[4]! % 2
      ? { h: { type: 'history', id: `${path}_h`, history: part.choices[5]! % 2 ? 'deep' : 'shallow' } }
      : {}
  const final = part.choices[2]! % 3 === 0 ? { f: { type: 'final', id: `${path}_f` } } : {}
  return {
    initial: `s${part.choices[0]! % part.parts.length}`,
    states: { ...Object.fromEntries(named), ...history, ...final },
  }
}

const targetsOf = (part: Pick<Region, 'kind' | 'parts' | 'choices'>, path: string): string[] => [
  ...part.parts.flatMap((inner, i) => [
    `${path}_${i}`,
    ...(inner.kind === 'atomic' || inner.parts.length === 0 ? [] : targetsOf(inner, `${path}_${i}`)),
  ]),
  ...(part.kind !== 'parallel' && part.choices[4]! % 2 ? [`${path}_h`] : []),
  ...(part.kind !== 'parallel' && part.choices[2]! % 3 === 0 ? [`${path}_f`] : []),
]

/** The machine of a chart. Without actors it is one that XState's own actor can run alone. */
export const machineOf = (
  parts: Chart,
  { withActors, withReentry = true }: { withActors: boolean; withReentry?: boolean },
): AnyStateMachine => {
  const { choices } = parts[0]!
  const top = { kind: choices[7]! % 2 ? ('compound' as const) : ('parallel' as const), parts, choices }
  const actions = withActors ? [...plainActions, ...actorActions] : plainActions
  const building = { ids: targetsOf(top, 'm'), actions, withActors, withReentry }
  return createMachine({
    id: 'm',
    context: { n: 0, refs: [], seen: {}, bag: new Map() },
    options: { maxIterations: 60 },
    ...statesOf(top, 'm', building),
    output: ({ context }: { context: unknown }) => ({ n: (context as Context).n, bag: (context as Context).bag }),
  } as never).provide({ actors: { kid, ticker, job: fromPromise(async () => 1) } } as never) as AnyStateMachine
}
