// Procedure. Owns how rules take several turns without keeping any state.
//   A job is a generator that yields the tool uses it needs and is sent their outcomes. Every turn it runs from its start: what the
//   conversation already holds is answered from there, the first use that has no result yet is this turn's answer.
//   P1. The next step is a function of the request alone.   P2. A use is known by its name and input, never by its position.
import type { JsonObject } from '../../runtime/json.ts'
import type { ContentBlock, ModelMessage, ModelRequest } from '../../runtime/model.ts'

export type ToolUse = { name: string; input: JsonObject }
export type Outcome = { content: string; isError: boolean }
/** `note` is one line for whoever watches. */
export type Ask = { note: string; uses: readonly ToolUse[] }
export type Procedure<T> = Generator<Ask, T, readonly Outcome[]>

export type Step<T> = { kind: 'use'; note: string; uses: readonly ToolUse[] } | { kind: 'done'; value: T }

/** More at once than this would be cut by the runtime's own cap; the rest is asked for in the next turn. */
const usesInOneTurn = 8

const keyOf = ({ name, input }: ToolUse): string =>
  JSON.stringify([name, Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1))])

const blocksOf = (messages: readonly ModelMessage[]): ContentBlock[] =>
  messages.flatMap((message) => [...message.content])

/** Every tool use of the conversation that has its result, in order. */
export const exchangesOf = (messages: readonly ModelMessage[]): { use: ToolUse; outcome: Outcome }[] => {
  const uses = new Map<string, ToolUse>()
  return blocksOf(messages).flatMap((block) => {
    if (block.type === 'tool_use') uses.set(block.id, { name: block.name, input: block.input as JsonObject }) // tools take objects
    const use = block.type === 'tool_result' ? uses.get(block.toolUseId) : undefined
    return use && block.type === 'tool_result'
      ? [{ use, outcome: { content: block.content, isError: block.isError } }]
      : []
  })
}

/** Takes `job` as far as the conversation goes: the tool uses it needs next, or what it comes to. */
export const advance = <T>(job: Procedure<T>, request: ModelRequest): Step<T> => {
  const offered = new Set(request.tools.map((tool) => tool.name))
  const known = new Map(exchangesOf(request.messages).map(({ use, outcome }) => [keyOf(use), outcome]))
  const outcomeOf = (use: ToolUse): Outcome | undefined =>
    offered.has(use.name) ? known.get(keyOf(use)) : { content: `the tool ${use.name} is not offered`, isError: true }
  let step = job.next()
  while (!step.done) {
    const { note, uses } = step.value
    const outcomes = uses.map(outcomeOf)
    const missing = uses.filter((_, index) => outcomes[index] === undefined)
    if (missing.length > 0) return { kind: 'use', note, uses: missing.slice(0, usesInOneTurn) }
    step = job.next(outcomes as Outcome[]) // none is missing
  }
  return { kind: 'done', value: step.value }
}
