// Refining. Owns what an author and a reviewer bring about together: orders, versions, and which version is handed in.
//   They are a team of two whose plan is one task, so what a team knows and says of a task is used here as it is.
import type { FailureBody, Issue, ResultBody } from './protocol.ts'
import {
  begun,
  failureFrom,
  nextRequest,
  type OrchestratorContext,
  type OrchestratorEvent,
  type OrchestratorInput,
  replyIn,
} from './team.ts'
import { begin, type Move, type Note, still, withResult } from './team-moves.ts'
import { finalArtifacts, type Order, reviewOrder } from './team-orders.ts'
import { isApproved, noVerdict, scoredNote, scoreIn, unreviewedNote } from './team-review.ts'
import { nothingUsed } from './team-summary.ts'
import { type PlannedTask, type Score, setTask, type Tracked, thresholdOf } from './team-work.ts'

type Refiner = OrchestratorInput['team'][number]

export type RefineInput = {
  name: string
  /** What the two are there for: part of every order. */
  objective: string
  author: Refiner
  reviewer: Refiner
  /** The author's task in each request; without a threshold of its own the request's counts. */
  task: PlannedTask
  /** How often it is written at most, the first time included. */
  maxRounds: number
}

type Version = { round: number; result: ResultBody; review: Score }

export type RefineContext = OrchestratorContext & {
  /** The version with the highest score so far, the latest among equals. */
  best: Version | null
}

export const untasked = ({ name, objective, author, reviewer, task, maxRounds }: RefineInput): RefineContext => ({
  name,
  team: [author, reviewer],
  lead: null,
  reviewer: reviewer.name,
  plan: {
    objective,
    successCriteria: [],
    tasks: [{ ...task, agent: author.name, dependencies: [], review: true }],
  },
  maxRounds,
  handOn: 'values',
  address: '',
  request: null,
  taken: 0,
  backlog: [],
  gone: [],
  work: null,
  final: null,
  failure: null,
  metrics: nothingUsed,
  best: null,
})

/** The context with its next request in hand. */
export const takenUp = (context: RefineContext, event: OrchestratorEvent): RefineContext => {
  const next = { ...context, ...nextRequest(context, event) }
  return { ...next, work: begun(next, context.plan!), best: null, failure: null, metrics: nothingUsed }
}

const taskOf = ({ plan }: RefineContext): PlannedTask => plan!.tasks[0]!
export const authorIn = (context: RefineContext): string => taskOf(context).agent!
const trackedIn = (context: RefineContext): Tracked => context.work!.tasks[taskOf(context).id]!

const withTask = (context: RefineContext, change: Partial<Tracked>): RefineContext['work'] =>
  setTask(context.work!, taskOf(context).id, change)

/** The next version: an order for the author, in round 1 with what whoever asks found lacking before. */
export const nextRound = (context: RefineContext): Move => {
  const { round } = trackedIn(context)
  const move = begin(still(context.work!), taskOf(context).id, round + 1)
  const feedback = round === 0 ? context.request!.body.feedback : undefined
  if (!feedback) return move
  return { ...move, orders: move.orders.map((order) => ({ ...order, body: { ...order.body, feedback } })) }
}

export const review = (context: RefineContext): Order => reviewOrder(context.work!, taskOf(context).id)

/** Whether the author hands in, or fails at, the version that it was asked for. */
export const isFromAuthor = (context: RefineContext, event: OrchestratorEvent): boolean =>
  answers(context, event, { kind: 'work', member: authorIn(context) })

/** Whether the reviewer answers for the version that it was given. */
export const isFromReviewer = (context: RefineContext, event: OrchestratorEvent): boolean =>
  answers(context, event, { kind: 'review', member: context.reviewer! })

const answers = (
  context: RefineContext,
  event: OrchestratorEvent,
  { kind, member }: { kind: 'work' | 'review'; member: string },
): boolean => {
  const { task, round } = trackedIn(context)
  const reply = replyIn(context, event)
  return reply?.from === member && reply.taskId === `${kind}.${task.id}.${round}`
}

export const written = (context: RefineContext, result: ResultBody): Partial<RefineContext> => {
  const { id } = taskOf(context)
  return { work: setTask(withResult(context.work!, id, result), id, { state: 'reviewing' }) }
}

