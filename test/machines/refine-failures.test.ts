import { describe, expect, test } from 'vitest'
import type { RefineContext } from '../../src/machines/refine.ts'
import { begun, doubt, stage } from './refine-stage.ts'

describe('members that fail', () => {
  test.each([
    { how: 'fails', why: 'critic cannot' },
    { how: 'dies', why: 'critic died' },
    { how: 'ends', why: 'critic has ended' },
    { how: 'gives no score', why: 'the reviewer gave no score' },
    { how: 'died before', why: 'the reviewer "critic" has ended' },
  ])('a reviewer that $how: the work is handed in unreviewed, and the result says so', ({ how, why }) => {
    const it = begun()
    it.writes(1)
    it.scores(1, 60)
    if (how === 'died before') it.dies('critic')
    it.writes(2)
    if (how === 'fails') it.fails('critic', 'review.write.2')
    if (how === 'dies') it.dies('critic')
    if (how === 'ends') it.ends('critic')
    if (how === 'gives no score') it.says('critic', 'review.write.2', 'fine')
    expect(it.state).toBe('complete')
    expect(it.orders()).toEqual([])
    expect(it.told()).toMatchObject({
      type: 'task_complete',
      body: {
        output: 'version 2',
        issues: [
          { severity: 'high', text: expect.stringMatching(`"write" was handed in without a review: .*${why}`) },
          doubt,
        ],
      },
    })
    expect(it.types()).toEqual(['review.failed', 'task.done', 'work.complete'])
    expect(it.notes()[1]).toMatchObject({ score: null, below: true })
  })

  test.each([
    { how: 'fails', code: 'model.refused', message: 'writer cannot' },
    { how: 'dies', code: 'actor.failed', message: 'writer died' },
    { how: 'ends', code: 'actor.done', message: expect.stringContaining('writer has ended') },
  ])('an author that $how: the whole fails', ({ how, code, message }) => {
    const it = begun()
    if (how === 'fails') it.fails('writer', 'work.write.1')
    if (how === 'dies') it.dies('writer')
    if (how === 'ends') it.ends('writer')
    expect(it.state).toBe('error')
    expect(it.told()).toMatchObject({
      type: 'error_report',
      taskId: 't1',
      replyTo: 't1',
      body: { code, message, attempt: 1, partial: [] },
    })
    expect(it.notes()).toEqual([{ type: 'task.given-up', task: 'write', code, message }])
  })

  test('an author that fails later: the report names the best version there is', () => {
    const it = begun()
    for (const [round, score] of [
      [1, 70],
      [2, 60],
    ] as const) {
      it.writes(round)
      it.scores(round, score)
    }
    it.fails('writer', 'work.write.3')
    expect(it.told()).toMatchObject({
      type: 'error_report',
      body: { partial: [{ name: 'guide.md', hash: 'hash of work.write.1' }] },
    })
  })

  test('an author that dies during the review matters only if another round is needed', () => {
    const good = begun()
    good.writes(1)
    good.dies('writer')
    good.scores(1, 80)
    expect(good.state).toBe('complete')

    const bad = begun()
    bad.writes(1)
    bad.dies('writer')
    bad.scores(1, 79)
    expect(bad.told()).toMatchObject({
      type: 'error_report',
      body: { code: 'actor.done', message: expect.stringContaining('the author "writer" has ended') },
    })
  })

  test('those who died are hired again with the next request, and nobody else is', () => {
    const it = begun()
    it.dies('writer')
    expect(it.effects).toContainEqual(expect.objectContaining({ kind: 'stop', id: 'writer' })) // its old life is over
    it.ask('t2')
    expect(it.asked().map(({ src, id }) => `${src}: ${id}`)).toEqual(['author: writer'])
    expect(it.order()).toMatchObject({ id: '2/work.write.1' })
  })
})

