import { expect, test } from 'vitest'
import { fromPromise } from 'xstate'
import { askMachine } from '../../src/machines/ask.ts'
import { runMachine } from '../../src/machines/run.ts'
import { drive } from '../support/drive.ts'
import { request } from './agent-stage.ts'

const never = fromPromise<never, unknown>(() => new Promise(() => {}))

const run = (timeoutMs: number | null = null) =>
  drive(
    runMachine.provide({ actors: { agent: never } }),
    { agent: 'ada', agentInput: { some: 'input' }, task: request('x').body, timeoutMs },
    'r1',
  )

const from = (who: string, type: string, body: object) => ({
  type,
  id: 'm',
  from: who,
  to: 'r1',
  runId: 'r1',
  sentAt: 1,
  body,
})
const result = { output: 'text', artifacts: [], summary: 's', confidence: 1, reasoning: '', issues: [] }
const failure = { code: 'agent.loop', message: 'in circles', retryable: false, attempt: 1 }

test('a run starts its agent under its name, gives it the task and ends with its result', () => {
  const it = run()
  expect(it.asked()).toMatchObject([{ id: 'ada', src: 'agent', input: { some: 'input' } }])
  expect(it.sent()).toMatchObject([{ to: 'r1/ada', event: { type: 'task_request', taskId: 'run' } }])
  it.send(from('r1/ada', 'task_complete', result))
  expect(it.output).toEqual({ status: 'complete', result })
})

test('a run fails as its agent fails, dies or ends without a word', () => {
  const failed = run()
  failed.send(from('r1/ada', 'error_report', failure))
  expect(failed.output).toEqual({ status: 'failed', failure })
  const died = run()
  died.send({ type: 'xstate.error.actor.ada', actorId: 'ada', error: { code: 'machine.threw', message: 'oh' } })
  expect(died.output).toMatchObject({ status: 'failed', failure: { code: 'machine.threw', message: 'oh' } })
  const ended = run()
  ended.send({ type: 'xstate.done.actor.ada', actorId: 'ada', output: 1 })
  expect(ended.output).toMatchObject({ status: 'failed', failure: { code: 'run.failed' } })
})

test('nobody but its agent ends a run', () => {
  const it = run()
  for (const who of ['@outside', 'r2/ada', 'r1/ada/bob']) {
    it.send(from(who, 'task_complete', result))
    it.send(from(who, 'error_report', failure))
  }
  expect(it.status).toBe('active')
})

test('a run that takes longer than it may fails with run.timeout', () => {
  const it = run(5_000)
  const timer = it.effects.find(({ kind }) => kind === 'timer')
  expect(timer).toMatchObject({ delay: 5_000 })
  it.send((timer as unknown as { event: { type: string } }).event)
  expect(it.output).toMatchObject({ status: 'failed', failure: { code: 'run.timeout' } })
  expect(run().effects.some(({ kind }) => kind === 'timer')).toBe(false)
})

test('C34: a question ends with its answer, or unanswered when its patience ends', () => {
  const ask = () => drive(askMachine, { to: 'r1/ada', text: 'how far?', timeoutMs: 1_000 }, 'ask-1')
  const answered = ask()
  expect(answered.sent()).toMatchObject([{ to: 'r1/ada', event: { type: 'question', body: { text: 'how far?' } } }])
  answered.send({ type: 'answer', body: { text: 'half' } })
  expect(answered.output).toEqual({ answered: true, text: 'half', value: null })
  const waited = ask()
  const timer = waited.effects.find(({ kind }) => kind === 'timer') as unknown as { event: { type: string } }
  waited.send(timer.event)
  expect(waited.output).toEqual({ answered: false })
})
