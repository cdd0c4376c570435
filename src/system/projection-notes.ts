// Projection notes. Owns reading what agents and orchestrators said of their work as they did it, from the events of a run.
//   Any machine may emit anything: what does not look like one of these is none of them, and is passed over.
import { z } from 'zod'
import { artifactSchema, issueSchema, metricsSchema } from '../actors/messages.ts'
import { planSchema } from '../actors/plan.ts'

const purpose = z.enum(['work', 'plan', 'review', 'synthesise'])

/** `task` is `work.<task>.<round>` or `review.<task>.<round>` in a team, and the id of the request elsewhere. */
const about = { agent: z.string(), purpose, task: z.string(), round: z.number().default(1) }

const started = z.object({ type: z.literal('task.started'), ...about, role: z.string() })
const finished = z.object({
  type: z.literal('task.finished'),
  ...about,
  confidence: z.number(),
  summary: z.string(),
  reasoning: z.string().default(''),
  artifacts: z.array(artifactSchema).default([]),
  issues: z.array(issueSchema).default([]),
  metrics: metricsSchema,
})
const failed = z.object({ type: z.literal('task.failed'), ...about, code: z.string(), message: z.string() })

const planned = z.object({
  type: z.literal('plan.ready'),
  ...planSchema.shape,
  orchestrator: z.string().default(''),
  lead: z.string().nullable().default(null),
  request: z.string().default(''),
  threshold: z.number().default(80),
})

const delegated = {
  task: z.string(),
  agent: z.string(),
  round: z.number(),
  description: z.string(),
  /** The name of the artifact in this round, and the one its plan gave it. */
  output: z.string(),
  name: z.string().optional(),
  dependencies: z.array(z.string()),
  priority: z.string(),
  requirements: z.array(z.string()).default([]),
  context: z.string().default(''),
  expectedOutput: z.string().default(''),
  qualityThreshold: z.number().default(80),
  inputs: z.array(z.object({ name: z.string(), bytes: z.number() })).default([]),
}
const assigned = z.object({ type: z.literal('task.assigned'), ...delegated })
const refining = z.object({ type: z.literal('task.refining'), ...delegated })

const scored = z.object({
  type: z.literal('review.scored'),
  task: z.string(),
  agent: z.string().nullable(),
  reviewer: z.string().nullable().default(null),
  round: z.number(),
  threshold: z.number().default(80),
  status: z.enum(['APPROVED', 'NEEDS_REFINEMENT']),
  score: z.number(),
  dimensions: z.record(z.string(), z.number()),
  issues: z.array(issueSchema),
  strengths: z.array(z.string()),
})

const trouble = { task: z.string(), code: z.string(), message: z.string() }
const unreviewed = z.object({ type: z.literal('review.failed'), ...trouble, round: z.number() })
const failedOver = z.object({ type: z.literal('task.failed-over'), ...trouble, from: z.string().nullable() })
const givenUp = z.object({ type: z.literal('task.given-up'), ...trouble })
const skipped = z.object({ type: z.literal('task.skipped'), task: z.string() })
const done = z.object({
  type: z.literal('task.done'),
  task: z.string(),
  score: z.number().nullable(),
  below: z.boolean().default(false),
})

const complete = z.object({
  type: z.literal('work.complete'),
  quality: z.number().nullable(),
  confidence: z.number(),
  summary: z.string(),
  reasoning: z.string(),
  artifacts: z.array(artifactSchema),
  issues: z.array(issueSchema),
  metrics: metricsSchema,
})

const noteSchema = z.discriminatedUnion('type', [
  started,
  finished,
  failed,
  planned,
  assigned,
  refining,
  scored,
  unreviewed,
  failedOver,
  givenUp,
  skipped,
  done,
  complete,
])

/** When it was said, and by which actor. */
type Said<Schema extends z.ZodType> = z.infer<Schema> & { at: string; address: string }

export type Started = Said<typeof started>
export type Finished = Said<typeof finished>
export type Failed = Said<typeof failed>
export type Planned = Said<typeof planned>
export type Delegated = Said<typeof assigned> | Said<typeof refining>
export type Scored = Said<typeof scored>
export type Unreviewed = Said<typeof unreviewed>
export type Complete = Said<typeof complete>
export type RunNote = Said<typeof noteSchema>

/** What an actor emitted, as one of the notes, or null. */
export const readNote = ({ event, at, address }: { event: unknown; at: string; address: string }): RunNote | null => {
  const parsed = noteSchema.safeParse(event)
  return parsed.success ? { ...parsed.data, at, address } : null
}
