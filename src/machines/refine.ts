// Refine machine. idle → working{ writing → reviewing → deciding } → complete | error, and back to work on the next task.
//   It is an agent like any other, made of an author and a reviewer; what is decided is in refining.ts, as pure functions.
import { assign, emit, enqueueActions, fromPromise, sendTo, setup } from 'xstate'
import { at, type Question } from './protocol.ts'
import {
  authorIn,
  givenUpNote,
  hasRounds,
  isFromAuthor,
  isFromReviewer,
  isGoodEnough,
  lastScore,
  nextRound,
  partialOf,
  type RefineContext,
  type RefineInput,
  resultOf,
  review,
  scored,
  settled,
  takenUp,
  unreviewed,
  untasked,
  verdictIn,
  whyNotWritten,
  written,
} from './refining.ts'
import {
  answering,
  counted,
  describe,
  failureFrom,
  handedOut,
  isForThis,
  type OrchestratorEvent,
  orderId,
} from './team.ts'

export type { RefineContext, RefineInput } from './refining.ts'

const member = fromPromise<never, unknown>(() => Promise.reject(new Error('provide this actor')))

/** Members must be provided as `author` and `reviewer`; their addresses end with the agents' own names. */
export const refineMachine = setup({
  types: {
    context: {} as RefineContext,
    events: {} as OrchestratorEvent,
    input: {} as RefineInput,
    emitted: {} as { type: string; [key: string]: unknown },
  },
  actors: { author: member, reviewer: member },
  actions: {
    take: assign(({ context, event }) => takenUp(context, event)),
    wait: assign(({ context, event }) =>
      event.type === 'task_request' ? { backlog: [...context.backlog, event] } : {},
    ),
    hire: enqueueActions(({ context, enqueue, self }) => {
      const wanted = context.team.filter(({ name }) => context.address === '' || context.gone.includes(name))
      enqueue.assign({ address: self.sessionId, gone: [] })
      for (const { name, input } of wanted)
        enqueue.spawnChild(name === context.reviewer ? 'reviewer' : 'author', { id: name, input })
    }),
    mourn: enqueueActions(({ context, event, enqueue }) => {
      if (!('actorId' in event)) return
      enqueue.assign({ gone: [...context.gone, event.actorId] })
      // Forgotten now, so that what is sent when it is hired again goes to its new life.
      enqueue.stopChild(event.actorId)
    }),
    planReady: emit(({ context }) => ({
      type: 'plan.ready',
      orchestrator: context.name,
      lead: null,
      request: context.request!.body.description,
      threshold: context.work!.threshold,
      ...context.plan!,
    })),
    askAuthor: enqueueActions(({ context, enqueue }) => {
      const { work, orders, notes } = nextRound(context)
      enqueue.assign({ work })
      for (const note of notes) enqueue.emit(note)
      for (const { to, ...order } of orders) {
        const request = { type: 'task_request', id: orderId(context, order.taskId), ...order }
        enqueue.sendTo(at(`${context.address}/${to}`), request as never)
      }
    }),
    askReviewer: enqueueActions(({ context, enqueue }) => {
      const { to, ...order } = review(context)
      const request = { type: 'task_request', id: orderId(context, order.taskId), ...order }
      enqueue.sendTo(at(`${context.address}/${to}`), request as never)
    }),
    count: assign(({ context, event }) => counted(context, event)),
    keepVersion: assign(({ context, event }) => (event.type === 'task_complete' ? written(context, event.body) : {})),
    keepScore: assign(({ context, event }) => scored(context, verdictIn(event)!)),
    reviewScored: emit(({ context }) => lastScore(context)),
    goUnreviewed: enqueueActions(({ context, event, enqueue }) => {
      const { work, notes } = unreviewed(context, event)
      enqueue.assign({ work })
      for (const note of notes) enqueue.emit(note)
    }),
    giveUp: assign(({ context, event }) => ({ failure: whyNotWritten(context, event) })),
    givenUp: emit(({ context }) => givenUpNote(context)),
    noteCancel: assign(({ event }) => ({ failure: failureFrom(event) })),
    callOff: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'cancel') return
      for (const { to, taskId } of handedOut(context)) {
        const cancel = { type: 'cancel', taskId, body: event.body }
        enqueue.sendTo(at(`${context.address}/${to}`), cancel as never)
      }
    }),
    share: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'data_sharing' || context.address === '') return
      const news = { type: 'data_sharing', body: event.body }
      for (const { name } of context.team)
        if (!context.gone.includes(name)) enqueue.sendTo(at(`${context.address}/${name}`), news as never)
    }),
    settle: enqueueActions(({ context, enqueue }) => {
      const { work, notes } = settled(context)
      enqueue.assign({ work })
      for (const note of notes) enqueue.emit(note)
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
      quality: Object.values(context.work!.tasks)[0]!.review?.score ?? null,
      ...resultOf(context),
      output: null,
    })),
    report: sendTo(
      ({ context }) => at(context.request!.from),
      ({ context }) => ({
        type: 'error_report',
        ...answering(context),
        body: { ...context.failure!, attempt: 1, partial: partialOf(context) },
      }),
    ),
    answer: sendTo(
      ({ event }) => at((event as Question).from),
      ({ context, event }) => ({ type: 'answer', replyTo: (event as Question).id, body: { text: describe(context) } }),
    ),
  },
  guards: {
    isWork: ({ context, event }) => isFromAuthor(context, event),
    isWorkForNobody: ({ context, event }) => isFromAuthor(context, event) && context.gone.includes(context.reviewer!),
    isReview: ({ context, event }) => isFromReviewer(context, event),
    isVerdict: ({ context, event }) => isFromReviewer(context, event) && verdictIn(event) !== null,
    isAuthor: ({ context, event }) => 'actorId' in event && event.actorId === authorIn(context),
    isReviewer: ({ context, event }) => 'actorId' in event && event.actorId === context.reviewer,
    isThis: ({ context, event }) => isForThis(context, event),
    isOver: ({ context }) => isGoodEnough(context) || !hasRounds(context),
    authorIsGone: ({ context }) => context.gone.includes(authorIn(context)),
    hasBacklog: ({ context }) => context.backlog.length > 0,
  },
}).createMachine({
  id: 'refine',
  version: '1',
  context: ({ input }) => untasked(input),
  initial: 'idle',
  on: {
    question: { actions: 'answer' },
    data_sharing: { actions: 'share' },
    'xstate.error.actor.*': { actions: 'mourn' },
    'xstate.done.actor.*': { actions: 'mourn' },
  },
  states: {
    idle: { on: { task_request: { target: 'working', actions: ['take', 'planReady'] } } },
    working: {
      entry: 'hire',
      initial: 'writing',
      on: {
        task_request: { actions: 'wait' },
        cancel: { guard: 'isThis', target: 'error', actions: ['noteCancel', 'callOff'] },
      },
      states: {
        writing: {
          entry: 'askAuthor',
          on: {
            task_complete: [
              {
                guard: 'isWorkForNobody',
                target: '#refine.complete',
                actions: ['count', 'keepVersion', 'goUnreviewed'],
              },
              { guard: 'isWork', target: 'reviewing', actions: ['count', 'keepVersion'] },
            ],
            error_report: { guard: 'isWork', target: '#refine.error', actions: ['giveUp', 'givenUp'] },
            'xstate.error.actor.*': {
              guard: 'isAuthor',
              target: '#refine.error',
              actions: ['mourn', 'giveUp', 'givenUp'],
            },
            'xstate.done.actor.*': {
              guard: 'isAuthor',
              target: '#refine.error',
              actions: ['mourn', 'giveUp', 'givenUp'],
            },
          },
        },
        reviewing: {
          entry: 'askReviewer',
          on: {
            task_complete: [
              { guard: 'isVerdict', target: 'deciding', actions: ['count', 'keepScore', 'reviewScored'] },
              { guard: 'isReview', target: '#refine.complete', actions: ['count', 'goUnreviewed'] },
            ],
            error_report: { guard: 'isReview', target: '#refine.complete', actions: 'goUnreviewed' },
            'xstate.error.actor.*': {
              guard: 'isReviewer',
              target: '#refine.complete',
              actions: ['mourn', 'goUnreviewed'],
            },
            'xstate.done.actor.*': {
              guard: 'isReviewer',
              target: '#refine.complete',
              actions: ['mourn', 'goUnreviewed'],
            },
          },
        },
        deciding: {
          always: [
            { guard: 'isOver', target: '#refine.complete' },
            { guard: 'authorIsGone', target: '#refine.error', actions: ['giveUp', 'givenUp'] },
            { target: 'writing' },
          ],
        },
      },
    },
    complete: {
      entry: ['settle', 'complete', 'completed'],
      always: { guard: 'hasBacklog', target: 'working', actions: ['take', 'planReady'] },
      on: { task_request: { target: 'working', actions: ['take', 'planReady'] } },
    },
    error: {
      entry: 'report',
      always: { guard: 'hasBacklog', target: 'working', actions: ['take', 'planReady'] },
      on: { task_request: { target: 'working', actions: ['take', 'planReady'] } },
    },
  },
})
