// Orchestrator machine. idle → working{ planning → dispatching ⇄ reviewing → synthesising } → complete | error.
//   It is an agent like any other: it speaks the task protocol. Its members are children, named in its input and provided
//   as actors; it knows them by name and sends them messages. What is decided is in team-moves.ts, as pure functions.
import { assign, emit, enqueueActions, fromPromise, sendTo, setup } from 'xstate'
import {
  type Answer,
  at,
  type Cancel,
  type ErrorReport,
  type FailureBody,
  failureOf,
  type Metrics,
  type Question,
  type ResultBody,
  type TaskComplete,
  type TaskRequest,
} from './protocol.ts'
import { planTask, synthesisTask } from './team-lead.ts'
import { advance, fellThrough, handedIn, type Move, memberDied } from './team-moves.ts'
import { addMetrics, describeWork, finalResult, nothingUsed, succeeded, summaryOf } from './team-summary.ts'
import {
  type HandOn,
  isSettled,
  type Member,
  someReviewing,
  startWork,
  type Work,
  type WorkOutput,
  type WorkPlan,
} from './team-work.ts'

export type OrchestratorInput = {
  name: string
  team: (Member & {
    /** What its machine is started with. */
    input: unknown
  })[]
  /** Who plans and integrates; without one a plan must be given and there is no synthesis. */
  lead: string | null
  reviewer: string | null
  plan: WorkPlan | null
  maxRounds: number
  /** Default `artifacts`. */
  handOn?: HandOn
  /** What a team without a lead gives. Default `last`. */
  output?: WorkOutput
}

export type OrchestratorContext = OrchestratorInput & {
  address: string
  request: TaskRequest | null
  work: Work | null
  final: ResultBody | null
  failure: Omit<FailureBody, 'attempt'> | null
  metrics: Metrics
}

type Ended =
  | { type: `xstate.error.actor.${string}`; error: unknown; actorId: string }
  | { type: `xstate.done.actor.${string}`; output: unknown; actorId: string }
type OrchestratorEvent = TaskRequest | TaskComplete | ErrorReport | Cancel | Question | Answer | Ended

const isGoodEnough = ({ work, lead, output = 'last' }: OrchestratorContext): boolean =>
  succeeded(work!, lead === null ? output : 'some')

const resultOf = ({ work, final, metrics, output = 'last' }: OrchestratorContext): ResultBody =>
  finalResult({ work: work!, final, metrics, output })

