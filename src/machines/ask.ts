// Ask machine. Owns one question from outside: its answer, or the unknown outcome when none came in time (C34).
import { assign, enqueueActions, setup } from 'xstate'
import { type Answer, at } from './protocol.ts'

export type AskInput = { to: string; text: string; timeoutMs: number }
export type AskOutput = { answered: true; text: string; value: unknown } | { answered: false }

/** A question as an actor of its own: its address is where the answer goes, and an answer that is late finds nobody. */
export const askMachine = setup({
  types: {
    context: {} as AskInput & { answer: Answer['body'] | null },
    input: {} as AskInput,
    output: {} as AskOutput,
    events: {} as Answer,
  },
  delays: { patience: ({ context }) => context.timeoutMs },
  actions: {
    ask: enqueueActions(({ context, enqueue }) =>
      enqueue.sendTo(at(context.to), { type: 'question', body: { text: context.text } }),
    ),
  },
}).createMachine({
  id: 'ask',
  version: '1',
  context: ({ input }) => ({ ...input, answer: null }),
  initial: 'waiting',
  output: ({ context }) =>
    context.answer
      ? { answered: true, text: context.answer.text, value: context.answer.value ?? null }
      : { answered: false },
  states: {
    waiting: {
      entry: 'ask',
      on: { answer: { target: 'over', actions: assign({ answer: ({ event }) => event.body }) } },
      after: { patience: 'over' },
    },
    over: { type: 'final' },
  },
})
