// Review. Owns the work of a reviewer: read the artifact, read every place it cites, and let the validators speak.
import { type Citation, checkCitations, citationsIn, linesNamed } from './citations.ts'
import { checkCriteria, criteriaIn, uncitedSections, wantsEveryClaimCited } from './criteria.ts'
import { type Finding, findingsIn } from './finding.ts'
import { type Job, type Report, round2, statementsOf } from './job.ts'
import type { Outcome, Procedure } from './procedure.ts'
import { linesOf, textOf, toolPath } from './results.ts'
import {
  clarityFaults,
  coherenceFaults,
  findingsLeftOut,
  formatFaults,
  missingSections,
  requiredSections,
} from './validators.ts'
import { type Checks, type Verdict, verdictOf } from './verdict.ts'
import { count } from './words.ts'

type LineAt = (path: string, line: number) => string | null | undefined

const readArtifact = (name: string) => ({ name: 'Read', input: { path: `artifact:${name}` } })

/** The artifact under review: the one the task names, else the first it was given. */
const underReview = (job: Job): string | undefined => {
  const named = job.input.values.artifact
  return typeof named === 'string' ? named : job.input.artifacts[0]?.name
}

const chunkLines = 400

/** What to read so that every cited line is seen: a stretch of a file for each group of lines that lie together. */
const stretchesOf = (citations: readonly Citation[]): { path: string; offset: number; limit: number }[] =>
  [...Map.groupBy(citations, ({ path }) => path)].flatMap(([path, cited]) => {
    const named = cited.flatMap(linesNamed).map((line) => Math.max(1, line))
    const lines = [...new Set(named)].sort((a, b) => a - b)
    const starts: number[] = []
    for (const line of lines) if (line >= (starts.at(-1) ?? -chunkLines) + chunkLines) starts.push(line)
    return starts.map((offset) => {
      const last = lines.filter((line) => line < offset + chunkLines).at(-1)!
      return { path, offset, limit: last - offset + 1 }
    })
  })

/** A path that leads out of the input folder names no source. */
const leadsIn = ({ path }: Citation): boolean => !path.startsWith('/') && !path.split('/').includes('..')

const lineFrom =
  (outcomes: ReadonlyMap<string, readonly Outcome[]>): LineAt =>
  (path, line) => {
    const read = outcomes.get(path)
    if (!read) return null
    for (const outcome of read) {
      const text = linesOf(outcome).get(line)
      if (text !== undefined) return text
    }
    return read.some(({ isError, content }) => isError && /not offered/.test(content)) ? undefined : null
  }

function* citedLines(citations: readonly Citation[]): Procedure<LineAt> {
  const stretches = stretchesOf(citations.filter(leadsIn))
  if (stretches.length === 0) return () => null
  const outcomes = yield {
    note: `Checking ${count(citations.length, 'citation')}.`,
    uses: stretches.map(({ path, ...range }) => ({ name: 'Read', input: { path: toolPath(path), ...range } })),
  }
  const byPath = Map.groupBy(
    stretches.map(({ path }, index) => ({ path, outcome: outcomes[index]! })),
    ({ path }) => path,
  )
  return lineFrom(new Map([...byPath].map(([path, list]) => [path, list.map(({ outcome }) => outcome)])))
}

/** The findings that the text says it is based on. */
function* researchBehind(text: string): Procedure<Finding[]> {
  const names =
    /^Based on: (.+)$/m
      .exec(text)?.[1]
      ?.split(', ')
      .filter((name) => /^[\w.-]+$/.test(name)) ?? []
  if (names.length === 0) return []
  const outcomes = yield { note: `Reading ${names.join(', ')} to compare.`, uses: names.map(readArtifact) }
  return outcomes.map(textOf).flatMap(findingsIn)
}

const checksOf = (job: Job, text: string, findings: readonly Finding[], lineAt: LineAt): Checks => {
  const statements = statementsOf(job)
  const required = requiredSections(text, statements)
  return {
    citations: checkCitations(citationsIn(text), lineAt),
    required,
    missing: missingSections(text, required),
    criteria: checkCriteria(text, criteriaIn(statements)),
    uncited: wantsEveryClaimCited(statements) ? uncitedSections(text) : [],
    findings: findings.length,
    leftOut: findingsLeftOut(text, findings),
    coherence: coherenceFaults(text),
    format: formatFaults(text),
    clarity: clarityFaults(text),
    threshold: job.qualityThreshold,
  }
}

const unreadable = (name: string): Verdict => ({
  score: 0,
  dimensions: { completeness: 0, accuracy: 0, clarity: 0, coherence: 0, format: 0 },
  issues: [
    {
      severity: 'high',
      text: `There is nothing to review: ${name} is empty or could not be read`,
      recommendation: 'Hand in the work as an artifact.',
    },
  ],
  strengths: [],
})

/** The verdict on the artifact under review, and how much of it could be checked (0..1). */
export function* judge(job: Job): Procedure<{ name: string; verdict: Verdict; checked: number }> {
  const name = underReview(job)
  if (name === undefined) return { name: 'the artifact', verdict: unreadable('the artifact'), checked: 1 }
  const [read] = yield { note: `Reading ${name}.`, uses: [readArtifact(name)] }
  const text = textOf(read!)
  if (text.trim() === '') return { name, verdict: unreadable(name), checked: 1 }
  const findings = yield* researchBehind(text)
  const checks = checksOf(job, text, findings, yield* citedLines(citationsIn(text)))
  const unchecked =
    checks.citations.filter(({ verdict }) => verdict === 'unchecked').length +
    checks.criteria.filter(({ actual }) => actual === null).length
  const all = checks.citations.length + checks.criteria.length
  return { name, verdict: verdictOf(checks), checked: all === 0 ? 0.5 : 1 - unchecked / all }
}

const status = (job: Job, { score }: Verdict): string =>
  score >= job.qualityThreshold ? 'APPROVED' : 'NEEDS_REFINEMENT'

export function* review(job: Job): Procedure<Report> {
  const { name, verdict, checked } = yield* judge(job)
  return {
    output: verdict,
    summary: `${name}: ${verdict.score}/100, ${status(job, verdict)}, ${count(verdict.issues.length, 'issue')}.`,
    confidence: round2(0.9 * checked),
    reasoning:
      'Citations were looked up, sections and countable criteria checked, headings and markdown examined; meaning was not judged.',
    issues: [{ severity: 'low', text: 'Rules check form and sources; whether the text is wise they cannot tell' }],
  }
}