const begun = (context: OrchestratorContext, plan: WorkPlan): Work => {
  const { team, reviewer, maxRounds, lead, handOn = 'artifacts' } = context
  const { body } = context.request!
  return startWork(plan, {
    request: context.plan ? body : null,
    team: team.filter(({ name }) => name !== lead || team.length === 1),
    reviewer,
    threshold: body.qualityThreshold,
    maxRounds,
    handOn,
  })
}

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
    take: assign(({ event }) =>
      event.type === 'task_request'
        ? { request: event, work: null, final: null, failure: null, metrics: nothingUsed }
        : {},
    ),
    hire: enqueueActions(({ context, enqueue, self }) => {
      if (context.address !== '') return
      enqueue.assign({ address: self.sessionId })
      // Members are provided by name at run time, so their names cannot be in the type of this machine's actors.
      for (const { name, input } of context.team) enqueue.spawnChild(name as 'member', { id: name, input })
    }),
    askForPlan: enqueueActions(({ context, enqueue }) => {
      enqueue.sendTo(at(`${context.address}/${context.lead}`), {
        type: 'task_request',
        taskId: 'plan',
        body: planTask(context.request!.body, context),
      })
    }),
    usePlan: assign(({ context, event }) => ({
      // A lead's report has been checked against the schema of plans before it was handed in.
      work: begun(context, event.type === 'task_complete' ? (event.body.output as WorkPlan) : context.plan!),
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
      const move = params?.first ? advance(context.work!) : react(context.work!, event)
      enqueue.assign({ work: move.work })
      for (const note of move.notes) enqueue.emit(note)
      for (const { to, taskId, body, priority } of move.orders)
        enqueue.sendTo(at(`${context.address}/${to}`), { type: 'task_request', taskId, priority, body } as never)
    }),
    count: assign(({ context, event }) =>
      event.type === 'task_complete'
        ? {
            metrics: addMetrics(
              context.metrics,
              event.body.metrics,
              Math.max(0, event.sentAt - context.request!.sentAt),
            ),
          }
        : {},
    ),
    askForSynthesis: enqueueActions(({ context, enqueue }) => {
      enqueue.sendTo(at(`${context.address}/${context.lead}`), {
        type: 'task_request',
        taskId: 'synthesise',
        body: synthesisTask(context.request!.body, context.work!),
      })
    }),
    keepFinal: assign(({ event }) => (event.type === 'task_complete' ? { final: event.body } : {})),
    noteFailure: assign(({ event }) => ({
      failure:
        event.type === 'error_report'
          ? { code: event.body.code, message: event.body.message, retryable: false }
          : event.type === 'cancel'
            ? { code: 'run.cancelled', message: event.body.reason, retryable: false }
            : 'error' in event
              ? failureOf(event.error)
              : null,
    })),
    noteUnfinished: assign(({ context }) => ({
      failure: {
        code: 'run.failed',
        message: `the plan could not be carried out: ${summaryOf(context.work!)
          .issues.map(({ text }) => text)
          .join('; ')}`,
        retryable: false,
      },
    })),
    complete: sendTo(
      ({ context }) => at(context.request!.from),
      ({ context }) => ({
        type: 'task_complete',
        taskId: context.request!.taskId ?? context.request!.id,
        replyTo: context.request!.id,
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
        taskId: context.request!.taskId ?? context.request!.id,
        replyTo: context.request!.id,
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
    isPlan: ({ event }) => event.type === 'task_complete' && event.taskId === 'plan',
    isSynthesis: ({ event }) => event.type === 'task_complete' && event.taskId === 'synthesise',
    settledWell: ({ context }) => isSettled(context.work!) && isGoodEnough(context),
    settledBadly: ({ context }) => isSettled(context.work!) && !isGoodEnough(context),
    onlyReviews: ({ context }) => someReviewing(context.work!),
    someoneWorks: ({ context }) => !someReviewing(context.work!),
    hasLead: ({ context }) => context.lead !== null,
  },
}).createMachine({
  id: 'orchestrator',
  version: '1',
  context: ({ input }) => ({
    ...input,
    address: '',
    request: null,
    work: null,
    final: null,
    failure: null,
    metrics: nothingUsed,
  }),
  initial: 'idle',
  on: { question: { actions: 'answer' } },
  states: {
    idle: { on: { task_request: { target: 'working', actions: 'take' } } },
    working: {
      entry: 'hire',
      initial: 'starting',
      on: {
        cancel: { target: 'error', actions: 'noteFailure' },
        task_complete: { actions: 'count' },
      },
      states: {
        starting: {
          always: [{ guard: 'hasPlan', target: 'carrying', actions: ['usePlan', 'planReady'] }, { target: 'planning' }],
        },
        planning: {
          entry: 'askForPlan',
          on: {
            task_complete: { guard: 'isPlan', target: 'carrying', actions: ['count', 'usePlan', 'planReady'] },
            error_report: { target: '#orchestrator.error', actions: 'noteFailure' },
            'xstate.error.actor.*': { target: '#orchestrator.error', actions: 'noteFailure' },
          },
        },
        carrying: {
          id: 'carrying',
          initial: 'dispatching',
          entry: { type: 'carryOn', params: { first: true } },
          on: {
            task_complete: { actions: ['count', 'carryOn'] },
            error_report: { actions: 'carryOn' },
            'xstate.error.actor.*': { actions: 'carryOn' },
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
        integrating: { always: [{ guard: 'hasLead', target: 'synthesising' }, { target: '#orchestrator.complete' }] },
        synthesising: {
          entry: 'askForSynthesis',
          on: {
            task_complete: { guard: 'isSynthesis', target: '#orchestrator.complete', actions: ['count', 'keepFinal'] },
            error_report: { target: '#orchestrator.error', actions: 'noteFailure' },
            'xstate.error.actor.*': { target: '#orchestrator.error', actions: 'noteFailure' },
          },
        },
      },
    },
    complete: { entry: ['complete', 'completed'], on: { task_request: { target: 'working', actions: 'take' } } },
    error: { entry: 'report', on: { task_request: { target: 'working', actions: 'take' } } },
  },
})

const react = (work: Work, event: OrchestratorEvent): Move => {
  if (event.type === 'task_complete' && event.taskId) return handedIn(work, event.taskId, event.body)
  if (event.type === 'error_report' && event.taskId) return fellThrough(work, event.taskId, event.body)
  if ('actorId' in event && 'error' in event) return memberDied(work, event.actorId, event.error)
  return advance(work)
}

const describe = ({ work, request }: OrchestratorContext): string => {
  if (!request) return 'No task yet.'
  return work ? describeWork(work) : 'The lead is planning.'
}
