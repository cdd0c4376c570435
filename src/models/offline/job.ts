// Job. Owns the task as rules read it from a request, and the report they hand in.
import { z } from 'zod'
import type { Json } from '../../runtime/json.ts'
import type { ModelRequest } from '../../runtime/model.ts'

export const reportTool = 'report'

const issue = z.object({
  severity: z.enum(['high', 'medium', 'low']).catch('medium'),
  text: z.string(),
  recommendation: z.string().optional(),
})
export type Issue = { severity: 'high' | 'medium' | 'low'; text: string; recommendation?: string }

const artifact = z.object({ name: z.string(), agent: z.string().catch('') })
const noInput = { values: {}, artifacts: [] }

// Lenient: a field that another caller shapes differently is read as absent, and the rest still counts.
const jobSchema = z.object({
  description: z.string().catch(''),
  requirements: z.array(z.string()).catch([]),
  context: z.string().catch(''),
  input: z
    .object({ values: z.record(z.string(), z.json()).catch({}), artifacts: z.array(artifact).catch([]) })
    .catch(noInput),
  expectedOutput: z.string().catch(''),
  outputName: z.string().catch('output.md'),
  qualityThreshold: z.number().catch(80),
  purpose: z.enum(['work', 'plan', 'review', 'synthesise']).catch('work'),
  round: z.number().catch(1),
  feedback: z
    .object({ issues: z.array(issue).catch([]) })
    .optional()
    .catch(undefined),
})

export type Job = z.infer<typeof jobSchema> & { caller: ModelRequest['caller'] }

/** What is handed in; `output` is text, or the value the report's schema describes. */
export type Report = { output: Json; summary: string; confidence: number; reasoning: string; issues: Issue[] }

export const jobOf = (request: ModelRequest): Job => {
  const task = typeof request.task === 'object' && request.task !== null ? request.task : {}
  return { ...jobSchema.parse(task), caller: request.caller }
}

/** The text that names the subject: the line `Task: …` when there is one, else the whole description. */
export const subjectOf = (job: Job): string => /^\s*task:\s*(.+)$/im.exec(job.description)?.[1] ?? job.description

const textsIn = (value: Json): string[] => {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsIn)
}

/** Everything the task says in words, a statement a line: what criteria are read from. */
export const statementsOf = (job: Job): string[] => [
  job.description,
  ...job.requirements,
  job.expectedOutput,
  job.context,
  ...textsIn(job.input.values),
]

/** What the report must hold: text, one of the two values rules know how to build, or something else. */
export type OutputKind = 'text' | 'plan' | 'verdict' | 'other'

export const outputSchemaOf = (request: ModelRequest): { readonly [key: string]: unknown } | undefined => {
  const report = request.tools.find((tool) => tool.name === reportTool)
  const properties = report?.inputSchema.properties as Record<string, Record<string, unknown>> | undefined // a report is an object
  return properties?.output
}

export const outputKindOf = (request: ModelRequest): OutputKind => {
  const schema = outputSchemaOf(request)
  if (!schema || schema.type === 'string' || schema.type === undefined) return 'text'
  const properties = Object.keys((schema.properties as object | undefined) ?? {})
  if (['objective', 'tasks'].every((name) => properties.includes(name))) return 'plan'
  if (['score', 'dimensions'].every((name) => properties.includes(name))) return 'verdict'
  return 'other'
}

export const round2 = (n: number): number => Math.round(n * 100) / 100
export const percent = (share: number): string => `${Math.round(share * 100)}%`
