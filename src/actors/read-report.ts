// Read report. Owns what becomes of a report: checked against its schema, its text stored as an artifact.
import type { z } from 'zod'
import type { Thought } from '../machines/agent-job.ts'
import type { Artifact, TaskBody } from '../machines/protocol.ts'
import { reportSchema } from './report.ts'
import type { Blobs } from './transcript.ts'

type Reading = { output: z.ZodType; agent: string; task: TaskBody; blobs: Blobs }
type Read = Pick<Extract<Thought, { kind: 'report' }>, 'kind' | 'result'> | { kind: 'invalid'; problem: string }

/** Output above this many characters travels as an artifact alone. */
const longestInline = 8_000

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

/** The report as a result, or what is wrong with it in words the model can act on. */
export const readReport = (given: unknown, reading: Reading): Read => {
  const parsed = reportSchema(reading.output).safeParse(given)
  if (!parsed.success)
    return { kind: 'invalid', problem: `the report does not fit its schema: ${problemOf(parsed.error)}` }
  const { output, summary, confidence, reasoning, issues } = parsed.data as {
    output: unknown
    summary: string
    confidence: number
    reasoning: string
    issues: []
  }
  const isMade = reading.task.purpose === 'work' || reading.task.purpose === 'synthesise'
  const text = typeof output === 'string' ? output : JSON.stringify(output, null, 2)
  const artifacts = isMade ? [artifactOf(text, reading)] : []
  return {
    kind: 'report',
    result: {
      output: isMade && text.length > longestInline ? null : output,
      artifacts,
      summary,
      confidence,
      reasoning,
      issues,
    },
  }
}
