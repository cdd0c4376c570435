// Log team. Owns the sections of the orchestration log that are about one team: plan, delegation, trace, reviews, synthesis.

import { averageScore } from './log-metrics.ts'
import { finalName, plannedTask } from './projection-artifacts.ts'
import type { TeamFacts } from './projection-facts.ts'
import { issueLines, scoreOf10 } from './projection-feedback.ts'
import { oneLine, percent, scoreText } from './projection-header.ts'
import type { Delegated, Finished, Scored, Started, Unreviewed } from './projection-notes.ts'

const words: Record<string, string> = { low: 'Low', normal: 'Medium', high: 'High' }
const bullets = (items: readonly string[], none: string): string =>
  items.length > 0 ? items.map((item) => `- ${oneLine(item)}`).join('\n') : `- ${none}`

/** What was written down under a label; a word where nothing was. */
const field = (label: string, text: string, none = 'none given'): string => `**${label}**: ${oneLine(text) || none}`

export const analysisText = (team: TeamFacts, request: string): string => `## Task Analysis

${field('Original Request', team.plan?.request || request)}

${field('Main Objective', team.plan?.objective ?? '', 'the plan is not ready yet')}

**Success Criteria**:

${bullets(team.plan?.successCriteria ?? [], 'none stated')}`

const firstTold = ({ delegated }: TeamFacts, id: string): Delegated | undefined =>
  delegated.find(({ task }) => task === id)

export const decompositionText = (team: TeamFacts): string => {
  const entries = (team.plan?.tasks ?? []).map((task, index) => {
    const told = team.delegated.findLast((one) => one.task === task.id)
    return `${index + 1}. **${task.id}**: ${oneLine(task.description)}
   - Assigned to: ${told?.agent ?? task.agent ?? task.role ?? 'anyone'}${told ? '' : ' (not yet)'}
   - Priority: ${words[task.priority] ?? task.priority}
   - Output: ${oneLine(firstTold(team, task.id)?.name ?? task.outputName ?? `${task.id}.md`)}
   - Dependencies: ${task.dependencies.join(', ') || 'none'}`
  })
  return `## Decomposition\n\n${entries.join('\n\n') || 'The plan is not ready yet.'}`
}

const refinementLine = ({ round, at, output }: Delegated, reviews: TeamFacts['reviews'], task: string): string => {
  const verdict = reviews.find(
    (one): one is Scored => one.type === 'review.scored' && one.task === task && one.round === round - 1,
  )
  const why = verdict ? `, after ${scoreText(verdict.score)} with ${verdict.issues.length} issues to mend` : ''
  return `- Round ${round} requested at ${at}: output ${oneLine(output)}${why}`
}

const delegationText = (team: TeamFacts, first: Delegated): string => {
  const { task, agent } = first
  const later = team.delegated.filter((one) => one.task === task && one !== first)
  const refined = later.map((one) =>
    one.type === 'task.refining'
      ? refinementLine(one, team.reviews, task)
      : `- Given to ${one.agent} at ${one.at}, after ${agent} failed`,
  )
  const resources = first.inputs.map(({ name, bytes }) => `${name} (${bytes} bytes)`).join(', ')
  return `### ${agent}: ${task}

${field('Instructions', first.description)}

${field('Context', first.context)}

${field('Resources', resources, 'the input of the run')}

${field('Output Format', first.expectedOutput, 'left to the specialist')}

${field('Output File', first.output)}

**Success Metrics**:

${bullets([...first.requirements, `A review of at least ${scoreText(first.qualityThreshold)}`], '')}

**Status**: Delegated at ${first.at}${refined.length > 0 ? `\n\n**Refinements**:\n\n${refined.join('\n')}` : ''}`
}

export const delegationRecord = (team: TeamFacts): string => {
  const firsts = [...Map.groupBy(team.delegated, ({ task }) => task).values()].map((all) => all[0]!)
  const texts = firsts.map((first) => delegationText(team, first))
  return `## Delegation Record\n\n${texts.join('\n\n') || 'Nothing has been delegated yet.'}`
}

const outputLine = ({ artifacts, summary, confidence }: Finished): string => {
  const made = artifacts.map(({ name, bytes }) => `${oneLine(name)} (${bytes} bytes)`).join(', ')
  return `Output: ${made || oneLine(summary).replace(/\.$/, '')}, confidence ${percent(confidence)}`
}

type Named = { name: string; bytes: number }
const namesOf = (artifacts: readonly Named[]): string =>
  artifacts.map(({ name, bytes }) => `${oneLine(name)} (${bytes} bytes)`).join(', ')

