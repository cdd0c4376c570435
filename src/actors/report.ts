// Report. Owns the one tool by which every agent hands in its work, whatever its model: `report`.
//   The model calls it once, last. Its input is `{ output, summary, confidence, reasoning, issues }`, where `output`
//   is text (markdown) unless the task has an output schema (a plan, a verdict, a value of a typed agent).
import { z } from 'zod'
import type { JsonSchema } from '../runtime/json.ts'
import type { ToolSpec } from '../runtime/model.ts'
import { issueSchema } from './messages.ts'

export const reportName = 'report'

/** The schema of a report whose output is `output`. */
export const reportSchema = (output: z.ZodType) =>
  z.strictObject({
    output,
    summary: z.string().describe('One or two sentences: what was done and found.'),
    confidence: z.number().min(0).max(1).describe('How sure you are that the output is right and complete, 0 to 1.'),
    reasoning: z.string().default('').describe('Why you did it this way: the key decisions.'),
    issues: z.array(issueSchema).default([]).describe('Limits, gaps and doubts that the reader must know.'),
  })

/** The tool as a model sees it. */
export const reportTool = (output: z.ZodType): ToolSpec => ({
  name: reportName,
  description: 'Hand in the finished work. Call it once, when the task is done; nothing after it is read.',
  inputSchema: z.toJSONSchema(reportSchema(output), { io: 'input' }) as JsonSchema,
})
