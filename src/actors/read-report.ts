// Read report. Owns what becomes of a report: checked against its schema, its text stored as an artifact.
import type { z } from 'zod'
import type { Thought } from '../machines/agent-job.ts'
import type { Artifact, Issue, TaskBody } from '../machines/protocol.ts'
import { reportSchema } from './report.ts'
import type { Blobs } from './transcript.ts'

type Reading = { output: z.ZodType; agent: string; task: TaskBody; blobs: Blobs }
type Read = Pick<Extract<Thought, { kind: 'report' }>, 'kind' | 'result'> | { kind: 'invalid'; problem: string }

/** Text above this many characters travels as an artifact alone. */
export const longestInline = 8_000
/** A value is read by programs and travels whole; above this many characters it should have been text. */
const longestValue = 200_000
const longest = { summary: 2_000, reasoning: 10_000, issue: 2_000, issues: 100 }

const artifactOf = (text: string, { agent, task, blobs }: Reading): Artifact => ({
  name: task.outputName,
  hash: blobs.put(text),
  bytes: Buffer.byteLength(text),
  agent,
})

const problemOf = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    .map(({ path, message }) => `/${path.join('/')}: ${message}`)
    .join('; ')

type Given = { output: unknown; summary: string; confidence: number; reasoning: string; issues: Issue[] }

/** What is written for people is kept short: it sits in contexts and in every result above this one. */
const shortened = ({ summary, confidence, reasoning, issues }: Given) => ({
  summary: summary.slice(0, longest.summary),
  confidence,
  reasoning: reasoning.slice(0, longest.reasoning),
  issues: issues.slice(0, longest.issues).map((issue) => ({ ...issue, text: issue.text.slice(0, longest.issue) })),
})

const isLongText = (output: unknown): boolean => typeof output === 'string' && output.length > longestInline

/** The report as a result, or what is wrong with it in words the model can act on. */
export const readReport = (given: unknown, reading: Reading): Read => {
  const parsed = reportSchema(reading.output).safeParse(given)
  if (!parsed.success)
    return { kind: 'invalid', problem: `the report does not fit its schema: ${problemOf(parsed.error)}` }
  const report = parsed.data as Given // the schema of a report, whatever its output
  const { output } = report
  const isMade = reading.task.purpose === 'work' || reading.task.purpose === 'synthesise'
  const text = typeof output === 'string' ? output : JSON.stringify(output, null, 2)
  if (typeof output !== 'string' && text.length > longestValue)
    return { kind: 'invalid', problem: `the output has ${text.length} characters as JSON; use ${longestValue} at most` }
  const artifacts = isMade ? [artifactOf(text, reading)] : []
  return {
    kind: 'report',
    result: { output: isMade && isLongText(output) ? null : output, artifacts, ...shortened(report) },
  }
}
