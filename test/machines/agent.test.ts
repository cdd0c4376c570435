import { describe, expect, test } from 'vitest'
import type { AgentContext } from '../../src/machines/agent.ts'
import { act, call, cancel, invalid, over, question, report, request, stage } from './agent-stage.ts'

describe('an agent', () => {
  test('goes from idle to working, thinks, and is complete with its report', () => {
    const agent = stage()
    expect(agent.state).toBe('idle')
    agent.send(request('t1'))
    expect(agent.state).toBe('working.thinking')
    expect(agent.asked().map(({ src }) => src)).toEqual(['think'])
    agent.thinks(report('the work'))
    expect(agent.state).toBe('complete')
    const [{ to, event }] = agent.sent() as never as [{ to: string; event: Record<string, unknown> }]
    expect(to).toBe('run')
    expect(event).toMatchObject({
      type: 'task_complete',
      taskId: 't1',
      replyTo: 't1',
      body: { output: 'the work', metrics: { modelCalls: 1, inputTokens: 10, usd: 0.5, durationMs: 500 } },
    })
    expect(agent.notes().map(({ type }) => type)).toEqual(['task.finished'])
  })

  test('goes back to work from complete and from error', () => {
    const agent = stage()
    agent.send(request('t1'))
    agent.thinks(report())
    agent.send(request('t2'))
    expect(agent.state).toBe('working.thinking')
    expect(agent.thinking()).toMatchObject({ taskNumber: 1, turn: 0, head: null })
    agent.fails('think', { code: 'model.auth', message: 'no key', retryable: false })
    expect(agent.state).toBe('error')
    expect(agent.sent()[0]).toMatchObject({
      event: { type: 'error_report', taskId: 't2', body: { code: 'model.auth' } },
    })
    agent.send(request('t3'))
    expect(agent.state).toBe('working.thinking')
    agent.thinks(report())
    expect(agent.context<AgentContext>()).toMatchObject({ completed: 2, errors: 1, tasks: 3 })
  })

  test('uses several tools at once and gives their results back in the order of the calls', () => {
    const agent = stage()
    agent.send(request('t1'))
    agent.thinks(act(call('a'), call('b'), call('c')))
    expect(agent.state).toBe('working.acting')
    expect(agent.asked().map(({ id }) => id)).toEqual(['tool.0.0', 'tool.0.1', 'tool.0.2'])
    agent.uses('tool.0.2', 'c')
    agent.uses('tool.0.0', 'a')
    expect(agent.state).toBe('working.acting')
    agent.fails('tool.0.1', { code: 'call.unknown', message: 'nobody knows what it did' })
    expect(agent.state).toBe('working.thinking')
    const { results, turn, head } = agent.thinking() as { results: { toolUseId: string }[]; turn: number; head: string }
    expect(results.map(({ toolUseId }) => toolUseId)).toEqual(['a', 'b', 'c'])
    expect(results[1]).toMatchObject({ isError: true, ref: '', text: 'nobody knows what it did' })
    expect({ turn, head }).toEqual({ turn: 1, head: 'h1' })
  })

  test('takes requests that come while it works one after the other', () => {
    const agent = stage()
    for (const id of ['t1', 't2', 't3']) agent.send(request(id))
    expect(agent.context<AgentContext>().backlog.map(({ id }) => id)).toEqual(['t2', 't3'])
    agent.thinks(report('1'))
    expect(agent.state).toBe('working.thinking')
    agent.fails('think', new Error('broken'))
    agent.thinks(report('3'))
    expect(agent.state).toBe('complete')
    expect(agent.context<AgentContext>()).toMatchObject({ backlog: [], tasks: 3, completed: 2, errors: 1 })
  })

  test.each(['idle', 'thinking', 'acting', 'complete', 'error'] as const)(
    'answers a question while %s and stays where it is',
    (where) => {
      const agent = stage()
      if (where !== 'idle') agent.send(request('t1'))
      if (where === 'acting') agent.thinks(act(call('a')))
      if (where === 'complete') agent.thinks(report())
      if (where === 'error') agent.thinks(over('model.refused'))
      const { state } = agent
      agent.send(question('q1'))
      expect(agent.state).toBe(state)
      expect(agent.asked()).toMatchObject([{ kind: 'call', src: 'reply', input: { question: 'how far?' } }])
      agent.replies(agent.asked()[0]!.id, 'half way')
      expect(agent.state).toBe(state)
      expect(agent.sent()).toMatchObject([
        { to: 'run/eve', event: { type: 'answer', replyTo: 'q1', body: { text: 'half way' } } },
      ])
    },
  )

  test('says so when it cannot answer a question, and lives', () => {
    const agent = stage()
    agent.send(question('q1'))
    agent.fails('reply.0', { code: 'model.overloaded', message: 'busy' })
    expect(agent.sent()).toMatchObject([{ event: { body: { text: 'I cannot answer: busy' } } }])
    expect(agent.status).toBe('active')
  })

  test('stops its calls when its task is cancelled, and says so', () => {
    const agent = stage()
    agent.send(request('t1'))
    agent.thinks(act(call('a'), call('b')))
    agent.uses('tool.0.0', 'a')
    agent.send(cancel('t1'))
    expect(agent.state).toBe('error')
    expect(agent.effects).toContainEqual(expect.objectContaining({ kind: 'stop', id: 'tool.0.1' }))
    expect(agent.sent()).toMatchObject([
      {
        event: { type: 'error_report', taskId: 't1', body: { code: 'run.cancelled', message: 'not wanted any more' } },
      },
    ])
  })

  test('a cancelled task that waits is given up alone', () => {
    const agent = stage()
    agent.send(request('t1'))
    agent.send(request('t2'))
    agent.send(cancel('t2'))
    expect(agent.state).toBe('working.thinking')
    expect(agent.sent()).toMatchObject([{ event: { type: 'error_report', taskId: 't2', replyTo: 't2' } }])
    expect(agent.context<AgentContext>().backlog).toEqual([])
    agent.send(cancel('unknown'))
    expect(agent.effects).toEqual([])
  })

  test('reads with its next turn what others share', () => {
    const share = (key: string) => ({ ...cancel(), type: 'data_sharing', body: { key, value: 1 } })
    const agent = stage()
    agent.send(share('early'))
    agent.send(request('t1'))
    expect(agent.thinking()).toMatchObject({ notes: ['run shares early: 1'] })
    agent.send(share('late'))
    agent.thinks(invalid())
    expect(agent.thinking()).toMatchObject({ notes: ['run shares late: 1'] })
  })
})

