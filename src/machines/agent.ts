// Agent machine. idle → working → complete | error, and back to work on the next task.
//   Inside working: thinking (a model call) ⇄ acting (tool calls, several at once), until a report is handed in.
//   Its hands, `think`, `act` and `reply`, are calls that `.provide()` gives. What is decided is in agent-*.ts, as pure functions.
import { assign, emit, enqueueActions, fromPromise, sendTo, setup } from 'xstate'
import {
  type AgentContext,
  type AgentEvent,
  type AgentInput,
  answerText,
  calledOff,
  cancelled,
  failedNote,
  finishedNote,
  isForJob,
  remembered,
  replyInput,
  shared,
  startedNote,
  taken,
  untasked,
  withFailure,
} from './agent-context.ts'
import {
  afterThought,
  afterTool,
  type ReplyInput,
  type ThinkInput,
  type Thought,
  type ToolDone,
  type ToolInput,
  toolCalls,
  unanswered,
} from './agent-job.ts'
import { at } from './protocol.ts'

export type { AgentContext, AgentInput } from './agent-context.ts'

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
    take: assign(({ context, event }) => taken(context, event)),
    wait: assign(({ context, event }) =>
      event.type === 'task_request' ? { backlog: [...context.backlog, event] } : {},
    ),
    share: assign(({ context, event }) => shared(context, event)),
    remember: assign(({ context, event }) => remembered(context, event)),
    answerLater: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'question') return
      const id = `reply.${context.asked}`
      enqueue.assign({
        asked: context.asked + 1,
        questions: { ...context.questions, [id]: { from: event.from, id: event.id } },
      })
      enqueue.spawnChild('reply', { id, input: replyInput(context, event.body.text) })
    }),
    answer: enqueueActions(({ context, event, enqueue }) => {
      if (!('actorId' in event)) return
      const { [event.actorId]: question, ...questions } = context.questions
      if (!question) return
      enqueue.assign({ questions })
      enqueue.stopChild(event.actorId)
      const body = { text: answerText(event) }
      enqueue.sendTo(at(question.from), { type: 'answer', replyTo: question.id, body })
    }),
    useTools: enqueueActions(({ context, enqueue }) => {
      for (const call of toolCalls(context.job!)) {
        enqueue.spawnChild('act', { id: call.id, input: call.input })
        enqueue.emit({ type: 'tool.used', agent: context.name, tool: call.input.call.name, about: call.about })
      }
    }),
    putAway: enqueueActions(({ event, enqueue }) => {
      if ('actorId' in event) enqueue.stopChild(event.actorId)
    }),
    stopTools: enqueueActions(({ context, enqueue }) => {
      for (const id of unanswered(context.job!)) enqueue.stopChild(id)
    }),
    noteThought: assign(({ context }, thought: Thought) => ({
      job: afterThought(context.job!, thought, context.maxTurns),
    })),
    noteTool: assign(({ context, event }) => ('actorId' in event ? { job: afterTool(context.job!, event) } : {})),
    noteFailure: assign(({ context, event }) => withFailure(context, event)),
    callOff: enqueueActions(({ context, event, enqueue }) => {
      const request = calledOff(context, event)
      if (!request) return
      enqueue.assign({ backlog: context.backlog.filter((one) => one !== request) })
      const about = { taskId: request.taskId ?? request.id, replyTo: request.id }
      enqueue.sendTo(at(request.from), { type: 'error_report', ...about, body: { ...cancelled(event), attempt: 1 } })
    }),
    complete: sendTo(
      ({ context }) => at(context.job!.from),
      ({ context: { job } }) => ({
        type: 'task_complete',
        taskId: job!.taskId,
        replyTo: job!.id,
        body: job!.result,
      }),
    ),
    report: sendTo(
      ({ context }) => at(context.job!.from),
      ({ context: { job } }) => ({
        type: 'error_report',
        taskId: job!.taskId,
        replyTo: job!.id,
        body: { ...job!.failure!, attempt: 1 },
      }),
    ),
    started: emit(({ context }) => startedNote(context)),
    finished: emit(({ context }) => finishedNote(context)),
    failed: emit(({ context }) => failedNote(context)),
    countComplete: assign({ completed: ({ context }) => context.completed + 1 }),
    countError: assign({ errors: ({ context }) => context.errors + 1 }),
  },
  guards: {
    hasReport: ({ context }) => context.job?.result != null,
    hasFailure: ({ context }) => context.job?.failure != null,
    hasCalls: ({ context }) => (context.job?.calls.length ?? 0) > 0,
    allDone: ({ context }) => context.job!.results.length >= context.job!.calls.length,
    hasBacklog: ({ context }) => context.backlog.length > 0,
    isForJob: ({ context, event }) => isForJob(context, event),
  },
}).createMachine({
  id: 'agent',
  version: '1',
  context: ({ input }) => untasked(input),
  initial: 'idle',
  on: {
    question: { actions: 'answerLater' },
    'xstate.done.actor.reply.*': { actions: 'answer' },
    'xstate.error.actor.reply.*': { actions: 'answer' },
    data_sharing: { actions: 'remember' },
  },
  states: {
    idle: { on: { task_request: { target: 'working', actions: 'take' } } },
    working: {
      initial: 'thinking',
      entry: 'started',
      on: {
        task_request: { actions: 'wait' },
        data_sharing: { actions: 'share' },
        cancel: [{ guard: 'isForJob', target: 'error', actions: 'noteFailure' }, { actions: 'callOff' }],
      },
      states: {
        thinking: {
          invoke: {
            src: 'think',
            id: 'think',
            input: ({ context }) => ({ name: context.name, role: context.role, ...context.job!.thinking }),
            onDone: {
              target: 'deciding',
              actions: { type: 'noteThought', params: ({ event }) => event.output },
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
          exit: 'stopTools',
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
      always: { guard: 'hasBacklog', target: 'working', actions: 'take' },
      on: { task_request: { target: 'working', actions: 'take' } },
    },
    error: {
      entry: ['report', 'failed', 'countError'],
      always: { guard: 'hasBacklog', target: 'working', actions: 'take' },
      on: { task_request: { target: 'working', actions: 'take' } },
    },
  },
})
