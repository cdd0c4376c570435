// Refine stage. Owns a refine machine driven by hand: what it asks of its author and its reviewer, and what they hand in.
import { fromPromise } from 'xstate'
import { type RefineInput, refineMachine } from '../../src/machines/refine.ts'
import { drive } from '../support/drive.ts'
import { request } from './agent-stage.ts'
import { member, planned } from './team-stage.ts'

const metrics = { durationMs: 1, modelCalls: 1, toolCalls: 0, inputTokens: 10, outputTokens: 1, usd: 0.1 }
export const issues = [{ severity: 'high', text: 'no sources', recommendation: 'cite them' }]
export const doubt = { severity: 'low', text: 'one source is old' }
export const dimensions = { completeness: 8, accuracy: 8, clarity: 8, coherence: 8, format: 8 }

const result = (output: unknown, taskId: string) => ({
  output,
  artifacts: [{ name: `${taskId}.md`, hash: `hash of ${taskId}`, bytes: 5, agent: 'writer' }],
  summary: `did ${taskId}`,
  confidence: 0.9,
  reasoning: 'as asked.',
  issues: taskId.startsWith('work') ? [doubt] : [],
  metrics,
})

export const stage = (more: Partial<RefineInput> = {}) => {
  const never = fromPromise<never, unknown>(() => new Promise(() => {}))
  const machine = drive(
    refineMachine.provide({ actors: { author: never, reviewer: never } }),
    {
      name: 'refine',
      objective: 'a guide',
      author: member('writer'),
      reviewer: member('critic'),
      task: planned('write', [], { outputName: 'guide.md' }),
      maxRounds: 3,
      ...more,
    },
    'run/refine',
  )
  const reply = (from: string, { taskId, id = `1/${taskId}` }: { taskId: string; id?: string }, message: object) =>
    machine.send({
      ...{ id: 'reply', from: `run/refine/${from}`, to: 'run/refine', runId: 'run', sentAt: 2_000 },
      ...{ taskId, replyTo: id },
      ...(message as { type: string }),
    })
  const complete = (body: object) => ({ type: 'task_complete', body })
  const from = { id: 'x', from: 'run/eve', to: 'run/refine', runId: 'run', sentAt: 1_500 }
  return Object.assign(machine, {
    ask: (id = 't1', body: object = {}) => {
      const asked = request(id)
      return machine.send({ ...asked, to: 'run/refine', body: { ...asked.body, ...body } })
    },
    writes: (round: number, output: unknown = `version ${round}`, id?: string) => {
      const taskId = `work.write.${round}`
      return reply('writer', { taskId, ...(id !== undefined && { id }) }, complete(result(output, taskId)))
    },
    scores: (round: number, score: number, id?: string) => {
      const taskId = `review.write.${round}`
      const verdict = { score, dimensions, issues, strengths: ['it is short'] }
      return reply('critic', { taskId, ...(id !== undefined && { id }) }, complete(result(verdict, taskId)))
    },
    says: (name: string, taskId: string, output: unknown) => reply(name, { taskId }, complete(result(output, taskId))),
    fails: (name: string, taskId: string) =>
      reply(
        name,
        { taskId },
        {
          type: 'error_report',
          body: { code: 'model.refused', message: `${name} cannot`, retryable: false, attempt: 1 },
        },
      ),
    dies: (name: string) =>
      machine.send({
        type: `xstate.error.actor.${name}`,
        actorId: name,
        error: { code: 'actor.failed', message: `${name} died` },
      }),
    ends: (name: string) => machine.send({ type: `xstate.done.actor.${name}`, actorId: name, output: null }),
    tell: (type: string, body: object, taskId?: string) =>
      machine.send({ ...from, type, ...(taskId !== undefined && { taskId }), body }),
    /** Orders of the last step, as `member: task`. */
    orders: () =>
      machine
        .sent()
        .filter(({ event }) => event.type === 'task_request')
        .map(({ to, event }) => `${to.slice('run/refine/'.length)}: ${event.taskId as string}`),
    order: () => machine.sent().find(({ event }) => event.type === 'task_request')!.event as { [key: string]: unknown },
    /** What it told whoever asked, in the last step. */
    told: () => machine.sent().find(({ to }) => to === 'run')?.event,
    types: () => machine.notes().map(({ type }) => type),
  })
}

export const begun = (more: Partial<RefineInput> = {}) => {
  const it = stage(more)
  it.ask()
  return it
}
