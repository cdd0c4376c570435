// Machines. Owns the small statecharts that tests of the runtime share.
import { type AnyEventObject, assign, sendParent, sendTo, setup } from 'xstate'

/** Remembers the `n` of every message, ends on END, and throws on BAD. */
export const collector = setup({
  types: { context: {} as { seen: unknown[] }, events: {} as AnyEventObject },
  actions: {
    remember: assign({ seen: ({ context, event }) => [...context.seen, event.n ?? event.type] }),
    explode: () => {
      throw new Error('this never runs in a turn')
    },
  },
}).createMachine({
  id: 'collector',
  context: { seen: [] },
  initial: 'open',
  on: {
    BAD: {
      actions: assign(() => {
        throw new Error('a bad message')
      }),
    },
    END: '.over',
    '*': { actions: 'remember' },
  },
  states: { open: {}, over: { type: 'final' } },
  output: ({ context }) => context.seen,
})

/** An actor anywhere, as a target of sendTo: all that a turn needs of it is its address. */
export const at = (address: string) => ({ sessionId: address }) as never // XState types only real actors

/** Passes every message on to the actor it names in `to`, with who passed it. */
export const forwarder = setup({
  types: { context: {} as { name: string }, input: {} as { name: string }, events: {} as AnyEventObject },
}).createMachine({
  id: 'forwarder',
  context: ({ input }) => input,
  on: {
    PASS: {
      actions: sendTo(
        ({ event }) => at(event.to as string),
        (({ event, context }: { event: AnyEventObject; context: { name: string } }) => ({
          type: 'N',
          n: `${context.name}:${event.n as number}`,
        })) as never, // sendTo knows no types by address
      ),
    },
  },
})

/** Says to its parent with which number it was born. */
const kid = setup({ types: { input: {} as number, context: {} as { n: number } } }).createMachine({
  id: 'kid',
  context: ({ input }) => ({ n: input }),
  entry: sendParent(({ context }) => ({ type: 'BORN', n: context.n })),
})

/** Starts a child under the same name again and again, and remembers what each said. */
export const rebearer = setup({
  types: { context: {} as { seen: unknown[] }, events: {} as AnyEventObject },
  actors: { kid },
}).createMachine({
  id: 'rebearer',
  context: { seen: [] },
  initial: 'a',
  on: { BORN: { actions: assign({ seen: ({ context, event }) => [...context.seen, event.n] }) } },
  states: {
    a: { invoke: { src: 'kid', id: 'kid', input: ({ context }) => context.seen.length }, on: { NEXT: 'b' } },
    b: { on: { NEXT: 'a' } },
  },
})

type Seen = { context: { seen: unknown[] } }

/** What a collector has seen, from its snapshot. */
export const seenIn = (snapshot: unknown): unknown[] => (snapshot as Seen).context.seen