describe('an agent that does not come to an end', () => {
  test('may use as many model calls as maxTurns says', () => {
    const agent = stage(3)
    agent.send(request('t1'))
    for (const turn of [0, 1]) {
      agent.thinks(act(call(`a${turn}`)))
      agent.uses(`tool.${turn}.0`, `a${turn}`)
    }
    expect(agent.state).toBe('working.thinking')
    agent.thinks(act(call('a2')))
    expect(agent.state).toBe('error')
    expect(agent.sent()).toMatchObject([{ event: { body: { code: 'agent.max-turns' } } }])
  })

  test.each([['short'], ['x'.repeat(5_000)]])('BAD 156: the same call three times in a row is a loop', (path) => {
    const agent = stage()
    agent.send(request('t1'))
    for (const turn of [0, 1]) {
      agent.thinks(act(call(`a${turn}`, 'Read', { path })))
      agent.uses(`tool.${turn}.0`, `a${turn}`)
    }
    agent.thinks(act(call('a2', 'Read', { path })))
    expect(agent.sent()).toMatchObject([{ event: { body: { code: 'agent.loop' } } }])
    expect(JSON.stringify(agent.context<AgentContext>().job!.recent).length).toBeLessThan(1_000)
  })

  test('the same call with another between is no loop', () => {
    const agent = stage()
    agent.send(request('t1'))
    for (const [turn, path] of ['same', 'same', 'other', 'same', 'same'].entries()) {
      agent.thinks(act(call(`a${turn}`, 'Read', { path })))
      agent.uses(`tool.${turn}.0`, `a${turn}`)
    }
    expect(agent.state).toBe('working.thinking')
  })

  test('BAD 142: an answer that cannot be used is told so twice, then the task fails', () => {
    const agent = stage()
    agent.send(request('t1'))
    for (const turn of [1, 2]) {
      agent.thinks(invalid(`problem ${turn}`))
      expect(agent.thinking()).toMatchObject({ problem: `problem ${turn}`, turn })
    }
    agent.thinks(invalid('problem 3'))
    expect(agent.state).toBe('error')
    expect(agent.sent()).toMatchObject([
      { event: { body: { code: 'model.output', message: expect.stringContaining('problem 3') } } },
    ])
  })

  test('an answer that can be used begins the count anew', () => {
    const agent = stage()
    agent.send(request('t1'))
    agent.thinks(invalid())
    agent.thinks(invalid())
    agent.thinks(act(call('a')))
    agent.uses('tool.2.0', 'a')
    agent.thinks(invalid())
    expect(agent.state).toBe('working.thinking')
  })

  test('no model call is made beyond maxTurns to mend an answer', () => {
    const agent = stage(1)
    agent.send(request('t1'))
    agent.thinks(invalid())
    expect(agent.sent()).toMatchObject([{ event: { body: { code: 'model.output' } } }])
  })

  test.each(['model.refused', 'model.context-overflow'])('BAD 151, 162: %s ends the task at once', (code) => {
    const agent = stage()
    agent.send(request('t1'))
    agent.thinks(over(code))
    expect(agent.sent()).toMatchObject([{ event: { type: 'error_report', body: { code } } }])
  })
})
