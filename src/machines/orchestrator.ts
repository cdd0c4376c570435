// Orchestrator machine. idle → working{ planning → dispatching ⇄ reviewing → synthesising } → complete | error.
//   It is an agent like any other: it speaks the task protocol. Its members are children, named in its input and provided
//   as actors; it knows them by name and sends them messages. What is decided is in team*.ts, as pure functions.
import { assign, emit, enqueueActions, fromPromise, sendTo, setup } from 'xstate'
import { at, type Question, type TaskComplete } from './protocol.ts'
import {
  answering,
  begun,
  counted,
  describe,
  failureFrom,
  firstMove,
  handedOut,
  isForThis,
  isFromLead,
  isGoodEnough,
  nextRequest,
  type OrchestratorContext,
  type OrchestratorEvent,
  type OrchestratorInput,
  orderId,
  react,
  resultOf,
  unfinished,
} from './team.ts'
import { planTask, synthesisTask } from './team-lead.ts'
import { nothingUsed, summaryOf } from './team-summary.ts'
import { isSettled, someReviewing, type WorkPlan } from './team-work.ts'

export type { OrchestratorContext, OrchestratorInput } from './team.ts'

/** Members must be provided as actors under their names: `.provide({ actors: { researcher, writer, … } })`. */
export const orchestratorMachine = setup({
  types: {
    context: {} as OrchestratorContext,
    events: {} as OrchestratorEvent,
    input: {} as OrchestratorInput,
    emitted: {} as { type: string; [key: string]: unknown },
  },
  actors: {
    member: fromPromise<never, unknown>(() => Promise.reject(new Error('provide the members'))),
  },
  actions: {
    take: enqueueActions(({ context, event, enqueue }) => {
      const fresh = { work: null, final: null, failure: null, metrics: nothingUsed }
      enqueue.assign({ ...nextRequest(context, event), ...fresh })
    }),
    wait: assign(({ context, event }) =>
      event.type === 'task_request' ? { backlog: [...context.backlog, event] } : {},
    ),
    hire: enqueueActions(({ context, enqueue, self }) => {
      const isFirst = context.address === ''
      const wanted = context.team.filter(({ name }) => isFirst || context.gone.includes(name))
      enqueue.assign({ address: self.sessionId, gone: [] })
      // Members are provided by name at run time, so their names cannot be in the type of this machine's actors.
      for (const { name, input } of wanted) enqueue.spawnChild(name as 'member', { id: name, input })
    }),
    mourn: enqueueActions(({ context, event, enqueue }) => {
      if (!('actorId' in event)) return
      enqueue.assign({ gone: [...context.gone, event.actorId] })
      // Forgotten now, so that what is sent when it is hired again goes to its new life.
      enqueue.stopChild(event.actorId)
    }),
    askForPlan: enqueueActions(({ context, enqueue }) => {
      enqueue.sendTo(at(`${context.address}/${context.lead}`), {
        type: 'task_request',
        id: orderId(context, 'plan'),
        taskId: 'plan',
        body: planTask(context.request!.body, context),
      })
    }),
    usePlan: assign(({ context, event }) => ({
      // A lead's report has been checked against the schema of plans before it was handed in.
      work: begun(context, context.plan ?? ((event as TaskComplete).body.output as WorkPlan)),
    })),
    planReady: emit(({ context }) => ({
      type: 'plan.ready',
      orchestrator: context.name,
      lead: context.lead,
      request: context.request!.body.description,
      threshold: context.work!.threshold,
      ...context.work!.plan,
    })),
    carryOn: enqueueActions(({ context, event, enqueue }, params?: { first: boolean }) => {
      const move = params?.first ? firstMove(context) : react(context, event)
      enqueue.assign({ work: move.work })
      for (const note of move.notes) enqueue.emit(note)
      for (const { to, taskId, body, priority } of move.orders) {
        const order = { type: 'task_request', id: orderId(context, taskId), taskId, priority, body }
        enqueue.sendTo(at(`${context.address}/${to}`), order as never)
      }
    }),
    count: assign(({ context, event }) => counted(context, event)),
    share: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'data_sharing') return
      const news = { type: 'data_sharing', body: event.body }
      for (const { name } of context.team)
        if (!context.gone.includes(name)) enqueue.sendTo(at(`${context.address}/${name}`), news as never)
    }),
    askForSynthesis: enqueueActions(({ context, enqueue }) => {
      enqueue.sendTo(at(`${context.address}/${context.lead}`), {
        type: 'task_request',
        id: orderId(context, 'synthesise'),
        taskId: 'synthesise',
        body: synthesisTask(context.request!.body, context.work!),
      })
    }),
    keepFinal: assign(({ event }) => (event.type === 'task_complete' ? { final: event.body } : {})),
    noteFailure: assign(({ event }) => ({ failure: failureFrom(event) })),
    noteUnfinished: assign(({ context }) => ({ failure: unfinished(context) })),
    noteNoPlan: assign({
      failure: {
        code: 'plan.invalid',
        message: 'the lead handed in no plan; use an agent without an output of its own',
        retryable: false,
      },
    }),
    callOff: enqueueActions(({ context, event, enqueue }) => {
      const body = { reason: event.type === 'cancel' ? event.body.reason : 'the work of the team is over' }
      for (const { to, taskId } of handedOut(context))
        enqueue.sendTo(at(`${context.address}/${to}`), { type: 'cancel', taskId, body } as never)
    }),
    complete: sendTo(
      ({ context }) => at(context.request!.from),
      ({ context }) => ({
        type: 'task_complete',
        ...answering(context),
        body: resultOf(context),
      }),
    ),
    completed: emit(({ context }) => ({
      type: 'work.complete',
      quality: summaryOf(context.work!).quality,
      ...resultOf(context),
      output: null,
    })),
    report: sendTo(
      ({ context }) => at(context.request!.from),
      ({ context }) => ({
        type: 'error_report',
        ...answering(context),
        body: { ...context.failure!, attempt: 1, ...(context.work && { partial: summaryOf(context.work).artifacts }) },
      }),
    ),
    answer: sendTo(
      ({ event }) => at((event as Question).from),
      ({ context, event }) => ({ type: 'answer', replyTo: (event as Question).id, body: { text: describe(context) } }),
    ),
  },
  guards: {
    hasPlan: ({ context }) => context.plan !== null,
    isPlan: ({ context, event }) =>
      event.type === 'task_complete' &&
      isFromLead(context, event, 'plan') &&
      Array.isArray((event.body.output as Partial<WorkPlan> | null)?.tasks),
    isPlanning: ({ context, event }) => isFromLead(context, event, 'plan'),
    isSynthesis: ({ context, event }) => isFromLead(context, event, 'synthesise'),
    isLead: ({ context, event }) => 'actorId' in event && event.actorId === context.lead,
    leadIsGone: ({ context }) => context.lead !== null && context.gone.includes(context.lead),
    isAwaited: ({ context, event }) => react(context, event).work !== context.work,
    isThis: ({ context, event }) => isForThis(context, event),
    settledWell: ({ context }) => isSettled(context.work!) && isGoodEnough(context),
    settledBadly: ({ context }) => isSettled(context.work!) && !isGoodEnough(context),
    onlyReviews: ({ context }) => someReviewing(context.work!),
    someoneWorks: ({ context }) => !someReviewing(context.work!),
    hasLead: ({ context }) => context.lead !== null,
    hasBacklog: ({ context }) => context.backlog.length > 0,
  },
}).createMachine({
  id: 'orchestrator',
  version: '1',
  context: ({ input }) => ({
    ...input,
    address: '',
    request: null,
    taken: 0,
    backlog: [],
    gone: [],
    work: null,
    final: null,
    failure: null,
    metrics: nothingUsed,
  }),
  initial: 'idle',
  on: {
    question: { actions: 'answer' },
    data_sharing: { actions: 'share' },
    'xstate.error.actor.*': { actions: 'mourn' },
    'xstate.done.actor.*': { actions: 'mourn' },
  },
  states: {
    idle: { on: { task_request: { target: 'working', actions: 'take' } } },
    working: {
      entry: 'hire',
      initial: 'starting',
      on: {
        task_request: { actions: 'wait' },
        cancel: { guard: 'isThis', target: 'error', actions: ['noteFailure', 'callOff'] },
      },
      states: {
        starting: {
          always: [{ guard: 'hasPlan', target: 'carrying', actions: ['usePlan', 'planReady'] }, { target: 'planning' }],
        },
        planning: {
          entry: 'askForPlan',
          on: {
            task_complete: [
              { guard: 'isPlan', target: 'carrying', actions: ['count', 'usePlan', 'planReady'] },
              { guard: 'isPlanning', target: '#orchestrator.error', actions: ['count', 'noteNoPlan'] },
            ],
            error_report: { guard: 'isPlanning', target: '#orchestrator.error', actions: 'noteFailure' },
            'xstate.error.actor.*': {
              guard: 'isLead',
              target: '#orchestrator.error',
              actions: ['mourn', 'noteFailure'],
            },
            'xstate.done.actor.*': {
              guard: 'isLead',
              target: '#orchestrator.error',
              actions: ['mourn', 'noteFailure'],
            },
          },
        },
        carrying: {
          id: 'carrying',
          initial: 'dispatching',
          entry: { type: 'carryOn', params: { first: true } },
          on: {
            task_complete: { guard: 'isAwaited', actions: ['count', 'carryOn'] },
            error_report: { guard: 'isAwaited', actions: 'carryOn' },
            'xstate.error.actor.*': { actions: ['mourn', 'carryOn'] },
            'xstate.done.actor.*': { actions: ['mourn', 'carryOn'] },
          },
          always: [
            { guard: 'settledBadly', target: '#orchestrator.error', actions: 'noteUnfinished' },
            { guard: 'settledWell', target: 'integrating' },
          ],
          states: {
            dispatching: { always: { guard: 'onlyReviews', target: 'reviewing' } },
            reviewing: { always: { guard: 'someoneWorks', target: 'dispatching' } },
          },
        },
        integrating: {
          always: [
            { guard: 'leadIsGone', target: '#orchestrator.complete' },
            { guard: 'hasLead', target: 'synthesising' },
            { target: '#orchestrator.complete' },
          ],
        },
        synthesising: {
          entry: 'askForSynthesis',
          on: {
            task_complete: { guard: 'isSynthesis', target: '#orchestrator.complete', actions: ['count', 'keepFinal'] },
            error_report: { guard: 'isSynthesis', target: '#orchestrator.error', actions: 'noteFailure' },
            'xstate.error.actor.*': {
              guard: 'isLead',
              target: '#orchestrator.error',
              actions: ['mourn', 'noteFailure'],
            },
            'xstate.done.actor.*': {
              guard: 'isLead',
              target: '#orchestrator.error',
              actions: ['mourn', 'noteFailure'],
            },
          },
        },
      },
    },
    complete: {
      entry: ['complete', 'completed'],
      always: { guard: 'hasBacklog', target: 'working', actions: 'take' },
      on: { task_request: { target: 'working', actions: 'take' } },
    },
    error: {
      entry: 'report',
      always: { guard: 'hasBacklog', target: 'working', actions: 'take' },
      on: { task_request: { target: 'working', actions: 'take' } },
    },
  },
})
