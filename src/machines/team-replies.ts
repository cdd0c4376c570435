// Team replies. Owns what a member's word changes: work handed in, a verdict, a failure, a death.
//   L1. What is not awaited, or not from whom it is awaited, changes nothing: late and repeated messages are such.
import { type FailureBody, failureOf, type ResultBody } from './protocol.ts'
import { andOn, begin, giveUp, joined, type Move, still, taken, withResult } from './team-moves.ts'
import { reviewOrder } from './team-orders.ts'
import { isApproved, noVerdict, scoredNote, scoreIn, unreviewedNote } from './team-review.ts'
import { inHand, match, type Score, setTask, taskOf, type Work } from './team-work.ts'

/** Which order is answered, and by whom: the name of a member. */
export type Reply = { taskId: string; from: string }

type Awaited = { kind: 'work' | 'review'; id: string; round: number }

/** Reads `work.<task>.<round>` and `review.<task>.<round>`; null when that member has no such thing in hand (L1). */
const awaited = (work: Work, { taskId, from }: Reply): Awaited | null => {
  const [kind, id = '', round] = taskId.split('.')
  const tracked = taskOf(work, id)
  if (!tracked || tracked.round !== Number(round)) return null
  const about = { id, round: tracked.round }
  if (kind === 'work' && tracked.state === 'working' && tracked.agent === from) return { kind, ...about }
  if (kind === 'review' && tracked.state === 'reviewing' && work.reviewer === from) return { kind, ...about }
  return null
}

const isReviewed = (work: Work, id: string): boolean => {
  const { task, agent } = work.tasks[id]!
  return task.review && work.reviewer !== null && work.reviewer !== agent
}

const worked = (work: Work, id: string, result: ResultBody): Move => {
  const kept = withResult(work, id, result)
  if (!isReviewed(work, id)) return andOn(taken(still(kept), id, { score: null, below: false }))
  const reviewing = setTask(kept, id, { state: 'reviewing' })
  if (work.gone.includes(work.reviewer!)) return withoutReview(reviewing, id, reviewerIsGone(work))
  return { work: reviewing, orders: [reviewOrder(reviewing, id)], notes: [] }
}

const reviewerIsGone = ({ reviewer }: Work): FailureBody => ({
  code: 'actor.done',
  message: `the reviewer "${reviewer}" has ended; give the team one that waits for its next task`,
  retryable: false,
  attempt: 1,
})

const reviewed = (work: Work, id: string, review: Score): Move => {
  const scored = setTask(work, id, { review })
  const tracked = scored.tasks[id]!
  const approved = isApproved(scored, tracked)
  const kept = still(scored, [scoredNote(scored, tracked)])
  if (!approved && tracked.round < work.maxRounds) return andOn(begin(kept, id, tracked.round + 1))
  return andOn(taken(kept, id, { score: review.score, below: !approved }))
}

/** The work after a member has handed something in. */
export const handedIn = (work: Work, reply: Reply, result: ResultBody): Move => {
  const about = awaited(work, reply)
  if (!about) return still(work)
  if (about.kind === 'work') return worked(work, about.id, result)
  const score = scoreIn(result)
  return score ? reviewed(work, about.id, score) : withoutReview(work, about.id, noVerdict)
}

const withoutReview = (work: Work, id: string, failure: FailureBody): Move => {
  const note = unreviewedNote(work.tasks[id]!, failure)
  return andOn(taken(still(setTask(work, id, { failure }), [note]), id, { score: null, below: true }))
}

const failedOver = (work: Work, { id, round }: Awaited, failure: FailureBody): Move => {
  const { agent, failed } = work.tasks[id]!
  const freed = setTask(work, id, { state: 'waiting', failed: [...failed, agent!], agent: null, failure })
  const { code, message } = failure
  if (match(freed, freed.tasks[id]!) === null) return andOn(giveUp(still(freed), id, failure))
  return andOn(begin(still(freed, [{ type: 'task.failed-over', task: id, from: agent, code, message }]), id, round))
}

/** The work after a member has failed: another of its role takes over, else the task has failed. */
export const fellThrough = (work: Work, reply: Reply, failure: FailureBody): Move => {
  const about = awaited(work, reply)
  if (!about) return still(work)
  return about.kind === 'review' ? withoutReview(work, about.id, failure) : failedOver(work, about, failure)
}

/** The work after a member has died with everything it had in hand. */
export const memberDied = (work: Work, member: string, error: unknown): Move => {
  if (work.gone.includes(member)) return still(work)
  const left: Work = { ...work, gone: [...work.gone, member] }
  const failure = { ...failureOf(error), attempt: 1 }
  return inHand(work, member).reduce(
    (move, taskId) => joined(move, fellThrough(move.work, { taskId, from: member }, failure)),
    still(left),
  )
}
