// Team moves. Owns what an orchestrator does next: pure functions from what came to the new table, orders and notes.
import { type FailureBody, type Feedback, failureOf, type ResultBody } from './protocol.ts'
import { type Order, outputName, reviewOrder, workOrder } from './team-orders.ts'
import { inHand, match, type Score, setTask, shift, thresholdOf, type Work } from './team-work.ts'

/** Something worth showing to people. */
export type Note = { type: string; [key: string]: unknown }
export type Move = { work: Work; orders: Order[]; notes: Note[] }

const still = (work: Work, notes: Note[] = []): Move => ({ work, orders: [], notes })
const noted = (move: Move, note: Note): Move => ({ ...move, notes: [...move.notes, note] })
const joined = (move: Move, next: Move): Move => ({
  work: next.work,
  orders: [...move.orders, ...next.orders],
  notes: [...move.notes, ...next.notes],
})

const giveUp = (move: Move, id: string, failure: FailureBody): Move =>
  noted(
    { ...move, work: setTask(move.work, id, { state: 'failed', failure }) },
    { type: 'task.given-up', task: id, code: failure.code, message: failure.message },
  )

const begin = (move: Move, id: string, round: number, feedback?: Feedback): Move => {
  const tracked = move.work.tasks[id]!
  const { task } = tracked
  const agent = round > 1 && tracked.agent ? tracked.agent : match(move.work, tracked)
  if (!agent)
    return giveUp(move, id, {
      code: 'agent.none-suitable',
      message: `no agent is left for task "${id}"`,
      retryable: false,
      attempt: tracked.failed.length,
    })
  const work = shift(setTask(move.work, id, { state: 'working', agent, round }), agent, 1)
  const order = workOrder(work, id, { agent, round }, feedback)
  const type = round > 1 ? 'task.refining' : 'task.assigned'
  const note = { type, task: id, agent, round, dependencies: task.dependencies, priority: task.priority }
  return joined(move, { work, orders: [order], notes: [{ ...note, name: outputName(task), ...toldIn(order) }] })
}

/** What a member was told, as the record of a delegation keeps it. */
const toldIn = ({ body }: Order) => ({
  description: body.description,
  output: body.outputName,
  requirements: body.requirements,
  context: body.context,
  expectedOutput: body.expectedOutput,
  qualityThreshold: body.qualityThreshold,
  inputs: body.input.artifacts.map(({ name, bytes }) => ({ name, bytes })),
})

const passOver = (move: Move, id: string): Move =>
  noted({ ...move, work: setTask(move.work, id, { state: 'skipped' }) }, { type: 'task.skipped', task: id })

/** Starts every task whose dependencies are met, and passes over those whose dependencies failed. */
export const advance = (work: Work): Move => {
  let move = still(work)
  for (let again = true; again; ) {
    again = false
    for (const { id, dependencies } of work.plan.tasks) {
      if (move.work.tasks[id]!.state !== 'waiting') continue
      const states = dependencies.map((dependency) => move.work.tasks[dependency]!.state)
      if (states.some((state) => state === 'failed' || state === 'skipped')) {
        move = passOver(move, id)
        again = true
      } else if (states.every((state) => state === 'done')) move = begin(move, id, 1)
    }
  }
  return move
}

const then = (move: Move): Move => joined(move, advance(move.work))

/** Reads `work.<task>.<round>` and `review.<task>.<round>`. */
const readId = (taskId: string): { kind: string; id: string; round: number } => {
  const [kind, id, round] = taskId.split('.')
  return { kind: kind ?? '', id: id ?? '', round: Number(round) }
}

const worked = (work: Work, id: string, result: ResultBody): Move => {
  const tracked = work.tasks[id]!
  const freed = shift(setTask(work, id, { result }), tracked.agent, -1)
  const reviews = tracked.task.review && work.reviewer !== null && work.reviewer !== tracked.agent
  if (!reviews)
    return then(still(setTask(freed, id, { state: 'done' }), [{ type: 'task.done', task: id, score: null }]))
  const reviewing = shift(setTask(freed, id, { state: 'reviewing' }), work.reviewer, 1)
  return { work: reviewing, orders: [reviewOrder(reviewing, id)], notes: [] }
}

const reviewed = (work: Work, id: string, review: Score): Move => {
  const tracked = work.tasks[id]!
  const { round, agent } = tracked
  const threshold = thresholdOf(work, tracked)
  const approved = review.score >= threshold
  const kept = shift(setTask(work, id, { review }), work.reviewer, -1)
  const status = approved ? 'APPROVED' : 'NEEDS_REFINEMENT'
  const { reviewer } = work
  const note: Note = { type: 'review.scored', task: id, agent, reviewer, round, threshold, status, ...review }
  if (!approved && round < work.maxRounds) {
    const { issues, strengths, score } = review
    return begin(still(kept, [note]), id, round + 1, { issues, strengths, score })
  }
  const done = setTask(kept, id, { state: 'done', below: !approved })
  return then(still(done, [note, { type: 'task.done', task: id, score: review.score, below: !approved }]))
}

/** The work after a member has handed something in. What is not awaited changes nothing. */
export const handedIn = (work: Work, taskId: string, result: ResultBody): Move => {
  const { kind, id, round } = readId(taskId)
  const tracked = work.tasks[id]
  if (!tracked || tracked.round !== round) return still(work)
  if (kind === 'work' && tracked.state === 'working') return worked(work, id, result)
  // The reviewer's report has been checked against the schema of a verdict before it was handed in.
  if (kind === 'review' && tracked.state === 'reviewing') return reviewed(work, id, result.output as Score)
  return still(work)
}

const withoutReview = (work: Work, id: string, failure: FailureBody): Move => {
  const { code, message } = failure
  const done = setTask(shift(work, work.reviewer, -1), id, { state: 'done', below: true })
  return then(still(done, [{ type: 'review.failed', task: id, round: work.tasks[id]!.round, code, message }]))
}

const failedOver = (work: Work, id: string, failure: FailureBody): Move => {
  const { agent, failed: before } = work.tasks[id]!
  const failed = [...before, agent!]
  const freed = shift(setTask(work, id, { failed, agent: null, failure }), agent, -1)
  const { code, message } = failure
  return match(freed, freed.tasks[id]!)
    ? begin(still(freed, [{ type: 'task.failed-over', task: id, from: agent, code, message }]), id, 1)
    : then(giveUp(still(freed), id, failure))
}

/** The work after a member has failed: another of its role takes over, else the task has failed. */
export const fellThrough = (work: Work, taskId: string, failure: FailureBody): Move => {
  const { kind, id, round } = readId(taskId)
  const tracked = work.tasks[id]
  if (!tracked || tracked.round !== round) return still(work)
  if (kind === 'review' && tracked.state === 'reviewing') return withoutReview(work, id, failure)
  return kind === 'work' && tracked.state === 'working' ? failedOver(work, id, failure) : still(work)
}

/** The work after a member has died with everything it had in hand. */
export const memberDied = (work: Work, member: string, error: unknown): Move =>
  inHand(work, member).reduce(
    (move, taskId) => joined(move, fellThrough(move.work, taskId, { ...failureOf(error), attempt: 1 })),
    still(work),
  )