/** The verdict that an event brings; null when it brings none. */
export const verdictIn = (event: OrchestratorEvent): Score | null =>
  event.type === 'task_complete' ? scoreIn(event.body) : null

export const scored = (context: RefineContext, review: Score): Partial<RefineContext> => {
  const { result, round } = trackedIn(context)
  const isBest = context.best === null || review.score >= context.best.review.score
  return {
    work: withTask(context, { review }),
    ...(isBest && { best: { round, result: result!, review } }),
  }
}

const thresholdIn = (context: RefineContext): number => thresholdOf(context.work!, trackedIn(context))

export const isGoodEnough = (context: RefineContext): boolean => isApproved(context.work!, trackedIn(context))

export const hasRounds = (context: RefineContext): boolean => trackedIn(context).round < context.maxRounds

/** What the last review said, for people. */
export const lastScore = (context: RefineContext): Note => scoredNote(context.work!, trackedIn(context))

const ended = (who: string): FailureBody => ({
  code: 'actor.done',
  message: `${who} has ended; use an agent that waits for its next task`,
  retryable: false,
  attempt: 1,
})

const whyUnreviewed = (context: RefineContext, event: OrchestratorEvent): FailureBody => {
  if (event.type !== 'task_complete') return { ...failureFrom(event)!, attempt: 1 }
  return context.gone.includes(context.reviewer!) ? ended(`the reviewer "${context.reviewer}"`) : noVerdict
}

/** The version in hand is taken without a verdict. */
export const unreviewed = (context: RefineContext, event: OrchestratorEvent): Move => {
  const failure = whyUnreviewed(context, event)
  return still(withTask(context, { failure })!, [unreviewedNote(trackedIn(context), failure)])
}

/** Why there is no next version. */
export const whyNotWritten = (context: RefineContext, event: OrchestratorEvent): RefineContext['failure'] =>
  isFromAuthor(context, event) || ('actorId' in event && event.actorId === authorIn(context))
    ? failureFrom(event)
    : ended(`the author "${authorIn(context)}"`)

export const givenUpNote = (context: RefineContext): Note => {
  const { code, message } = context.failure!
  return { type: 'task.given-up', task: taskOf(context).id, code, message }
}

/** The version that is handed in: the best one, unless the last one found no reviewer. */
export const settled = (context: RefineContext): Move => {
  const { task, review } = trackedIn(context)
  const chosen = review === null ? {} : { result: context.best!.result, review: context.best!.review }
  const score = review === null ? null : context.best!.review.score
  const below = score === null || score < thresholdIn(context)
  const work = withTask(context, { ...chosen, state: 'done', below })!
  return still(work, [{ type: 'task.done', task: task.id, score, below }])
}

const rounds = (count: number): string => `${count} ${count === 1 ? 'round' : 'rounds'}`

const ownIssues = (context: RefineContext): Issue[] => {
  const { task, round, review, below, failure } = trackedIn(context)
  if (review === null)
    return [{ severity: 'high', text: `"${task.id}" was handed in without a review: ${failure!.message}` }]
  if (!below) return []
  const text = `no version of "${task.id}" reached ${thresholdIn(context)} in ${rounds(round)}; the best, version ${context.best!.round}, has a score of ${review.score}`
  return [{ severity: 'medium', text }]
}

/** The result of the whole, once it is settled. */
export const resultOf = (context: RefineContext): ResultBody => {
  const tracked = trackedIn(context)
  const { round, review, result } = tracked
  const found = review === null ? 'not reviewed' : `a score of ${review.score} where ${thresholdIn(context)} was asked`
  return {
    ...result!,
    artifacts: finalArtifacts(tracked),
    reasoning: `${rounds(round)}, ${found}. ${result!.reasoning}`.trim(),
    issues: [...ownIssues(context), ...result!.issues],
    metrics: context.metrics,
  }
}

/** What a request that failed has brought nevertheless: the artifacts of its best version. */
export const partialOf = (context: RefineContext) => {
  const { best } = context
  return best ? finalArtifacts({ ...trackedIn(context), result: best.result }) : []
}
