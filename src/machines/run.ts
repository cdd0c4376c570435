// Run machine. Owns one task given to a root agent, from the request to its end: complete, failed, or past its deadline.
import { assign, enqueueActions, fromPromise, setup } from 'xstate'
import {
  at,
  type ErrorReport,
  type FailureBody,
  failureOf,
  type ResultBody,
  type TaskBody,
  type TaskComplete,
} from './protocol.ts'

export type RunInput = {
  /** The name of the root agent: it is provided as the actor `agent` and addressed as `<run>/<name>`. */
  agent: string
  agentInput: unknown
  task: TaskBody
  /** Milliseconds the whole run may take; null for no limit. */
  timeoutMs: number | null
}

export type RunOutput = { status: 'complete'; result: ResultBody } | { status: 'failed'; failure: FailureBody }

type RunContext = RunInput & { result: ResultBody | null; failure: FailureBody | null }
type Died =
  | { type: `xstate.error.actor.${string}`; error: unknown; actorId: string }
  | { type: `xstate.done.actor.${string}`; output: unknown; actorId: string }

const deathOf = (event: Died): FailureBody =>
  'error' in event
    ? { ...failureOf(event.error), attempt: 1 }
    : {
        code: 'run.failed',
        message: `${event.actorId} ended without a report; an agent waits for its next task`,
        retryable: false,
        attempt: 1,
      }

/** The root agent must be provided as the actor `agent`. Its events come with their envelopes. */
export const runMachine = setup({
  types: {
    context: {} as RunContext,
    input: {} as RunInput,
    output: {} as RunOutput,
    events: {} as TaskComplete | ErrorReport | Died,
  },
  actors: { agent: fromPromise<never, unknown>(() => Promise.reject(new Error('provide the agent'))) },
  actions: {
    begin: enqueueActions(({ context, enqueue, self }) => {
      enqueue.spawnChild('agent', { id: context.agent, input: context.agentInput })
      enqueue.sendTo(at(`${self.sessionId}/${context.agent}`), {
        type: 'task_request',
        taskId: 'run',
        body: context.task,
      })
    }),
    noteDeath: assign(({ event }) => ('actorId' in event ? { failure: deathOf(event) } : {})),
    timeOut: assign(({ context }) => ({
      failure: {
        code: 'run.timeout',
        message: `the run did not end within ${context.timeoutMs} ms; raise timeoutMs or make the task smaller`,
        retryable: false,
        attempt: 1,
      },
    })),
  },
  delays: { limit: ({ context }) => context.timeoutMs ?? 0 },
  guards: {
    isLimited: ({ context }) => context.timeoutMs !== null,
    /** Anybody may send to a run; only its own agent ends it. */
    isFromAgent: ({ context, event }) => 'from' in event && event.from === `${event.to}/${context.agent}`,
  },
}).createMachine({
  id: 'run',
  version: '1',
  context: ({ input }) => ({ ...input, result: null, failure: null }),
  entry: 'begin',
  initial: 'opening',
  output: ({ context }) =>
    context.result ? { status: 'complete', result: context.result } : { status: 'failed', failure: context.failure! },
  on: {
    task_complete: {
      guard: 'isFromAgent',
      target: '.ended',
      actions: assign({ result: ({ event }) => event.body }),
    },
    error_report: {
      guard: 'isFromAgent',
      target: '.ended',
      actions: assign({ failure: ({ event }) => event.body }),
    },
    'xstate.error.actor.*': { target: '.ended', actions: 'noteDeath' },
    'xstate.done.actor.*': { target: '.ended', actions: 'noteDeath' },
  },
  states: {
    opening: { always: [{ guard: 'isLimited', target: 'limited' }, { target: 'open' }] },
    open: {},
    limited: { after: { limit: { target: 'ended', actions: 'timeOut' } } },
    ended: { type: 'final' },
  },
})
