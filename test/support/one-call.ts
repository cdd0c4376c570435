// One call. Owns a machine with one call that a test answers by hand.
import { type AnyEventObject, assign, setup } from 'xstate'
import type { CallContext, CallResult, CallSpec } from '../../src/runtime/call.ts'
import { fromCall } from '../../src/runtime/kernel.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { type World, world } from './world.ts'

type Attempt = { context: CallContext; answer: PromiseWithResolvers<CallResult<string>> }
type Failure = { code: string; message: string }

/** A machine with one call that the test answers by hand. */
export const oneCall = (spec: Partial<CallSpec<string, string>> = {}) => {
  const attempts: Attempt[] = []
  const work = fromCall<string, string>({
    kind: 'tool',
    name: (input) => input,
    interrupted: 'retry',
    run: (_input, context) => {
      const answer = Promise.withResolvers<CallResult<string>>()
      attempts.push({ context, answer })
      return answer.promise
    },
    ...spec,
  })
  const machine = setup({
    types: {
      context: {} as { result: string | null; error: Failure | null },
      events: {} as AnyEventObject,
      output: {} as { result: string | null; error: Failure | null },
    },
    actors: { work },
  }).createMachine({
    id: 'caller',
    context: { result: null, error: null },
    initial: 'calling',
    states: {
      calling: {
        invoke: {
          src: 'work',
          id: 'work',
          input: 'search',
          onDone: { target: 'over', actions: assign({ result: ({ event }) => event.output }) },
          onError: { target: 'over', actions: assign({ error: ({ event }) => event.error as Failure }) },
        },
        on: { STOP: 'stopped', AGAIN: { target: 'calling', reenter: true } },
      },
      stopped: {},
      over: { type: 'final' },
    },
    output: ({ context }) => context,
  })
  return { ...world([machine]), machine, attempts }
}

/** What happened to calls after their first start: attempt and status. */
export const statuses = async ({ store }: Runtime): Promise<string[]> =>
  (await store.outcomes({})).map((row) => `${row.attempt} ${row.status}`)

/** Ends the process with its calls under way, and opens the store anew. */
export const killAndReopen = async (one: World, runtime: Runtime): Promise<Runtime> => {
  await runtime.close({ graceMs: 0 })
  return one.open()
}
