// Agent machine. idle → working → complete | error, and back to work on the next task.
//   Inside working: thinking (a model call) ⇄ acting (tool calls, several at once), until a report is handed in.
//   Its hands, `think`, `act` and `reply`, are calls that `.provide()` gives.
import { assign, emit, enqueueActions, fromPromise, sendTo, setup } from 'xstate'
import {
  afterFailure,
  afterThought,
  afterTool,
  type Job,
  type ReplyInput,
  startJob,
  type ThinkInput,
  type Thought,
  type ToolDone,
  type ToolInput,
  toolCalls,
} from './agent-job.ts'
import { at, type Cancel, type DataSharing, failureOf, type Question, type TaskRequest } from './protocol.ts'

export type AgentInput = { name: string; role: string; maxTurns: number }

export type AgentContext = AgentInput & {
  job: Job | null
  /** Task requests that came while it was working. */
  backlog: TaskRequest[]
  /** Questions under way: by the id of the call that answers them. */
  questions: Record<string, { from: string; id: string }>
  asked: number
  completed: number
  errors: number
  tasks: number
}

type AgentEvent =
  | TaskRequest
  | Question
  | DataSharing
  | Cancel
  | { type: `xstate.done.actor.${string}`; output: unknown; actorId: string }
  | { type: `xstate.error.actor.${string}`; error: unknown; actorId: string }

const absent = <Output, Input>() => fromPromise<Output, Input>(() => Promise.reject(new Error('provide this actor')))

