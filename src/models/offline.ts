// Offline. Owns the model that needs no key and no network: rules that drive the real tools and check with real validators.
//   O1. An answer is a function of the request alone; options change how long it takes, never what it says.
//   O2. It says what it is: rules, not a language model.

import { sleep } from '../runtime/clock.ts'
import { TroupeError } from '../runtime/errors.ts'
import type { JsonObject } from '../runtime/json.ts'
import type { ContentBlock, Model, ModelAnswer, ModelContext, ModelRequest } from '../runtime/model.ts'
import { shareOf } from './offline/chance.ts'
import { jobOf, outputKindOf, type Report, reportTool } from './offline/job.ts'
import { advance } from './offline/procedure.ts'
import { procedureFor } from './offline/procedures.ts'
import { answerTo, questionIn } from './offline/question.ts'
import { fitted } from './offline/shape.ts'
import { mostTokens, usageOf } from './usage.ts'

export type OfflineOptions = {
  /** Mean time an answer takes, in milliseconds by the call's clock; each call takes between half and one and a half of it. Default 0. */
  latencyMs?: number
  /** Chooses the latency of each call. Default 0. */
  seed?: number | bigint
}

const text = (words: string): ContentBlock => ({ type: 'text', text: words })
const use = (request: ModelRequest, index: number, name: string, input: JsonObject): ContentBlock => ({
  type: 'tool_use',
  id: `use-${request.caller.task}-${request.messages.length}-${index}`,
  name,
  input,
})

const reported = (request: ModelRequest, report: Report): ContentBlock[] => {
  const output = outputKindOf(request) === 'other' ? fitted(report, request) : report.output
  return [text(report.summary), use(request, 0, reportTool, { ...report, output })]
}

const nothingToDo = `I work by rules, not by a language model: I can plan, research, write, review and bring together, and answer what was asked of a task. This request is none of these.`

const contentFor = (request: ModelRequest): ContentBlock[] => {
  const question = questionIn(request)
  if (question !== undefined) return [text(answerTo(question, request))]
  if (!request.tools.some(({ name }) => name === reportTool)) return [text(nothingToDo)]
  const step = advance(procedureFor(jobOf(request), outputKindOf(request)), request)
  if (step.kind === 'done') return reported(request, step.value)
  return [text(step.note), ...step.uses.map(({ name, input }, index) => use(request, index, name, input))]
}

const stream = (content: readonly ContentBlock[], { onPart }: ModelContext): void => {
  let offset = 0
  for (const block of content) {
    if (block.type !== 'text') continue
    onPart?.({ kind: 'text', text: block.text, offset })
    offset += block.text.length
  }
}

const answer = (request: ModelRequest, content: readonly ContentBlock[]): ModelAnswer => ({
  content,
  stop: content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end',
  usage: usageOf(request, content),
  model: 'offline',
  usd: 0,
})

/**
 * A model that works by rules: it searches and reads the given files, quotes them with file and line, and scores drafts with validators.
 * Costs nothing. Throws `config.invalid` for a negative latency.
 * @example const model = offline({ latencyMs: 50, seed: 7 })
 */
export const offline = ({ latencyMs = 0, seed = 0 }: OfflineOptions = {}): Model => {
  if (!(latencyMs >= 0 && latencyMs <= 3_600_000))
    throw new TroupeError('config.invalid', `latencyMs is ${latencyMs}; give milliseconds between 0 and 3600000`)
  return {
    id: 'offline',
    label: 'offline: rules, not a language model',
    generate: async (request, context) => {
      context.signal.throwIfAborted()
      if (latencyMs > 0) await sleep(context.clock, latencyMs * (0.5 + shareOf(seed, context.callId)), context.signal)
      const content = contentFor(request)
      stream(content, context)
      return answer(request, content)
    },
    estimate: (size) => ({ tokens: mostTokens(size), usd: 0 }),
  }
}
