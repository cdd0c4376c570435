// Team stage. Owns an orchestrator machine driven by hand: what it asks of its members, and what they hand in.
import { fromPromise } from 'xstate'
import {
  type OrchestratorContext,
  type OrchestratorInput,
  orchestratorMachine,
} from '../../src/machines/orchestrator.ts'
import type { PlannedTask } from '../../src/machines/team-work.ts'
import { drive } from '../support/drive.ts'
import { request } from './agent-stage.ts'

/** `b <- a`: b needs a. */
export const planned = (id: string, dependencies: string[] = [], more: Partial<PlannedTask> = {}): PlannedTask => ({
  id,
  description: `do ${id}`,
  dependencies,
  priority: 'normal',
  requirements: [],
  expectedOutput: '',
  review: false,
  ...more,
})

export const planOf = (...tasks: PlannedTask[]) => ({ objective: 'all of it', successCriteria: [], tasks })

export const member = (name: string, role = name) => ({ name, role, description: '', capabilities: [], input: {} })

const score = (value: number, issues: object[] = []) => ({
  score: value,
  dimensions: { completeness: 8, accuracy: 8, clarity: 8, coherence: 8, format: 8 },
  issues,
  strengths: ['it is short'],
})

const metrics = { durationMs: 1, modelCalls: 1, toolCalls: 0, inputTokens: 10, outputTokens: 1, usd: 0.1 }

type Order = { to: string; taskId: string; id: string; body: { [key: string]: unknown } }

export const team = (input: Partial<OrchestratorInput> & Pick<OrchestratorInput, 'team'>) => {
  const never = fromPromise<never, unknown>(() => new Promise(() => {}))
  const actors = Object.fromEntries(input.team.map(({ name }) => [name, never]))
  const machine = drive(
    orchestratorMachine.provide({ actors: actors as never }),
    { name: 'team', lead: null, reviewer: null, plan: null, maxRounds: 3, ...input },
    'run/team',
  )
  const reply = (from: string, order: { taskId: string; id?: string }, type: string, body: object, sentAt = 2_000) =>
    machine.send({
      type,
      id: 'reply',
      from: `run/team/${from}`,
      to: 'run/team',
      runId: 'run',
      sentAt,
      taskId: order.taskId,
      replyTo: order.id ?? `1/${order.taskId}`,
      body,
    })
  const result = (output: unknown, taskId: string, confidence = 0.9) => ({
    output,
    artifacts: [{ name: `${taskId}.md`, hash: `hash of ${taskId}`, bytes: 5, agent: 'somebody' }],
    summary: `did ${taskId}`,
    confidence,
    reasoning: '',
    issues: [],
    metrics,
  })
  return Object.assign(machine, {
    ask: (id = 't1') => machine.send({ ...request(id), to: 'run/team' }),
    done: (from: string, taskId: string, output: unknown = `output of ${taskId}`, id?: string) =>
      reply(from, { taskId, ...(id !== undefined && { id }) }, 'task_complete', result(output, taskId)),
    score: (from: string, taskId: string, value: number, issues: object[] = []) =>
      reply(from, { taskId }, 'task_complete', result(score(value, issues), taskId)),
    fail: (from: string, taskId: string, code = 'model.refused') =>
      reply(from, { taskId }, 'error_report', { code, message: `${from} cannot`, retryable: false, attempt: 1 }),
    die: (name: string) =>
      machine.send({
        type: `xstate.error.actor.${name}`,
        actorId: name,
        error: { code: 'actor.failed', message: 'it died' },
      }),
    tell: (type: string, body: object, taskId?: string) =>
      machine.send({
        type,
        id: 'x',
        from: 'run',
        to: 'run/team',
        runId: 'run',
        sentAt: 1_500,
        ...(taskId !== undefined && { taskId }),
        body,
      }),
    /** Orders of the last step, as `member: task`. */
    orders: (): string[] =>
      machine
        .sent()
        .filter(({ event }) => event.type === 'task_request')
        .map(({ to, event }) => `${to.slice('run/team/'.length)}: ${event.taskId as string}`),
    order: (): Order => machine.sent().map(({ to, event }) => ({ to, ...(event as unknown as Omit<Order, 'to'>) }))[0]!,
    /** What it told whoever asked, in the last step. */
    told: () =>
      machine.sent().find(({ to }) => to === 'run')?.event as
        | { type: string; taskId: string; body: { [key: string]: unknown } }
        | undefined,
    tasks: () =>
      Object.fromEntries(
        Object.entries(machine.context<OrchestratorContext>().work!.tasks).map(([id, { state }]) => [id, state]),
      ),
  })
}
