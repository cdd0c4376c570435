// Act and think. Owns one agent in a system of its own, with a scripted or hand-made model: what goes in and what comes out.
import { type AgentOptions, defineAgent } from '../../src/actors/define-agent.ts'
import type { Model, ModelAnswer, ModelRequest } from '../../src/runtime/model.ts'
import { createSystem, type RunOptions } from '../../src/system/system.ts'

export type Given = Partial<ModelAnswer> | Error

const blank: ModelAnswer = {
  content: [],
  stop: 'end',
  usage: { inputTokens: 100, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0 },
  model: 'made',
  usd: 0.01,
}

/** A model that gives these answers in turn, the last one again and again, and keeps what it was asked. */
export const answers = (...given: (Given | ((request: ModelRequest) => Given))[]) => {
  const requests: ModelRequest[] = []
  const model: Model = {
    id: 'made',
    label: 'answers made by a test',
    estimate: () => ({ tokens: 1_000, usd: 0.1 }),
    generate: async (request) => {
      const next = given[Math.min(requests.length, given.length - 1)]!
      requests.push(request)
      const answer = typeof next === 'function' ? next(request) : next
      if (answer instanceof Error) throw answer
      return { ...blank, ...answer }
    },
  }
  return { model, requests }
}

let calls = 0
export const toolUse = (name: string, input: object = {}, id = `u${calls++}`) =>
  ({ type: 'tool_use', id, name, input: input as never }) as const
export const reporting = (output: unknown, more: object = {}) => ({
  stop: 'tool_use' as const,
  content: [toolUse('report', { output, summary: 'done', confidence: 0.9, ...more })],
})
export const using = (...content: ReturnType<typeof toolUse>[]) => ({ stop: 'tool_use' as const, content })

/** Lets one agent do one task; gives the result, what its tools and model saw, and the store afterwards. */
export const doing = async <Output = string>(
  model: Model,
  options: Partial<AgentOptions<string, Output>> = {},
  run: RunOptions = {},
) => {
  const agent = defineAgent({ name: 'ada', instructions: 'Work.', ...options })
  const system = await createSystem({ agents: [agent], model })
  const result = await system.run(agent, 'Do it.', { id: 'r', ...run })
  const journal = await system.runtime.store.journal({ run: 'r', limit: 10_000 })
  const outcomes = await system.runtime.store.outcomes({ run: 'r', limit: 10_000 })
  const balance = (await system.runtime.store.ledger('r')).find(({ account }) => account === 'r')
  return { system, agent, result, journal, outcomes, balance }
}