/** Hands must be provided: `think` asks the model, `act` runs one tool, `reply` answers a question. */
export const agentMachine = setup({
  types: {
    context: {} as AgentContext,
    events: {} as AgentEvent,
    input: {} as AgentInput,
    emitted: {} as { type: string; [key: string]: unknown },
  },
  actors: {
    think: absent<Thought, ThinkInput>(),
    act: absent<ToolDone, ToolInput>(),
    reply: absent<{ text: string }, ReplyInput>(),
  },
  actions: {
    take: assign(({ context, event }) =>
      event.type === 'task_request' ? { job: startJob(event, context.tasks), tasks: context.tasks + 1 } : {},
    ),
    takeNext: assign(({ context }) => {
      const [next, ...backlog] = context.backlog
      return next ? { job: startJob(next, context.tasks), tasks: context.tasks + 1, backlog } : {}
    }),
    wait: assign(({ context, event }) =>
      event.type === 'task_request' ? { backlog: [...context.backlog, event] } : {},
    ),
    share: assign(({ context, event }) =>
      event.type === 'data_sharing' && context.job
        ? {
            job: {
              ...context.job,
              notes: [
                ...context.job.notes,
                `${event.from} shares ${event.body.key}: ${JSON.stringify(event.body.value ?? event.body.artifact ?? null)}`,
              ],
            },
          }
        : {},
    ),
    answerLater: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'question') return
      const id = `reply.${context.asked}`
      enqueue.assign({
        asked: context.asked + 1,
        questions: { ...context.questions, [id]: { from: event.from, id: event.id } },
      })
      enqueue.spawnChild('reply', {
        id,
        input: {
          question: event.body.text,
          head: context.job?.head ?? null,
          contextTokens: context.job?.thinking.contextTokens ?? 0,
          task: context.job?.task ?? null,
          state: stateOf(context),
        },
      })
    }),
    answer: enqueueActions(({ context, event, enqueue }) => {
      if (!('actorId' in event)) return
      const { [event.actorId]: question, ...questions } = context.questions
      if (!question) return
      const text =
        'output' in event
          ? (event.output as { text: string }).text
          : `I cannot answer: ${failureOf(event.error).message}`
      enqueue.assign({ questions })
      enqueue.stopChild(event.actorId)
      enqueue.sendTo(at(question.from), { type: 'answer', replyTo: question.id, body: { text } })
    }),
    started: emit(({ context }) => ({
      type: 'task.started',
      agent: context.name,
      role: context.role,
      purpose: context.job!.task.purpose,
      task: context.job!.taskId,
      round: context.job!.task.round,
    })),
    useTools: enqueueActions(({ context, enqueue }) => {
      for (const call of toolCalls(context.job!)) {
        enqueue.spawnChild('act', { id: call.id, input: call.input })
        enqueue.emit({ type: 'tool.used', agent: context.name, tool: call.input.call.name, about: call.about })
      }
    }),
    putAway: enqueueActions(({ event, enqueue }) => {
      if ('actorId' in event) enqueue.stopChild(event.actorId)
    }),
    noteTool: assign(({ context, event }) => ('actorId' in event ? { job: afterTool(context.job!, event) } : {})),
    noteFailure: assign(({ context, event }) => ({
      job: afterFailure(
        context.job!,
        'error' in event
          ? failureOf(event.error)
          : {
              code: 'run.cancelled',
              message: event.type === 'cancel' ? event.body.reason : 'stopped',
              retryable: false,
            },
      ),
    })),
    complete: sendTo(
      ({ context }) => at(context.job!.from),
      ({ context }) => ({
        type: 'task_complete',
        taskId: context.job!.taskId,
        replyTo: context.job!.id,
        body: context.job!.result,
      }),
    ),
    report: sendTo(
      ({ context }) => at(context.job!.from),
      ({ context }) => ({
        type: 'error_report',
        taskId: context.job!.taskId,
        replyTo: context.job!.id,
        body: { ...context.job!.failure!, attempt: 1 },
      }),
    ),
    finished: emit(({ context }) => ({
      type: 'task.finished',
      agent: context.name,
      purpose: context.job!.task.purpose,
      task: context.job!.taskId,
      round: context.job!.task.round,
      confidence: context.job!.result!.confidence,
      summary: context.job!.result!.summary,
      reasoning: context.job!.result!.reasoning,
      artifacts: context.job!.result!.artifacts,
      issues: context.job!.result!.issues,
      metrics: context.job!.result!.metrics,
    })),
    failed: emit(({ context }) => ({
      type: 'task.failed',
      agent: context.name,
      purpose: context.job!.task.purpose,
      task: context.job!.taskId,
      round: context.job!.task.round,
      ...context.job!.failure!,
    })),
    countComplete: assign({ completed: ({ context }) => context.completed + 1 }),
    countError: assign({ errors: ({ context }) => context.errors + 1 }),
  },
  guards: {
    hasReport: ({ context }) => context.job?.result != null,
    hasFailure: ({ context }) => context.job?.failure != null,
    hasCalls: ({ context }) => (context.job?.calls.length ?? 0) > 0,
    allDone: ({ context }) => context.job!.results.length >= context.job!.calls.length,
    hasBacklog: ({ context }) => context.backlog.length > 0,
  },
}).createMachine({
  id: 'agent',
  version: '1',
  context: ({ input }) => ({
    ...input,
    job: null,
    backlog: [],
    questions: {},
    asked: 0,
    completed: 0,
    errors: 0,
    tasks: 0,
  }),
  initial: 'idle',
  on: {
    question: { actions: 'answerLater' },
    'xstate.done.actor.reply.*': { actions: 'answer' },
    'xstate.error.actor.reply.*': { actions: 'answer' },
    data_sharing: { actions: 'share' },
  },
  states: {
    idle: { on: { task_request: { target: 'working', actions: 'take' } } },
    working: {
      initial: 'thinking',
      entry: 'started',
      on: {
        task_request: { actions: 'wait' },
        cancel: { target: 'error', actions: 'noteFailure' },
      },
      states: {
        thinking: {
          invoke: {
            src: 'think',
            id: 'think',
            input: ({ context }) => ({ name: context.name, role: context.role, ...context.job!.thinking }),
            onDone: {
              target: 'deciding',
              actions: assign(({ context, event }) => ({
                job: afterThought(context.job!, event.output, context.maxTurns),
              })),
            },
            onError: { target: '#agent.error', actions: 'noteFailure' },
          },
        },
        deciding: {
          always: [
            { guard: 'hasFailure', target: '#agent.error' },
            { guard: 'hasReport', target: '#agent.complete' },
            { guard: 'hasCalls', target: 'acting' },
            { target: 'thinking' },
          ],
        },
        acting: {
          entry: 'useTools',
          on: {
            'xstate.done.actor.tool.*': { actions: ['noteTool', 'putAway'] },
            'xstate.error.actor.tool.*': { actions: ['noteTool', 'putAway'] },
          },
          always: { guard: 'allDone', target: 'thinking' },
        },
      },
    },
    complete: {
      entry: ['complete', 'finished', 'countComplete'],
      always: { guard: 'hasBacklog', target: 'working', actions: 'takeNext' },
      on: { task_request: { target: 'working', actions: 'take' } },
    },
    error: {
      entry: ['report', 'failed', 'countError'],
      always: { guard: 'hasBacklog', target: 'working', actions: 'takeNext' },
      on: { task_request: { target: 'working', actions: 'take' } },
    },
  },
})

const stateOf = ({ job, completed, errors }: AgentContext): string =>
  job && !job.result && !job.failure
    ? `working on "${job.task.description.slice(0, 200)}", turn ${job.turn}`
    : `idle after ${completed} completed and ${errors} failed tasks`
