import { describe, expect, test } from 'vitest'
import type { OrchestratorContext } from '../../src/machines/orchestrator.ts'
import { member, planned, planOf, team } from './team-stage.ts'

describe('when a member fails', () => {
  const writers = [member('ada', 'writer'), member('bob', 'writer'), member('eve', 'writer')]

  test('another of its role takes over, never one that failed at it', () => {
    const it = team({ team: writers, plan: planOf(planned('a', [], { role: 'writer' })) })
    it.ask()
    expect(it.orders()).toEqual(['ada: work.a.1'])
    it.fail('ada', 'work.a.1')
    expect(it.orders()).toEqual(['bob: work.a.1'])
    it.fail('bob', 'work.a.1')
    expect(it.orders()).toEqual(['eve: work.a.1'])
    it.fail('eve', 'work.a.1', 'agent.loop')
    expect(it.told()).toMatchObject({ type: 'error_report', body: { code: 'agent.loop' } })
  })

  test('one that is named is replaced by another of its role', () => {
    const it = team({ team: [...writers, member('kim')], plan: planOf(planned('a', [], { agent: 'bob' })) })
    it.ask()
    it.fail('bob', 'work.a.1')
    expect(it.orders()).toEqual(['ada: work.a.1'])
  })

  test('its replacement goes on in the round it was in', () => {
    const it = team({
      team: [...writers, member('reviewer')],
      reviewer: 'reviewer',
      plan: planOf(planned('a', [], { role: 'writer', review: true })),
    })
    it.ask()
    it.done('ada', 'work.a.1')
    it.score('reviewer', 'review.a.1', 40)
    it.fail('ada', 'work.a.2')
    expect(it.orders()).toEqual(['bob: work.a.2'])
    expect(it.order().body).toMatchObject({ outputName: 'a.r2.md', feedback: { score: 40 } })
  })

  test('what depends on it is passed over, the rest goes on', () => {
    const it = team({
      team: [member('ada'), member('bob')],
      output: 'by-agent',
      plan: planOf(
        planned('last', ['middle'], { agent: 'bob' }), // listed before what it needs
        planned('middle', ['a'], { agent: 'bob' }),
        planned('a', [], { agent: 'ada' }),
        planned('b', [], { agent: 'bob' }),
      ),
    })
    it.ask()
    it.fail('ada', 'work.a.1')
    it.done('bob', 'work.b.1')
    expect(it.tasks()).toEqual({ last: 'skipped', middle: 'skipped', a: 'failed', b: 'done' })
    expect(it.told()).toMatchObject({ type: 'task_complete', body: { output: { bob: 'output of work.b.1' } } })
    expect((it.told()!.body.issues as object[]).length).toBe(3)
  })

  test('a task for which nobody is left is given up, and nobody waits for it', () => {
    const it = team({ team: [member('ada')], plan: planOf(planned('a', ['b']), planned('b', [], { role: 'nobody' })) })
    it.ask()
    expect(it.told()).toMatchObject({ type: 'error_report', body: { code: 'agent.none-suitable' } })
  })

  test('what a dead one had in hand goes to others, and it gets nothing more', () => {
    const it = team({
      team: writers,
      output: 'by-agent',
      plan: planOf(planned('a'), planned('b'), planned('c'), planned('d', ['a'])),
    })
    it.ask()
    expect(it.orders()).toEqual(['ada: work.a.1', 'bob: work.b.1', 'eve: work.c.1'])
    it.die('bob')
    expect(it.orders()).toEqual(['ada: work.b.1'])
    it.done('ada', 'work.a.1')
    it.die('bob')
    expect(it.orders()).toEqual([])
    for (const [who, id] of [
      ['ada', 'b'],
      ['eve', 'c'],
    ] as const)
      it.done(who, `work.${id}.1`)
    expect(it.context<OrchestratorContext>().work!.tasks.d).toMatchObject({ state: 'working' })
    expect(it.context<OrchestratorContext>().work!.tasks.d!.agent).not.toBe('bob')
  })

  test('a member that simply ends counts as dead', () => {
    const it = team({ team: [member('ada')], plan: planOf(planned('a')) })
    it.ask()
    it.send({ type: 'xstate.done.actor.ada', actorId: 'ada', output: 1 })
    expect(it.told()).toMatchObject({ type: 'error_report', body: { code: 'actor.done' } })
  })
})
