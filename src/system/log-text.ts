// Log text. Owns orchestration-log.md: how a run was planned, delegated, reviewed and brought together, or what one agent did.
import { isoTime } from '../runtime/clock.ts'
import type { Failure } from '../runtime/errors.ts'
import type { RunRow } from '../runtime/store.ts'
import { agentMetrics, elapsed, teamMetrics } from './log-metrics.ts'
import {
  analysisText,
  decompositionText,
  delegationRecord,
  qualityReview,
  synthesisText,
  traceText,
  troubleText,
} from './log-team.ts'
import type { RunFacts, TeamFacts } from './projection-facts.ts'
import { oneLine, percent } from './projection-header.ts'

/** What the run was asked for, in the words of whoever asked. */
export const requestOf = ({ task }: RunRow): string => {
  const given = JSON.parse(task) as { description?: unknown } | null
  return typeof given?.description === 'string' ? given.description : task
}

const short = (text: string): string => {
  const line = oneLine(text)
  return line.length <= 100 ? line : `${line.slice(0, 99)}…`
}

const failureOf = ({ result }: RunRow): Failure | undefined =>
  (JSON.parse(result ?? 'null') as { failure?: Failure } | null)?.failure

const statusText = (row: RunRow): string => {
  const failure = failureOf(row)
  const state = row.status === 'active' ? 'under way' : row.status
  return failure ? `${state}: ${failure.code}, ${oneLine(failure.message)}` : state
}

const headText = (name: string, row: RunRow, orchestrator: string): string => `# Orchestration Log: ${short(name)}

- Timestamp: ${isoTime(row.startedAt)}
- Orchestrator: ${orchestrator}
- Run: ${oneLine(row.id)}
- Status: ${statusText(row)}`

const teamText = (team: TeamFacts, row: RunRow, facts: RunFacts): string => {
  const isRoot = team.address === `${row.id}/${row.agent}`
  const request = requestOf(row)
  const orchestrator = `${team.plan?.orchestrator || team.address.split('/').at(-1)}${team.plan?.lead ? `, planned by ${team.plan.lead}` : ''}`
  return `${headText(team.plan?.objective || request, row, orchestrator)}

${analysisText(team, request)}

${decompositionText(team)}

${delegationRecord(team)}

${traceText(team)}

${qualityReview(team)}

${troubleText(team)}${synthesisText(team, isRoot)}

## Success Metrics

${teamMetrics(team, elapsed(row, facts))}
`
}

const agentText = (row: RunRow, facts: RunFacts): string => {
  const done = facts.finished.map(
    ({ at, agent, summary, confidence, artifacts }) =>
      `- ${at}: ${agent} handed in ${artifacts.map(({ name, bytes }) => `${oneLine(name)} (${bytes} bytes)`).join(', ') || 'a value'}, confidence ${percent(confidence)}: ${oneLine(summary)}`,
  )
  const failed = facts.failed.map(
    ({ at, agent, code, message }) => `- ${at}: ${agent} failed: ${code}, ${oneLine(message)}`,
  )
  return `${headText(requestOf(row), row, `none, ${row.agent} works alone`)}

## Task Analysis

**Original Request**: ${oneLine(requestOf(row))}

## What Was Done

${[...done, ...failed].join('\n') || '- Nothing has been handed in yet.'}

## Success Metrics

${agentMetrics(facts, elapsed(row, facts))}
`
}

/** The body of orchestration-log.md; of several teams within a run, each has its own. */
export const logText = (row: RunRow, facts: RunFacts): string =>
  facts.teams.length === 0 ? agentText(row, facts) : facts.teams.map((team) => teamText(team, row, facts)).join('\n')
