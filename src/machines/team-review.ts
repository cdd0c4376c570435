// Team review. Owns what is read out of a reviewer's word, and what is said of it: the same for a plan's tasks and for `refine`.
import type { FailureBody, ResultBody } from './protocol.ts'
import type { Note } from './team-moves.ts'
import { type Score, type Tracked, thresholdOf, type Work } from './team-work.ts'

/** A verdict from a reviewer whose reports are checked; any other agent may hand in anything. */
export const scoreIn = ({ output }: ResultBody): Score | null =>
  typeof (output as Partial<Score> | null)?.score === 'number' ? (output as Score) : null

/** Why a reviewer's word is no verdict. */
export const noVerdict: FailureBody = {
  code: 'model.output',
  message: 'the reviewer gave no score; use an agent without an output of its own',
  retryable: false,
  attempt: 1,
}

/** Whether a verdict reaches what was asked of the task. */
export const isApproved = (work: Work, tracked: Tracked): boolean =>
  (tracked.review?.score ?? 0) >= thresholdOf(work, tracked)

/** What the last review of a task said, for people. */
export const scoredNote = (work: Work, tracked: Tracked): Note => {
  const { task, agent, round, review } = tracked
  const status = isApproved(work, tracked) ? 'APPROVED' : 'NEEDS_REFINEMENT'
  const threshold = thresholdOf(work, tracked)
  const { reviewer } = work
  return { type: 'review.scored', task: task.id, agent, reviewer, round, threshold, status, ...review }
}

/** A version that nobody reviewed, and why. */
export const unreviewedNote = ({ task, round }: Tracked, { code, message }: FailureBody): Note => ({
  type: 'review.failed',
  task: task.id,
  round,
  code,
  message,
})
