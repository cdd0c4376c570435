import { describe, expect, test } from 'vitest'
import { member, planned, planOf, team } from './team-stage.ts'

const whole = [member('lead'), member('researcher'), member('writer'), member('reviewer')]
const plan = planOf(
  planned('find', [], { role: 'researcher' }),
  planned('write', ['find'], { role: 'writer', review: true }),
)

describe('an orchestrator with a lead', () => {
  const led = () => {
    const it = team({ team: whole, lead: 'lead', reviewer: 'reviewer' })
    it.ask()
    return it
  }

  test('plans, dispatches, reviews, integrates and hands in', () => {
    const it = led()
    expect(it.state).toBe('working.planning')
    expect(it.asked().map(({ id }) => id)).toEqual(['lead', 'researcher', 'writer', 'reviewer'])
    expect(it.orders()).toEqual(['lead: plan'])
    expect(it.order().body).toMatchObject({
      purpose: 'plan',
      input: { values: { team: [{ name: 'researcher' }, { name: 'writer' }] } },
    })
    it.done('lead', 'plan', plan)
    expect(it.state).toBe('working.carrying.dispatching')
    expect(it.orders()).toEqual(['researcher: work.find.1'])
    it.done('researcher', 'work.find.1')
    expect(it.orders()).toEqual(['writer: work.write.1'])
    expect(it.order().body).toMatchObject({ input: { artifacts: [{ name: 'find.md', hash: 'hash of work.find.1' }] } })
    it.done('writer', 'work.write.1')
    expect(it.state).toBe('working.carrying.reviewing')
    expect(it.orders()).toEqual(['reviewer: review.write.1'])
    it.score('reviewer', 'review.write.1', 90)
    expect(it.state).toBe('working.synthesising')
    expect(it.orders()).toEqual(['lead: synthesise'])
    expect(it.order().body).toMatchObject({ purpose: 'synthesise', input: { values: { quality: 90 } } })
    it.done('lead', 'synthesise', 'the whole')
    expect(it.state).toBe('complete')
    expect(it.told()).toMatchObject({
      type: 'task_complete',
      taskId: 't1',
      body: { output: 'the whole', metrics: { modelCalls: 5, durationMs: 1_000 } },
    })
  })

  test('hands the failure of its lead on, while planning and while integrating', () => {
    const planning = led()
    planning.fail('lead', 'plan', 'budget.exceeded')
    expect(planning.state).toBe('error')
    expect(planning.told()).toMatchObject({ type: 'error_report', body: { code: 'budget.exceeded' } })

    const integrating = led()
    integrating.done('lead', 'plan', planOf(planned('find', [], { role: 'researcher' })))
    integrating.done('researcher', 'work.find.1')
    integrating.fail('lead', 'synthesise', 'budget.exceeded')
    expect(integrating.told()).toMatchObject({
      type: 'error_report',
      body: { code: 'budget.exceeded', partial: [{ name: 'find.md' }] },
    })
  })

  test('fails when the lead hands in no plan', () => {
    const it = led()
    it.done('lead', 'plan', 'just words')
    expect(it.told()).toMatchObject({ type: 'error_report', body: { code: 'plan.invalid' } })
  })

  test('goes on when another member dies while the lead works, and ends when the lead does', () => {
    const it = led()
    it.die('writer')
    expect(it.state).toBe('working.planning')
    it.done('lead', 'plan', plan)
    it.done('researcher', 'work.find.1')
    expect(it.tasks()).toEqual({ find: 'done', write: 'failed' })
    expect(it.state).toBe('working.synthesising')
    it.die('lead')
    expect(it.told()).toMatchObject({ type: 'error_report', body: { code: 'actor.failed', message: 'it died' } })
  })

  test('gives what it has when the lead died before it could integrate', () => {
    const it = led()
    it.done('lead', 'plan', planOf(planned('find', [], { role: 'researcher' })))
    it.die('lead')
    it.done('researcher', 'work.find.1', 'found')
    expect(it.told()).toMatchObject({
      type: 'task_complete',
      body: { output: 'found', issues: [{ severity: 'high' }] },
    })
  })

  test('hires a dead member again for the next request', () => {
    const it = led()
    it.die('lead')
    expect(it.state).toBe('error')
    it.ask('t2')
    expect(it.asked().map(({ id }) => id)).toEqual(['lead'])
    expect(it.orders()).toEqual(['lead: plan'])
  })
})

