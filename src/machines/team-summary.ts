// Team summary. Owns what the work of a team has brought: for its lead, for its report, and for whoever asks meanwhile.
import type { Issue, Metrics, ResultBody } from './protocol.ts'
import { finalArtifacts } from './team-orders.ts'
import { type Tracked, thresholdOf, type Work, type WorkOutput } from './team-work.ts'

export const nothingUsed: Metrics = {
  durationMs: 0,
  modelCalls: 0,
  toolCalls: 0,
  inputTokens: 0,
  outputTokens: 0,
  usd: 0,
}

export const addMetrics = (sum: Metrics, one: Metrics, durationMs: number): Metrics => ({
  durationMs,
  modelCalls: sum.modelCalls + one.modelCalls,
  toolCalls: sum.toolCalls + one.toolCalls,
  inputTokens: sum.inputTokens + one.inputTokens,
  outputTokens: sum.outputTokens + one.outputTokens,
  usd: sum.usd === null || one.usd === null ? null : sum.usd + one.usd,
})

const doneIn = (work: Work): Tracked[] => Object.values(work.tasks).filter(({ state }) => state === 'done')

const belowIssue = (work: Work, tracked: Tracked): Issue => {
  const { task, review, failure } = tracked
  const found = review
    ? `with a score of ${review.score}, below the threshold of ${thresholdOf(work, tracked)}`
    : 'without a review'
  return { severity: 'medium', text: `"${task.id}" was taken ${found}${failure ? `: ${failure.message}` : ''}` }
}

const lostIssue = ({ task, state, failure }: Tracked): Issue => ({
  severity: 'high',
  text: `"${task.id}" ${state === 'failed' ? `failed: ${failure?.message ?? ''}` : 'was passed over, since what it needs failed'}`,
})

const issuesOf = (work: Work): Issue[] => [
  ...doneIn(work)
    .filter(({ below }) => below)
    .map((tracked) => belowIssue(work, tracked)),
  ...Object.values(work.tasks)
    .filter(({ state }) => state === 'failed' || state === 'skipped')
    .map(lostIssue),
]

/** What the work has brought so far. */
export const summaryOf = (work: Work) => {
  const done = doneIn(work)
  const scores = done.flatMap(({ review }) => (review ? [review.score] : []))
  return {
    artifacts: done.flatMap(finalArtifacts),
    quality: scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length,
    confidence: done.length === 0 ? 0 : Math.min(...done.map(({ result }) => result!.confidence)),
    issues: issuesOf(work),
    rounds: Object.values(work.tasks).reduce((sum, { round }) => sum + Math.max(0, round - 1), 0),
  }
}

/** Whether what was done is enough for a result. `needed`: with `last` and nobody to integrate, the last task itself. */
export const succeeded = (work: Work, needed: WorkOutput | 'some'): boolean =>
  needed === 'last' ? work.tasks[work.plan.tasks.at(-1)!.id]!.state === 'done' : doneIn(work).length > 0

const outputsByAgent = (work: Work): Record<string, unknown> =>
  Object.fromEntries(doneIn(work).map(({ task, agent, result }) => [task.agent ?? agent, result!.output]))

type Ended = { work: Work; final: ResultBody | null; metrics: Metrics; output: WorkOutput }

/** The result of the whole: the lead's, else what the plan's tasks gave. */
export const finalResult = ({ work, final, metrics, output }: Ended): ResultBody => {
  const { artifacts, quality, confidence, issues, rounds } = summaryOf(work)
  const done = doneIn(work)
  const last = final ?? done.at(-1)!.result!
  const byAgent = final === null && output === 'by-agent'
  return {
    output: byAgent ? outputsByAgent(work) : last.output,
    artifacts: [...artifacts, ...(final?.artifacts ?? [])],
    summary: byAgent
      ? done.map(({ task, result }) => `${task.agent ?? task.id}: ${result!.summary}`).join(' ')
      : last.summary,
    confidence: Math.min(confidence, final?.confidence ?? 1),
    reasoning: `${done.length} of ${Object.keys(work.tasks).length} tasks done, ${rounds} refinements, quality ${quality === null ? 'not reviewed' : quality.toFixed(0)}.`,
    issues: [...issues, ...(final?.issues ?? [])],
    metrics,
  }
}

/** How far the work is, in one line. */
export const describeWork = (work: Work): string =>
  Object.values(work.tasks)
    .map(
      ({ task, state, agent, review }) =>
        `${task.id}: ${state}${agent ? ` (${agent})` : ''}${review ? `, score ${review.score}` : ''}`,
    )
    .join('; ')
