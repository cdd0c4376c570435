// Messages. Owns the envelope and the bodies of the task protocol: one zod union, the types inferred from it.
import { z } from 'zod'

/** A reference to an artifact in the store: content-addressed, shared by reference, never copied into a context. */
export const artifactSchema = z.strictObject({
  name: z.string().min(1).max(200),
  hash: z.string(),
  bytes: z.number().int().nonnegative(),
  /** Who made it. */
  agent: z.string(),
})
export type Artifact = z.infer<typeof artifactSchema>

const severity = z.enum(['high', 'medium', 'low'])
export const issueSchema = z.strictObject({ severity, text: z.string(), recommendation: z.string().optional() })
export type Issue = z.infer<typeof issueSchema>

export const taskSchema = z.strictObject({
  description: z.string().min(1),
  requirements: z.array(z.string()).default([]),
  context: z.string().default(''),
  /** Values, and artifacts of earlier tasks by name. */
  input: z
    .strictObject({
      values: z.record(z.string(), z.json()).default({}),
      artifacts: z.array(artifactSchema).default([]),
    })
    .prefault({}),
  expectedOutput: z.string().default(''),
  /** The artifact the output is saved as, e.g. `research-output.md`. */
  outputName: z.string().default('output.md'),
  qualityThreshold: z.number().min(0).max(100).default(80),
  /** ms since 1970. */
  deadline: z.number().optional(),
  /** What is asked for: `work`, or one of the orchestrator's own steps, which agents do too. */
  purpose: z.enum(['work', 'plan', 'review', 'synthesise']).default('work'),
  /** From 1; above 1 a refinement of an earlier output. */
  round: z.number().int().positive().default(1),
  /** What a refinement must mend, and what was good already. */
  feedback: z
    .strictObject({ issues: z.array(issueSchema), strengths: z.array(z.string()), score: z.number() })
    .optional(),
})
export type Task = z.infer<typeof taskSchema>
export type TaskInput = z.input<typeof taskSchema>

export const metricsSchema = z.strictObject({
  durationMs: z.number(),
  modelCalls: z.number(),
  toolCalls: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  usd: z.number().nullable(),
})
export type Metrics = z.infer<typeof metricsSchema>

export const resultSchema = z.strictObject({
  /** What the task asked for: text, or the value its output schema describes. */
  output: z.json(),
  artifacts: z.array(artifactSchema),
  summary: z.string(),
  confidence: z.number().min(0).max(1),
  reasoning: z.string(),
  issues: z.array(issueSchema),
  metrics: metricsSchema,
})

const bodies = {
  task_request: taskSchema,
  task_complete: resultSchema,
  error_report: z.strictObject({
    code: z.string(),
    message: z.string(),
    retryable: z.boolean(),
    attempt: z.number().int(),
    partial: z.json().optional(),
  }),
  data_sharing: z.strictObject({ key: z.string(), value: z.json().optional(), artifact: artifactSchema.optional() }),
  question: z.strictObject({ text: z.string() }),
  answer: z.strictObject({ text: z.string(), value: z.json().optional() }),
  progress: z.strictObject({ text: z.string() }),
  cancel: z.strictObject({ reason: z.string() }),
  approval: z.strictObject({
    call: z.string(),
    decision: z.enum(['approve', 'deny']),
    argumentsHash: z.string(),
    reason: z.string().default(''),
  }),
} as const
export type MessageType = keyof typeof bodies

const envelope = {
  id: z.string().min(1).max(200),
  from: z.string(),
  to: z.string(),
  runId: z.string(),
  taskId: z.string().optional(),
  replyTo: z.string().optional(),
  cause: z.string().optional(),
  priority: z.union([z.literal(-1), z.literal(0), z.literal(1)]).default(0),
  sentAt: z.number(),
  expiresAt: z.number().optional(),
}
const variant = <T extends MessageType>(type: T) => z.object({ ...envelope, type: z.literal(type), body: bodies[type] })

export const messageSchema = z.discriminatedUnion('type', [
  variant('task_request'),
  variant('task_complete'),
  variant('error_report'),
  variant('data_sharing'),
  variant('question'),
  variant('answer'),
  variant('progress'),
  variant('cancel'),
  variant('approval'),
])
export type Message = z.infer<typeof messageSchema>