describe('an orchestrator', () => {
  test('gives independent tasks to different members at once', () => {
    const it = team({
      team: [member('ada', 'w'), member('bob', 'w')],
      plan: planOf(planned('a'), planned('b'), planned('c'), planned('d'), planned('e', ['a', 'b', 'c', 'd'])),
    })
    it.ask()
    expect(it.orders()).toEqual(['ada: work.a.1', 'bob: work.b.1', 'ada: work.c.1', 'bob: work.d.1'])
  })

  test('without a lead gives the output of the last task, or every one by its agent', () => {
    for (const [output, expected] of [
      ['last', 'output of work.b.1'],
      ['by-agent', { ada: 'output of work.a.1', bob: 'output of work.b.1' }],
    ] as const) {
      const it = team({
        team: [member('ada'), member('bob')],
        plan: planOf(planned('a', [], { agent: 'ada' }), planned('b', [], { agent: 'bob' })),
        output,
      })
      it.ask()
      it.done('bob', 'work.b.1')
      it.done('ada', 'work.a.1')
      expect(it.told()).toMatchObject({ body: { output: expected } })
    }
  })

  test('is not moved by messages that are late, repeated, from others or of an earlier request', () => {
    const it = team({
      team: [member('ada', 'w'), member('bob', 'w'), member('reviewer')],
      reviewer: 'reviewer',
      plan: planOf(planned('a', [], { review: true }), planned('b', ['a'])),
    })
    it.ask()
    const still = (move: () => unknown) => {
      const before = JSON.stringify(it.context())
      move()
      expect(it.effects).toEqual([])
      expect(JSON.stringify(it.context())).toBe(before)
    }
    still(() => it.done('bob', 'work.a.1'))
    still(() => it.done('ada', 'work.a.2'))
    still(() => it.done('ada', 'work.unknown.1'))
    still(() => it.done('ada', 'work.constructor.1'))
    still(() => it.done('ada', 'work.a.1', 'old', '0/work.a.1'))
    still(() => it.score('reviewer', 'review.a.1', 90))
    still(() => it.done('lead', 'plan', planOf(planned('z'))))
    it.done('ada', 'work.a.1')
    still(() => it.done('ada', 'work.a.1', 'again'))
    still(() => it.fail('ada', 'work.a.1'))
    it.score('reviewer', 'review.a.1', 90)
    still(() => it.score('reviewer', 'review.a.1', 10))
    it.done('ada', 'work.b.1')
    expect(it.state).toBe('complete')
    still(() => it.done('ada', 'work.b.1'))
  })

  test('takes requests that come while it works one after the other', () => {
    const it = team({ team: [member('ada')], plan: planOf(planned('a')) })
    it.ask('t1')
    it.ask('t2')
    expect(it.orders()).toEqual([])
    it.done('ada', 'work.a.1')
    expect(it.told()).toMatchObject({ type: 'task_complete', taskId: 't1' })
    expect(it.orders()).toEqual(['ada: work.a.1'])
    it.done('ada', 'work.a.1', 'late', '1/work.a.1')
    expect(it.effects).toEqual([])
    it.done('ada', 'work.a.1', 'new', '2/work.a.1')
    expect(it.told()).toMatchObject({ type: 'task_complete', taskId: 't2', body: { output: 'new' } })
  })

  test('calls off what its members have in hand when it is cancelled', () => {
    const it = team({
      team: [member('ada'), member('bob'), member('kim')],
      plan: planOf(planned('a', [], { agent: 'ada' }), planned('b', [], { agent: 'bob' })),
    })
    it.ask()
    it.tell('cancel', { reason: 'enough' }, 'another')
    expect(it.state).toBe('working.carrying.dispatching')
    it.tell('cancel', { reason: 'enough' })
    expect(it.state).toBe('error')
    const cancels = it.sent().filter(({ event }) => event.type === 'cancel')
    expect(cancels.map(({ to, event }) => `${to} ${event.taskId as string}`)).toEqual([
      'run/team/ada work.a.1',
      'run/team/bob work.b.1',
    ])
    expect(it.told()).toMatchObject({ type: 'error_report', body: { code: 'run.cancelled', message: 'enough' } })
  })

  test('answers questions in every state without leaving its work', () => {
    const it = team({ team: [member('ada')], plan: planOf(planned('a')) })
    const asks = () => {
      const { state } = it
      it.tell('question', { text: 'how far?' })
      expect(it.state).toBe(state)
      return (it.told()!.body as { text: string }).text
    }
    expect(asks()).toBe('No task yet.')
    it.ask()
    expect(asks()).toBe('a: working (ada)')
    it.done('ada', 'work.a.1')
    expect(asks()).toBe('a: done (ada)')
  })

  test('hands on what is shared with it', () => {
    const it = team({ team: [member('ada'), member('bob')], plan: planOf(planned('a')) })
    it.ask()
    it.tell('data_sharing', { key: 'deadline', value: 'friday' })
    expect(it.sent().map(({ to, event }) => [to, event.type])).toEqual([
      ['run/team/ada', 'data_sharing'],
      ['run/team/bob', 'data_sharing'],
    ])
  })

  test('names of members may be those of its own sources and of things every object has', () => {
    const names = ['member', 'agent', 'constructor', 'toString', 'valueOf']
    const it = team({
      team: names.map((name) => member(name, 'w')),
      output: 'by-agent',
      plan: planOf(...names.map((_, index) => planned(`t${index}`)), planned('constructor')),
    })
    it.ask()
    expect(it.orders()).toEqual([
      ...names.map((name, index) => `${name}: work.t${index}.1`),
      'member: work.constructor.1',
    ])
    names.forEach((name, index) => {
      it.done(name, `work.t${index}.1`)
    })
    it.done('member', 'work.constructor.1')
    expect(it.state).toBe('complete')
  })
})
