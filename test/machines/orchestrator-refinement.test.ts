import { describe, expect, test } from 'vitest'
import { member, planned, planOf, team } from './team-stage.ts'

const whole = [member('lead'), member('researcher'), member('writer'), member('reviewer')]

describe('refinement', () => {
  const reviewed = (more: { maxRounds?: number; threshold?: number } = {}) => {
    const { maxRounds = 3, threshold } = more
    const task = planned('write', [], {
      role: 'writer',
      review: true,
      outputName: 'guide.md',
      ...(threshold !== undefined && { threshold }),
    })
    const it = team({ team: whole, reviewer: 'reviewer', plan: planOf(task), maxRounds })
    it.ask()
    return it
  }
  const issues = [{ severity: 'high', text: 'no sources', recommendation: 'cite them' }]

  test('goes to the same agent with what is to be mended, under a new artifact name', () => {
    const it = reviewed()
    expect(it.order().body).toMatchObject({ outputName: 'guide.md', round: 1 })
    it.done('writer', 'work.write.1')
    it.score('reviewer', 'review.write.1', 60, issues)
    expect(it.orders()).toEqual(['writer: work.write.2'])
    expect(it.order().body).toMatchObject({
      outputName: 'guide.r2.md',
      round: 2,
      feedback: { issues, strengths: ['it is short'], score: 60 },
      input: { artifacts: [{ name: 'guide.md', hash: 'hash of work.write.1' }] },
    })
    it.done('writer', 'work.write.2')
    it.score('reviewer', 'review.write.2', 85)
    expect(it.told()).toMatchObject({ type: 'task_complete', body: { output: 'output of work.write.2', issues: [] } })
  })

  test('ends with maxRounds: the last version is taken, and the result says so', () => {
    const it = reviewed({ maxRounds: 2 })
    for (const round of [1, 2]) {
      it.done('writer', `work.write.${round}`)
      it.score('reviewer', `review.write.${round}`, 50 + round)
    }
    expect(it.told()).toMatchObject({
      type: 'task_complete',
      body: {
        output: 'output of work.write.2',
        issues: [{ severity: 'medium', text: expect.stringContaining('score of 52, below the threshold of 80') }],
      },
    })
  })

  test('is measured by the threshold of the task, when it has one', () => {
    const it = reviewed({ threshold: 55 })
    it.done('writer', 'work.write.1')
    it.score('reviewer', 'review.write.1', 55)
    expect(it.state).toBe('complete')
  })

  test('keeps the last version when the refinement fails', () => {
    const it = reviewed()
    it.done('writer', 'work.write.1', 'first version')
    it.score('reviewer', 'review.write.1', 60)
    it.fail('writer', 'work.write.2')
    expect(it.told()).toMatchObject({
      type: 'task_complete',
      body: { output: 'first version', issues: [{ text: expect.stringContaining('writer cannot') }] },
    })
  })

  test.each(['fails', 'dies', 'gives no score'])('takes a version without a review when the reviewer %s', (how) => {
    const it = reviewed()
    it.done('writer', 'work.write.1')
    if (how === 'fails') it.fail('reviewer', 'review.write.1')
    if (how === 'dies') it.die('reviewer')
    if (how === 'gives no score') it.done('reviewer', 'review.write.1', 'fine')
    expect(it.told()).toMatchObject({
      type: 'task_complete',
      body: { issues: [{ text: expect.stringContaining('without a review') }] },
    })
  })

  test('nobody reviews own work, and nobody waits for a reviewer that is dead', () => {
    const own = team({
      team: [member('reviewer')],
      reviewer: 'reviewer',
      plan: planOf(planned('a', [], { review: true })),
    })
    own.ask()
    own.done('reviewer', 'work.a.1')
    expect(own.state).toBe('complete')

    const it = reviewed()
    it.die('reviewer')
    it.done('writer', 'work.write.1')
    expect(it.state).toBe('complete')
  })
})
