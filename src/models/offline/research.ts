// Research. Owns the work of a researcher, and of any agent whose role rules know nothing special about.
import { evidenceOf, sourceOf, themesOf } from './finding.ts'
import { type Gathered, gather } from './gather.ts'
import { type Issue, type Job, type Report, round2 } from './job.ts'
import { titleOf } from './kind.ts'
import type { Procedure } from './procedure.ts'
import { researchReport } from './report-text.ts'
import { count } from './words.ts'

/** Rules are never surer than this: they match words, they do not understand. */
const surest = 0.9

/** The share of the subject's words that were found, held back while there are few findings. */
export const confidenceOf = ({ keywords, missing, findings }: Gathered): number => {
  if (findings.length === 0) return 0.1
  const covered = 1 - missing.length / Math.max(1, keywords.length)
  return round2(Math.min(surest, (0.4 + 0.5 * covered) * Math.min(1, 0.5 + findings.length / 10)))
}

export const gapsOf = ({ listed, missing, findings }: Gathered): Issue[] => {
  if (listed.length === 0)
    return [
      {
        severity: 'high',
        text: 'The input folder holds no file',
        recommendation: 'Give a folder to read with the task.',
      },
    ]
  const none: Issue[] =
    findings.length === 0
      ? [
          {
            severity: 'high',
            text: 'No sentence of the input bears on the task',
            recommendation: 'Name the subject in the words of the files.',
          },
        ]
      : []
  return [
    ...none,
    ...missing.map(({ word }): Issue => ({ severity: 'low', text: `Nothing was found about “${word}”` })),
  ]
}

const summaryOf = ({ findings, files, listed }: Gathered): string =>
  findings.length > 0
    ? `${count(findings.length, 'finding')} from ${count(new Set(findings.map(sourceOf)).size, 'file')}, each quoted with its line.`
    : `Nothing found in ${count(listed.length, 'file')} given, ${files.length} read.`

const reasoningOf = ({ keywords }: Gathered): string =>
  `Searched for ${keywords.map(({ word }) => word).join(', ') || 'nothing'}; kept the sentences that hold most of these words.`

const reportOf = (gathered: Gathered, output: string): Report => ({
  output,
  summary: summaryOf(gathered),
  confidence: confidenceOf(gathered),
  reasoning: reasoningOf(gathered),
  issues: gapsOf(gathered),
})

export function* research(job: Job): Procedure<Report> {
  const gathered = yield* gather(job)
  return reportOf(gathered, researchReport(job, gathered, confidenceOf(gathered)))
}

const shortReport = (job: Job, { findings, listed, missing }: Gathered): string => {
  const found = themesOf(findings).map(
    ([theme, members]) => `### ${theme}\n\n${members.map((one) => `- ${evidenceOf(one)}`).join('\n')}`,
  )
  const gaps = missing.map(({ word }) => `“${word}”`).join(', ')
  return `# ${titleOf(job)}

Author: ${job.caller.name}
Role: ${job.caller.role}

## Summary

${findings.length > 0 ? `${count(findings.length, 'sentence')} of the ${count(listed.length, 'file')} given bear on this, the closest being: ${evidenceOf(findings[0]!)}` : `Nothing was found in the ${count(listed.length, 'file')} given.`}

## Findings

${found.join('\n\n') || 'None.'}

## Limits

Made by rules, not by a language model: what is said in other words than the task's was not seen.${gaps ? ` Not found: ${gaps}.` : ''}
`
}

/** A short cited report for a role that has no rules of its own. */
export function* generalWork(job: Job): Procedure<Report> {
  const gathered = yield* gather(job)
  return reportOf(gathered, shortReport(job, gathered))
}
