// Projection feedback. Owns feedback.md: every review of a run with its scores, its issues and what was good.
import type { Issue } from '../machines/protocol.ts'
import type { RunFacts } from './projection-facts.ts'
import { oneLine, scoreText } from './projection-header.ts'
import type { Scored, Unreviewed } from './projection-notes.ts'

const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`
export const scoreOf10 = (value: number): string => `${Math.round(value * 10) / 10}/10`

export const issueLines = (issues: readonly Issue[]): string[] =>
  issues.flatMap(({ severity, text, recommendation }) => [
    `- **${severity}**: ${oneLine(text)}`,
    ...(recommendation ? [`  - Recommendation: ${oneLine(recommendation)}`] : []),
  ])

const dimensionRows = ({ dimensions, score }: Scored): string =>
  [
    '| Dimension | Score |',
    '| --- | --- |',
    ...Object.entries(dimensions).map(
      ([name, value]) => `| ${capital(oneLine(name).replaceAll('|', '/'))} | ${scoreOf10(value)} |`,
    ),
    `| **Overall** | **${scoreText(score)}** |`,
  ].join('\n')

const listed = (title: string, lines: readonly string[]): string =>
  lines.length > 0 ? `**${title}**:\n\n${lines.join('\n')}` : `**${title}**: none`

const scoredText = (review: Scored): string => `## ${review.task}, round ${review.round}: ${review.status}

- Task: ${review.task}, work of ${review.agent ?? 'nobody'}
- Round: ${review.round}
- Reviewer: ${review.reviewer ?? 'not recorded'}, at ${review.at}
- Status: ${review.status} (threshold ${scoreText(review.threshold)})

${dimensionRows(review)}

${listed('Issues', issueLines(review.issues))}

${listed(
  'Strengths',
  review.strengths.map((text) => `- ${oneLine(text)}`),
)}`

const unreviewedText = ({
  task,
  round,
  at,
  code,
  message,
}: Unreviewed): string => `## ${task}, round ${round}: no verdict

The review failed at ${at}: ${code}, ${oneLine(message)}`

/** The body of feedback.md. */
export const feedbackText = ({ teams }: RunFacts): string => {
  const reviews = teams.flatMap(({ reviews }) => reviews)
  const scored = reviews.filter(({ type }) => type === 'review.scored') as Scored[] // by the filter
  const approved = scored.filter(({ status }) => status === 'APPROVED').length
  const texts = reviews.map((review) => (review.type === 'review.scored' ? scoredText(review) : unreviewedText(review)))
  return `# Feedback

Reviews: ${reviews.length}. Approved: ${approved}. Sent back: ${scored.length - approved}.

${texts.join('\n\n') || 'Nothing has been reviewed.'}
`
}
