// Team. Owns what an orchestrator knows of itself, its request and its members; pure functions, as the work is.
import {
  type Answer,
  type Cancel,
  type DataSharing,
  type ErrorReport,
  type FailureBody,
  failureOf,
  type Issue,
  type Metrics,
  type Question,
  type ResultBody,
  type TaskComplete,
  type TaskRequest,
} from './protocol.ts'
import { advance, type Move, still } from './team-moves.ts'
import { fellThrough, handedIn, memberDied, type Reply } from './team-replies.ts'
import { addMetrics, describeWork, finalResult, succeeded, summaryOf } from './team-summary.ts'
import {
  type HandOn,
  inHand,
  isSettled,
  type Member,
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
  /** Requests taken so far: an answer to an order of an earlier one is late. */
  taken: number
  /** Requests that came while it was working. */
  backlog: TaskRequest[]
  /** Members that have died; they are hired again with the next request. */
  gone: string[]
  work: Work | null
  final: ResultBody | null
  failure: Omit<FailureBody, 'attempt'> | null
  metrics: Metrics
}

export type Ended =
  | { type: `xstate.error.actor.${string}`; error: unknown; actorId: string }
  | { type: `xstate.done.actor.${string}`; output: unknown; actorId: string }
export type OrchestratorEvent =
  | TaskRequest
  | TaskComplete
  | ErrorReport
  | Cancel
  | Question
  | Answer
  | DataSharing
  | Ended

/** The id of an order: answers name it, so that one to an earlier request is known for what it is. */
export const orderId = ({ taken }: OrchestratorContext, taskId: string): string => `${taken}/${taskId}`

/** What taking up the next request changes: the given one, else the first that waits. */
export const nextRequest = ({ backlog, taken }: OrchestratorContext, event: OrchestratorEvent) => {
  const [first, ...rest] = backlog
  const isGiven = event.type === 'task_request'
  return { request: isGiven ? event : first!, backlog: isGiven ? backlog : rest, taken: taken + 1 }
}

const requestId = ({ request }: OrchestratorContext): string => request!.taskId ?? request!.id

/** What the answer to a request names. */
export const answering = (context: OrchestratorContext) => ({
  taskId: requestId(context),
  replyTo: context.request!.id,
})

/** Whether a cancellation is of the request in hand. */
export const isForThis = (context: OrchestratorContext, event: OrchestratorEvent): boolean =>
  event.type === 'cancel' && (event.taskId === undefined || event.taskId === requestId(context))

/** What a member used, added to what the request has used. */
export const counted = ({ metrics, request }: OrchestratorContext, event: OrchestratorEvent) =>
  event.type === 'task_complete'
    ? { metrics: addMetrics(metrics, event.body.metrics, Math.max(0, event.sentAt - request!.sentAt)) }
    : {}

/** Which order of this request a member answers; null when it is none. */
export const replyIn = (context: OrchestratorContext, event: OrchestratorEvent): Reply | null => {
  if (event.type !== 'task_complete' && event.type !== 'error_report') return null
  const { taskId, replyTo, from } = event
  const isMember = from.startsWith(`${context.address}/`)
  if (taskId === undefined || !isMember || replyTo !== orderId(context, taskId)) return null
  return { taskId, from: from.slice(context.address.length + 1) }
}

/** Whether the lead answers this order. */
export const isFromLead = (context: OrchestratorContext, event: OrchestratorEvent, taskId: string): boolean => {
  const reply = replyIn(context, event)
  return reply?.taskId === taskId && reply.from === context.lead
}

export const begun = (context: OrchestratorContext, plan: WorkPlan): Work => {
  const { team, reviewer, maxRounds, lead, handOn = 'artifacts' } = context
  const { body } = context.request!
  const request = context.plan ? body : null
  const members = team.map(({ input: _started, ...member }) => member)
  return startWork(plan, {
    request,
    team: members,
    lead,
    reviewer,
    threshold: body.qualityThreshold,
    maxRounds,
    handOn,
  })
}

/** Why a member is no longer there. */
const deathOf = (event: Ended): unknown =>
  'error' in event
    ? event.error
    : { code: 'actor.done', message: `${event.actorId} has ended; a member of a team waits for its next task` }

/** What an event changes in the work. */
export const react = (context: OrchestratorContext, event: OrchestratorEvent): Move => {
  const work = context.work!
  if ('actorId' in event) return memberDied(work, event.actorId, deathOf(event))
  const reply = replyIn(context, event)
  if (reply && event.type === 'task_complete') return handedIn(work, reply, event.body)
  if (reply && event.type === 'error_report') return fellThrough(work, reply, event.body)
  return still(work)
}

export const firstMove = ({ work, gone }: OrchestratorContext): Move => advance({ ...work!, gone })

/** What every member has in hand, to call it off. */
export const handedOut = ({ work, lead, team }: OrchestratorContext): { to: string; taskId: string }[] => {
  if (work && !isSettled(work))
    return team.flatMap(({ name }) => inHand(work, name).map((taskId) => ({ to: name, taskId })))
  return lead === null ? [] : [{ to: lead, taskId: work ? 'synthesise' : 'plan' }]
}

export const failureFrom = (event: OrchestratorEvent): OrchestratorContext['failure'] => {
  if (event.type === 'error_report') return { code: event.body.code, message: event.body.message, retryable: false }
  if (event.type === 'cancel') return { code: 'run.cancelled', message: event.body.reason, retryable: false }
  return 'actorId' in event ? failureOf(deathOf(event)) : null
}

/** What to say of work that came to nothing. One cause is named as it is: what has no money left says so. */
export const unfinished = ({ work }: OrchestratorContext): OrchestratorContext['failure'] => {
  const failed = Object.values(work!.tasks).flatMap(({ state, failure }) =>
    state === 'failed' && failure ? [failure] : [],
  )
  const codes = new Set(failed.map(({ code }) => code))
  const [only] = codes
  const why = summaryOf(work!).issues.map(({ text }) => text)
  return {
    code: codes.size === 1 && only !== undefined ? only : 'run.failed',
    message: `the plan could not be carried out: ${why.join('; ')}. Mend what failed and start again`,
    retryable: false,
  }
}

export const isGoodEnough = ({ work, lead, output = 'last' }: OrchestratorContext): boolean =>
  succeeded(work!, lead === null ? output : 'some')

const notIntegrated: Issue = { severity: 'high', text: 'the lead ended before it could integrate the results' }

export const resultOf = ({ work, final, metrics, lead, output = 'last' }: OrchestratorContext): ResultBody => {
  const result = finalResult({ work: work!, final, metrics, output })
  return lead !== null && final === null ? { ...result, issues: [notIntegrated, ...result.issues] } : result
}

export const describe = ({ work, request }: OrchestratorContext): string => {
  if (!request) return 'No task yet.'
  return work ? describeWork(work) : 'The lead is planning.'
}