describe('messages', () => {
  test('a cancel ends the work, and whoever has it in hand is told', () => {
    const writing = begun()
    writing.tell('cancel', { reason: 'too dear' }, 't1')
    expect(writing.state).toBe('error')
    expect(writing.told()).toMatchObject({ type: 'error_report', body: { code: 'run.cancelled', message: 'too dear' } })
    expect(writing.sent()).toContainEqual({
      to: 'run/refine/writer',
      event: { type: 'cancel', taskId: 'work.write.1', body: { reason: 'too dear' } },
    })

    const reviewing = begun()
    reviewing.writes(1)
    reviewing.tell('cancel', { reason: 'too dear' })
    expect(reviewing.sent().map(({ to, event }) => `${to} ${event.type}`)).toContain('run/refine/critic cancel')

    const other = begun()
    other.tell('cancel', { reason: 'too dear' }, 't9')
    expect(other.state).toBe('working.writing')
  })

  test('late, repeated and foreign answers change nothing', () => {
    const it = begun()
    const unmoved = (act: () => unknown) => {
      const before = [it.state, JSON.stringify(it.context<RefineContext>())]
      act()
      expect([it.state, JSON.stringify(it.context<RefineContext>())]).toEqual(before)
      expect([...it.sent(), ...it.notes()]).toEqual([])
    }
    unmoved(() => it.scores(1, 90))
    unmoved(() => it.says('critic', 'work.write.1', 'not mine'))
    unmoved(() => it.writes(2))
    it.writes(1)
    unmoved(() => it.writes(1, 'again'))
    unmoved(() => it.fails('writer', 'work.write.1'))
    unmoved(() => it.says('writer', 'review.write.1', { score: 100 }))
    it.scores(1, 60)
    unmoved(() => it.scores(1, 100))
    it.writes(2)
    it.scores(2, 90)
    unmoved(() => it.scores(2, 10))
    it.ask('t2')
    unmoved(() => it.writes(1, 'of the first request', '1/work.write.1'))
    unmoved(() => it.fails('writer', 'work.write.1'))
    it.writes(1, 'of the second', '2/work.write.1')
    expect(it.state).toBe('working.reviewing')
  })

  test('requests that come meanwhile wait, in their order, after success and after failure', () => {
    const it = begun()
    it.ask('t2')
    it.ask('t3')
    expect(it.orders()).toEqual([])
    it.writes(1)
    it.scores(1, 90)
    expect(it.told()).toMatchObject({ taskId: 't1' })
    expect(it.order()).toMatchObject({ id: '2/work.write.1', body: { description: 'do write\n\nTask: do t2' } })
    it.tell('cancel', { reason: 'no' }, 't2')
    expect(it.told()).toMatchObject({ type: 'error_report', taskId: 't2', body: { partial: [] } })
    expect(it.order()).toMatchObject({ id: '3/work.write.1' })
    it.writes(1, 'third', '3/work.write.1')
    it.scores(1, 90, '3/review.write.1')
    expect(it.told()).toMatchObject({ taskId: 't3', body: { output: 'third', metrics: { modelCalls: 2 } } })
    expect(it.state).toBe('complete')
  })

  test('a question is answered from what is known, whenever it is asked', () => {
    const it = stage()
    const answer = () => {
      it.tell('question', { text: 'how far?' })
      return it.sent().find(({ to }) => to === 'run/eve')?.event
    }
    expect(answer()).toMatchObject({ type: 'answer', replyTo: 'x', body: { text: 'No task yet.' } })
    it.ask()
    expect(answer()).toMatchObject({ body: { text: 'write: working (writer)' } })
    it.writes(1)
    expect(answer()).toMatchObject({ body: { text: 'write: reviewing (writer)' } })
    it.scores(1, 90)
    expect(answer()).toMatchObject({ body: { text: 'write: done (writer), score 90' } })
  })

  test('what is shared goes to both, once they are there, and to nobody who has died', () => {
    const it = stage()
    const heard = () => {
      it.tell('data_sharing', { key: 'tone', value: 'dry' })
      return it.sent().map(({ to }) => to)
    }
    expect(heard()).toEqual([])
    it.ask()
    expect(heard()).toEqual(['run/refine/writer', 'run/refine/critic'])
    it.dies('critic')
    expect(heard()).toEqual(['run/refine/writer'])
  })
})
