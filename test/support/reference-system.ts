// Reference system. Owns three actors with calls of every policy, a timer and messages both ways: what crash tests kill.
import { assign, sendParent, sendTo, setup } from 'xstate'
import type { CallContext } from '../../src/runtime/call.ts'
import { fromCall } from '../../src/runtime/kernel.ts'

/** Told of each attempt that really starts. */
export type OnStart = (start: { kind: string; callId: string; attempt: number }) => void

const job = (onStart: OnStart, kind: string, interrupted: 'retry' | 'once') =>
  fromCall<string, string>({
    kind,
    name: (input) => input,
    interrupted,
    run: async (input, { callId, attempt }: CallContext) => {
      onStart({ kind, callId, attempt })
      return { output: `${kind} of ${input}` }
    },
  })

const workerMachine = (onStart: OnStart) =>
  setup({
    types: {
      input: {} as { name: string },
      context: {} as { name: string; found: string },
      events: {} as { type: 'THANKS' } | { type: 'POKE' },
    },
    actors: { think: job(onStart, 'think', 'retry'), write: job(onStart, 'write', 'once') },
    delays: { rest: 50 },
  }).createMachine({
    id: 'worker',
    context: ({ input }) => ({ name: input.name, found: '' }),
    initial: 'thinking',
    states: {
      thinking: {
        invoke: {
          src: 'think',
          input: ({ context }) => context.name,
          onDone: { target: 'resting', actions: assign({ found: ({ event }) => event.output }) },
        },
      },
      resting: { after: { rest: 'writing' } },
      writing: {
        invoke: {
          src: 'write',
          input: ({ context }) => context.name,
          onDone: 'reporting',
          onError: 'reporting', // an unknown outcome is looked up, not done again: here it is known to be harmless
        },
      },
      reporting: {
        entry: sendParent(({ context }) => ({ type: 'REPORT', name: context.name, found: context.found })),
        on: { THANKS: 'over' },
      },
      over: { type: 'final' },
    },
    output: ({ context }) => `${context.name} is done`,
  })

type Report = { type: 'REPORT'; name: string; found: string }

/** A root that starts two workers, thanks each for its report, thinks once more, and ends when both have ended. */
export const referenceMachine = (onStart: OnStart = () => {}) =>
  setup({
    types: {
      context: {} as { reports: string[]; ended: string[]; sum: string },
      events: {} as Report,
      output: {} as { reports: string[]; ended: string[]; sum: string },
    },
    actors: { worker: workerMachine(onStart), sum: job(onStart, 'sum', 'retry') },
    actions: {
      note: assign({
        ended: ({ context, event }) => [...context.ended, (event as unknown as { output: string }).output].sort(),
      }),
    },
    guards: { bothEnded: ({ context }) => context.ended.length === 2 },
  }).createMachine({
    id: 'reference',
    context: { reports: [], ended: [], sum: '' },
    invoke: [
      { src: 'worker', id: 'ada', input: { name: 'ada' }, onDone: { actions: 'note' } },
      { src: 'worker', id: 'bob', input: { name: 'bob' }, onDone: { actions: 'note' } },
    ],
    initial: 'collecting',
    on: {
      REPORT: {
        actions: [
          assign({ reports: ({ context, event }) => [...context.reports, `${event.name}: ${event.found}`].sort() }),
          sendTo(({ event }) => event.name as never, { type: 'THANKS' } as never), // sendTo knows no types by name
        ],
      },
    },
    states: {
      collecting: { always: { guard: 'bothEnded', target: 'summing' } },
      summing: {
        invoke: {
          src: 'sum',
          input: ({ context }) => context.reports.join(' + '),
          onDone: { target: 'over', actions: assign({ sum: ({ event }) => event.output }) },
        },
      },
      over: { type: 'final' },
    },
    output: ({ context }) => context,
  })

/** What the reference system comes to, whatever happens to the process on the way. */
export const referenceResult = {
  reports: ['ada: think of ada', 'bob: think of bob'],
  ended: ['ada is done', 'bob is done'],
  sum: 'sum of ada: think of ada + bob: think of bob',
}
