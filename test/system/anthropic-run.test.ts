// A whole team on the Claude model, over real HTTP and server-sent events, against a server that speaks as the API does.
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadAgentFiles } from '../../src/actors/agent-file.ts'
import { agentFromFile } from '../../src/actors/agent-from-file.ts'
import { defineAgent } from '../../src/actors/define-agent.ts'
import { defineTeam } from '../../src/actors/define-team.ts'
import { anthropic } from '../../src/models/anthropic.ts'
import { createSystem } from '../../src/system/system.ts'
import { fails, reports, startMessagesServer } from '../support/messages-server.ts'

const team = async () => {
  const { agents } = await loadAgentFiles(fileURLToPath(new URL('../../examples/team', import.meta.url)))
  return defineTeam({ agents: agents.map(agentFromFile) })
}

const solo = defineAgent({ name: 'solo', instructions: 'Answer.' })

test('a team plans, works, reviews and integrates with Claude, and every request is one the API takes', async () => {
  await using server = await startMessagesServer()
  const agent = await team()
  const model = anthropic({ apiKey: 'sk-test', baseURL: server.url })
  await using system = await createSystem({ agents: [agent], model })
  const result = await system.run(agent, 'Say what durable execution is', { id: 'claude', budget: { usd: 10 } })
  expect(result.status).toBe('complete')
  expect(server.refused).toEqual([])
  expect(result.metrics.modelCalls).toBe(server.requests.length)
  expect(result.metrics.usd).toBeGreaterThan(0)
  const calls = await system.runtime.store.calls({ run: 'claude' })
  const asked = server.requests.map(({ body }) => `anthropic:${body.model}`)
  expect(calls.filter(({ kind }) => kind === 'model').map(({ name }) => name)).toEqual(asked)
  expect(new Set(asked)).toContain('anthropic:claude-opus-5-5')
  const spent = await system.runtime.store.outcomes({ run: 'claude' })
  expect(spent.reduce((sum, { usd }) => sum + (usd ?? 0), 0)).toBeCloseTo(result.metrics.usd ?? 0, 8)
})

test('C20: an overloaded API is asked again, with the same call and the next attempt', async () => {
  const busy = () => fails(529, 'overloaded_error', 'Overloaded', { headers: { 'retry-after-ms': '1' } })
  await using server = await startMessagesServer((request, n) => (n < 2 ? busy() : reports(request, n)))
  const model = anthropic({ apiKey: 'sk-test', baseURL: server.url })
  await using system = await createSystem({ agents: [solo], model })
  expect(await system.run(solo, 'Say one thing', { id: 'again' })).toMatchObject({ status: 'complete' })
  expect(server.requests).toHaveLength(3)
  const outcomes = await system.runtime.store.outcomes({ run: 'again' })
  const seen = outcomes.map(({ status, attempt }) => `${status} ${attempt}`)
  expect(seen).toEqual(['retrying 1', 'started 2', 'retrying 2', 'started 3', 'done 3'])
})

test('BAD 161: a refused key ends the run at once, and is asked for once', async () => {
  await using server = await startMessagesServer(() => fails(401, 'authentication_error', 'invalid x-api-key'))
  const model = anthropic({ apiKey: 'sk-test', baseURL: server.url })
  await using system = await createSystem({ agents: [solo], model })
  const result = await system.run(solo, 'Say one thing')
  expect(result).toMatchObject({ status: 'failed', failure: { code: 'model.auth' } })
  expect(server.requests).toHaveLength(1)
})
