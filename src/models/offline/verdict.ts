// Verdict. Owns how the faults that validators found become a score.
//   V1. Every point is computed from a fault or its absence.   V2. What has a high issue is never approved: its score stays below the threshold.
import type { Citation, CitationVerdict } from './citations.ts'
import { placeOf } from './citations.ts'
import type { CriterionResult } from './criteria.ts'
import type { Finding } from './finding.ts'
import type { Issue } from './job.ts'
import { count } from './words.ts'

export type Checks = {
  citations: readonly { citation: Citation; verdict: CitationVerdict }[]
  required: readonly string[]
  missing: readonly string[]
  criteria: readonly CriterionResult[]
  uncited: readonly string[]
  /** Findings of the research behind it, and those it does not carry over. */
  findings: number
  leftOut: readonly Finding[]
  coherence: readonly string[]
  format: readonly string[]
  clarity: readonly string[]
  threshold: number
}

export type Verdict = {
  score: number
  dimensions: { completeness: number; accuracy: number; clarity: number; coherence: number; format: number }
  issues: Issue[]
  strengths: string[]
}

const weights = { completeness: 35, accuracy: 30, clarity: 10, coherence: 15, format: 10 } as const

const one = (n: number): number => Math.round(Math.max(0, Math.min(10, n)) * 10) / 10
const shareOf = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole)
const lessPer = (faults: number, cost: number): number => one(10 - cost * faults)

const trueOnes = ({ citations }: Checks): number => citations.filter(({ verdict }) => verdict === 'true').length

const completeness = (checks: Checks): number => {
  const countable = checks.criteria.filter(({ actual }) => actual !== null)
  const sections = shareOf(checks.required.length - checks.missing.length, checks.required.length)
  const criteria = shareOf(countable.filter(({ met }) => met).length, countable.length)
  const coverage = shareOf(checks.findings - checks.leftOut.length, checks.findings)
  const whole = 0.4 * sections + 0.3 * criteria + 0.3 * coverage
  return one(checks.citations.length === 0 ? 5 * whole : 10 * whole)
}

/** Without a single citation nothing can be checked: no accuracy, and half the completeness. */
const accuracy = (checks: Checks): number =>
  checks.citations.length === 0
    ? 0
    : one(10 * (trueOnes(checks) / checks.citations.length) - Math.min(4, checks.uncited.length))

const citationIssue = ({ citation, verdict }: Checks['citations'][number]): Issue[] => {
  const place = placeOf(citation)
  const recommendation = 'Quote the line as it stands, or leave the statement out.'
  if (verdict === 'absent')
    return [
      {
        severity: 'high',
        text: `The line does not say what is quoted: “${citation.quote}” (${place})`,
        recommendation,
      },
    ]
  if (verdict === 'missing')
    return [{ severity: 'high', text: `The cited place does not exist: (${place})`, recommendation }]
  if (verdict === 'unchecked') return [{ severity: 'low', text: `The cited place could not be read: (${place})` }]
  return []
}

const criterionIssue = ({ criterion, actual, met }: CriterionResult): Issue[] => {
  if (actual === null) return [{ severity: 'low', text: `Rules cannot count this, a person should: ${criterion.text}` }]
  const recommendation =
    criterion.bound === 'at least'
      ? `Add ${criterion.n - actual} more, each with its citation.`
      : `Take out ${actual - criterion.n}.`
  return met ? [] : [{ severity: 'medium', text: `Asked for ${criterion.text}; it has ${actual}`, recommendation }]
}

const leftOutIssue = ({ leftOut, findings }: Checks): Issue[] =>
  leftOut.length === 0
    ? []
    : [
        {
          severity: 'medium',
          text: `${count(leftOut.length, 'finding')} of ${findings} not carried over: ${leftOut
            .slice(0, 5)
            .map(({ title }) => title)
            .join('; ')}`,
          recommendation: 'State every finding with its citation.',
        },
      ]

const issuesOf = (checks: Checks): Issue[] => [
  ...checks.citations.flatMap(citationIssue),
  ...(checks.citations.length === 0
    ? [
        {
          severity: 'high',
          text: 'Nothing is cited, so nothing can be checked',
          recommendation: 'Quote the sources with file and line.',
        } as const,
      ]
    : []),
  ...checks.missing.map(
    (name): Issue => ({
      severity: 'high',
      text: `The section "${name}" is missing`,
      recommendation: `Add the section "${name}".`,
    }),
  ),
  ...checks.criteria.flatMap(criterionIssue),
  ...leftOutIssue(checks),
  ...checks.uncited.map(
    (name): Issue => ({
      severity: 'medium',
      text: `The section "${name}" claims without a citation`,
      recommendation: 'Cite a source for it.',
    }),
  ),
  ...[...checks.coherence, ...checks.format, ...checks.clarity].map(
    (text): Issue => ({ severity: 'low', text: `Build: ${text}`, recommendation: 'Mend this place.' }),
  ),
]

const strengthsOf = (checks: Checks): string[] => {
  const resolved = trueOnes(checks)
  return [
    ...(resolved > 0 && resolved === checks.citations.length
      ? [`All ${count(resolved, 'citation')} hold: each line says what is quoted`]
      : []),
    ...(checks.required.length > 0 && checks.missing.length === 0 ? ['Every required section is there'] : []),
    ...checks.criteria
      .filter(({ met, actual }) => met && actual !== null)
      .map(({ criterion, actual }) => `Has ${criterion.text} (${actual})`),
    ...(checks.findings > 0 && checks.leftOut.length === 0 ? ['Every finding of the research is carried over'] : []),
    ...(checks.coherence.length === 0 ? ['One title, headings in order, contents that lead where they say'] : []),
  ]
}

export const verdictOf = (checks: Checks): Verdict => {
  const dimensions = {
    completeness: completeness(checks),
    accuracy: accuracy(checks),
    clarity: lessPer(checks.clarity.length, 3),
    coherence: lessPer(checks.coherence.length, 2),
    format: lessPer(checks.format.length, 3),
  }
  const issues = issuesOf(checks)
  const names = Object.keys(weights) as (keyof typeof weights)[] // the record's own keys
  const sum = Math.round(names.reduce((total, name) => total + (weights[name] * dimensions[name]) / 10, 0))
  const open = issues.some(({ severity }) => severity === 'high')
  return {
    score: open ? Math.max(0, Math.min(sum, checks.threshold - 1)) : sum,
    dimensions,
    issues,
    strengths: strengthsOf(checks),
  }
}
