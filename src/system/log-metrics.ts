// Log metrics. Owns what is counted of a run: its tasks, scores, refinements and times, and how busy each agent was.
import type { Metrics } from '../machines/protocol.ts'
import type { RunRow } from '../runtime/store.ts'
import type { RunFacts, TeamFacts } from './projection-facts.ts'
import { percent, scoreText } from './projection-header.ts'
import type { Finished, Scored, Started } from './projection-notes.ts'

export const durationText = (ms: number): string => {
  if (ms < 1_000) return `${ms} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
}

const timeOf = (at: string): number => Date.parse(at)

/** From the start of the run to its end, or to the last thing that happened in one that is under way. */
export const elapsed = ({ startedAt, endedAt }: RunRow, { lastAt }: RunFacts): number =>
  Math.max(0, (endedAt ?? (lastAt === null ? startedAt : timeOf(lastAt))) - startedAt)

const lastScores = ({ reviews }: TeamFacts): number[] => {
  const scored = reviews.filter((review): review is Scored => review.type === 'review.scored')
  return [...Map.groupBy(scored, ({ task }) => task).values()].map((all) => all.at(-1)!.score)
}

/** The mean of the last score of every task, or null when nothing was reviewed. */
export const averageScore = (team: TeamFacts): number | null => {
  const scores = lastScores(team)
  return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length
}

type Busy = { agent: string; tasks: number; ms: number; used: Metrics }

const sum = (a: Metrics, b: Metrics): Metrics => ({
  durationMs: a.durationMs + b.durationMs,
  modelCalls: a.modelCalls + b.modelCalls,
  toolCalls: a.toolCalls + b.toolCalls,
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  usd: a.usd === null || b.usd === null ? null : a.usd + b.usd,
})
const nothing: Metrics = { durationMs: 0, modelCalls: 0, toolCalls: 0, inputTokens: 0, outputTokens: 0, usd: 0 }

const spanOf = (note: Finished, started: readonly Started[]): number => {
  const begun = started.findLast(
    ({ address, task, at }) => address === note.address && task === note.task && at <= note.at,
  )
  return begun ? Math.max(0, timeOf(note.at) - timeOf(begun.at)) : note.metrics.durationMs
}

/** What each agent finished, and the time from beginning to end of each of its tasks. */
export const busyAgents = ({ finished, started }: Pick<RunFacts, 'finished' | 'started'>): Busy[] =>
  [...Map.groupBy(finished, ({ address }) => address).values()].map((notes) => ({
    agent: notes[0]!.agent,
    tasks: notes.length,
    ms: notes.reduce((total, note) => total + spanOf(note, started), 0),
    used: notes.map(({ metrics }) => metrics).reduce(sum, nothing),
  }))

const costText = (usd: number | null): string => (usd === null ? 'unknown' : `$${usd.toFixed(4)}`)

const utilisation = (facts: Pick<RunFacts, 'finished' | 'started'>, total: number): string => {
  const rows = busyAgents(facts).map(
    ({ agent, tasks, ms, used }) =>
      `| ${agent} | ${tasks} | ${durationText(ms)} | ${total === 0 ? '0%' : percent(ms / total)} | ${used.modelCalls} | ${used.toolCalls} | ${used.inputTokens} | ${used.outputTokens} | ${costText(used.usd)} |`,
  )
  return [
    '| Specialist | Tasks | Time at work | Utilization | Model calls | Tool calls | Tokens in | Tokens out | Cost |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

export const teamMetrics = (team: TeamFacts, total: number): string => {
  const planned = team.plan?.tasks.length
  const average = averageScore(team)
  const refinements = team.delegated.filter(({ type }) => type === 'task.refining').length
  return `- Subtasks completed: ${new Set(team.done).size}${planned === undefined ? '' : ` of ${planned}`}
- Average quality score: ${average === null ? 'not reviewed' : scoreText(average)}
- Refinement iterations: ${refinements}
- Total execution time: ${durationText(total)}
- Specialist utilization: time at work as a share of the total

${utilisation(team, total)}`
}

export const agentMetrics = (facts: RunFacts, total: number): string => `- Tasks completed: ${facts.finished.length}
- Total execution time: ${durationText(total)}

${utilisation(facts, total)}`
