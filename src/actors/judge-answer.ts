// Judge answer. Owns what a model's answer amounts to: tools to use, work to hand in, or something that cannot be used.
//   J1. Nothing is done that the model did not plainly finish saying: tools run on `tool_use` alone.
import { z } from 'zod'
import { TroupeError } from '../runtime/errors.ts'
import type { Json } from '../runtime/json.ts'
import type { ModelAnswer } from '../runtime/model.ts'
import { reportName } from './report.ts'

export type RequestedCall = { id: string; name: string; input: Json }

export type Judgement =
  | { kind: 'act'; calls: RequestedCall[] }
  | { kind: 'report'; given: unknown }
  | { kind: 'invalid'; problem: string }
  | { kind: 'over'; code: string; problem: string }

const mostCalls = 16

const invalid = (problem: string): Judgement => ({ kind: 'invalid', problem })

export const textOf = ({ content }: Pick<ModelAnswer, 'content'>): string =>
  content
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n')
    .trim()

const judgeCalls = ({ content }: ModelAnswer): Judgement => {
  const uses = content.filter((block) => block.type === 'tool_use')
  const report = uses.find(({ name }) => name === reportName)
  if (report) return { kind: 'report', given: report.input }
  if (uses.length === 0) return invalid('you stopped to use a tool and named none')
  if (uses.length > mostCalls)
    return invalid(`you asked for ${uses.length} tool calls at once; ask for ${mostCalls} at most`)
  const ids = new Set(uses.map(({ id }) => id))
  if (ids.size < uses.length) return invalid('two of your tool calls have the same id; give each its own')
  return { kind: 'act', calls: uses.map(({ id, name, input }) => ({ id, name, input })) }
}

/** Words alone are taken as the output, with the doubt they deserve. */
const judgeText = (answer: ModelAnswer): Judgement => {
  const text = textOf(answer)
  if (text === '') return invalid('your answer was empty')
  const issues = [{ severity: 'low', text: 'handed in without a report' }]
  const given = { output: text, summary: text.split('\n')[0]!.slice(0, 300), confidence: 0.5, issues }
  return { kind: 'report', given }
}

/** What an answer amounts to (J1). */
export const judge = (answer: ModelAnswer): Judgement => {
  switch (answer.stop) {
    case 'tool_use':
      return judgeCalls(answer)
    case 'end':
      return judgeText(answer)
    case 'max_tokens':
      return invalid('your answer was cut off at the limit of tokens; say it in less')
    case 'pause':
      return invalid('you paused; go on')
    case 'refusal': {
      const problem = `the model refuses this task: ${textOf(answer).slice(0, 500)}; give it another task or model`
      return { kind: 'over', code: 'model.refused', problem }
    }
    case 'context_overflow': {
      const problem = 'the conversation no longer fits the model; give the agent a smaller task'
      return { kind: 'over', code: 'model.context-overflow', problem }
    }
  }
}

const tokens = z.number().nonnegative()
const paidSchema = z.object({
  usage: z.object({ inputTokens: tokens, outputTokens: tokens, cacheReadTokens: tokens, cacheWriteTokens: tokens }),
  usd: z.number().nonnegative().nullable(),
})

/** An answer that came and was paid for, and that the model's plug could not read. */
export type Unusable = { problem: string } & Pick<ModelAnswer, 'usage' | 'usd'>

/** Such an answer, from the error that says so; null for any other error. */
export const paidOutput = (error: unknown): Unusable | null => {
  if (!(error instanceof TroupeError) || error.code !== 'model.output') return null
  const paid = paidSchema.safeParse(error.details)
  return paid.success ? { problem: error.message, ...paid.data } : null
}
