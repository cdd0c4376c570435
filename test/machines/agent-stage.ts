// Agent stage. Owns an agent machine driven by hand: its requests, and what its hands give back.
import { agentMachine } from '../../src/machines/agent.ts'
import type { Thought, ToolCall } from '../../src/machines/agent-job.ts'
import { drive } from '../support/drive.ts'

const task = {
  requirements: [],
  context: '',
  input: { values: {}, artifacts: [] },
  expectedOutput: '',
  outputName: 'output.md',
  qualityThreshold: 80,
  purpose: 'work',
  round: 1,
}

export const request = (id: string, description = `do ${id}`) => ({
  type: 'task_request',
  id,
  taskId: id,
  from: 'run',
  to: 'run/ada',
  runId: 'run',
  priority: 0,
  sentAt: 1_000,
  body: { ...task, description },
})

export const question = (id: string, text = 'how far?') => ({
  type: 'question',
  id,
  from: 'run/eve',
  to: 'run/ada',
  runId: 'run',
  sentAt: 1_000,
  body: { text },
})

export const cancel = (taskId?: string) => ({
  type: 'cancel',
  id: 'c1',
  from: 'run',
  to: 'run/ada',
  runId: 'run',
  sentAt: 1_000,
  ...(taskId !== undefined && { taskId }),
  body: { reason: 'not wanted any more' },
})

const used = { head: 'h1', inputTokens: 10, outputTokens: 2, usd: 0.5, at: 1_500 }

export const act = (...calls: ToolCall[]): Thought => ({ ...used, kind: 'act', calls })
export const call = (id: string, name = 'Read', input: unknown = { path: id }): ToolCall => ({ id, name, input })
export const invalid = (problem = 'empty'): Thought => ({ ...used, kind: 'invalid', problem })
export const over = (code: string): Thought => ({ ...used, kind: 'over', code, problem: 'no' })
export const report = (output: unknown = 'text'): Thought => ({
  ...used,
  kind: 'report',
  result: { output, artifacts: [], summary: 'done', confidence: 0.9, reasoning: '', issues: [] },
})

export const stage = (maxTurns = 20) => {
  const agent = drive(agentMachine, { name: 'ada', role: 'worker', maxTurns }, 'run/ada')
  const done = (actorId: string, output: unknown) =>
    agent.send({ type: `xstate.done.actor.${actorId}`, output, actorId })
  return Object.assign(agent, {
    /** The model has answered. */
    thinks: (thought: Thought) => done('think', thought),
    /** A tool has answered. */
    uses: (actorId: string, toolUseId: string) =>
      done(actorId, { toolUseId, ref: `ref of ${toolUseId}`, bytes: 1, isError: false }),
    replies: (actorId: string, text: string) => done(actorId, { text }),
    fails: (actorId: string, error: unknown) => agent.send({ type: `xstate.error.actor.${actorId}`, error, actorId }),
    /** What the model was asked in the last step. */
    thinking: () => agent.asked().find(({ src }) => src === 'think')?.input as { [key: string]: unknown } | undefined,
  })
}