/** What an agent was given by name: as delegated, the work under review, or what the whole has brought. */
const givenTo = (team: TeamFacts, begun: Started): readonly Named[] => {
  if (begun.purpose === 'review') {
    const reviewed = begun.task.replace(/^review\./, 'work.')
    return team.finished.findLast(({ task, at }) => task === reviewed && at <= begun.at)?.artifacts ?? []
  }
  if (begun.purpose !== 'work')
    return begun.purpose === 'plan' ? [] : team.done.flatMap((id) => lastArtifacts(team, id))
  return toldTo(team, begun)?.inputs ?? []
}

const lastArtifacts = ({ finished }: TeamFacts, id: string): readonly Named[] =>
  finished.findLast(({ task }) => plannedTask(task) === id)?.artifacts ?? []

const toldTo = ({ delegated }: TeamFacts, { task, round }: Started): Delegated | undefined =>
  delegated.findLast((one) => one.task === plannedTask(task) && one.round === round)

const traceOf = (team: TeamFacts, begun: Started, from: string): string => {
  const ended = team.finished.find(({ address, task }) => address === begun.address && task === begun.task)
  const told = toldTo(team, begun)
  return `[${from}] -> [${begun.agent}]: Task: ${oneLine(told?.task ?? begun.task)}, round ${begun.round} (${begun.at})
  Context: ${oneLine(told?.context ?? '') || 'none'}
  Input: ${namesOf(givenTo(team, begun)) || 'the input of the run'}
  ${ended ? `${outputLine(ended)} (${ended.at})` : 'Output: none yet'}`
}

/** Who asked whom for what, with which input, and what came back. */
export const traceText = (team: TeamFacts): string => {
  const from = team.plan?.orchestrator || team.address
  const lines = team.started.map((begun) => traceOf(team, begun, from))
  return `## Interaction Trace\n\n\`\`\`text\n${lines.join('\n').replaceAll('```', "'''") || 'Nothing yet.'}\n\`\`\``
}

const reviewText = (review: Scored | Unreviewed): string => {
  if (review.type === 'review.failed')
    return `### Output of task ${review.task}, round ${review.round}\n\n- Status: no verdict\n- Feedback: ${review.code}, ${oneLine(review.message)}`
  const dimensions = Object.entries(review.dimensions).map(
    ([name, value]) => `- ${name.charAt(0).toUpperCase()}${oneLine(name.slice(1))}: ${scoreOf10(value)}`,
  )
  const feedback = issueLines(review.issues).map((line) => `  ${line}`)
  return `### ${review.agent ?? 'Nobody'} Output: ${review.task}, round ${review.round}

${dimensions.join('\n')}
- Overall: ${scoreText(review.score)}
- Status: ${review.status}
- Feedback:${feedback.length > 0 ? `\n${feedback.join('\n')}` : ' no issues'}`
}

export const qualityReview = ({ reviews }: TeamFacts): string =>
  `## Quality Review\n\n${reviews.map(reviewText).join('\n\n') || 'Nothing has been reviewed.'}`

const troubleLine = (note: TeamFacts['troubles'][number]): string => {
  if (note.type === 'task.skipped') return `- ${note.at}: ${note.task} was passed over, since what it needs failed`
  const what = { 'task.failed': 'failed', 'task.failed-over': 'goes to another agent', 'task.given-up': 'was given up' }
  return `- ${note.at}: ${oneLine(note.task)} ${what[note.type]}: ${note.code}, ${oneLine(note.message)}`
}

export const troubleText = ({ troubles }: TeamFacts): string =>
  troubles.length === 0 ? '' : `## Problems\n\n${troubles.map(troubleLine).join('\n')}\n\n`

export const synthesisText = (team: TeamFacts, isRoot: boolean): string => {
  const { complete, finished } = team
  if (!complete) return '## Final Synthesis\n\nNot done yet.'
  const joined = finished.findLast(({ purpose }) => purpose === 'synthesise')
  const parts = complete.artifacts.filter(({ hash }) => !joined?.artifacts.some((made) => made.hash === hash))
  const how = joined ? `${joined.summary} ${joined.reasoning}` : 'no lead integrates; the last task is the result.'
  const average = averageScore(team)
  return `## Final Synthesis

**Integration Points**: ${parts.map(({ name, agent }) => `${oneLine(name)} by ${agent}`).join(', ') || 'none'}. ${oneLine(how)}

**Final Quality Score**: ${average === null ? 'not reviewed' : scoreText(average)}

**Output Location**: ${isRoot ? finalName : oneLine(complete.artifacts.at(-1)?.name ?? 'none')}

**Completion Time**: ${complete.at}${complete.issues.length > 0 ? `\n\n**Open Issues**:\n\n${issueLines(complete.issues).join('\n')}` : ''}`
}
