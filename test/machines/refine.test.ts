import { describe, expect, test } from 'vitest'
import { begun, dimensions, doubt, issues, stage } from './refine-stage.ts'
import { planned } from './team-stage.ts'

describe('one round', () => {
  test('the author gets the task, the reviewer what was made of it, and what passes is the result', () => {
    const it = begun()
    expect(it.asked().map(({ src, id }) => `${src}: ${id}`)).toEqual(['author: writer', 'reviewer: critic'])
    expect(it.state).toBe('working.writing')
    expect(it.orders()).toEqual(['writer: work.write.1'])
    expect(it.order()).toMatchObject({
      id: '1/work.write.1',
      body: { purpose: 'work', description: 'do write\n\nTask: do t1', outputName: 'guide.md', qualityThreshold: 80 },
    })

    it.writes(1)
    expect(it.state).toBe('working.reviewing')
    expect(it.orders()).toEqual(['critic: review.write.1'])
    expect(it.order().body).toMatchObject({
      purpose: 'review',
      round: 1,
      qualityThreshold: 80,
      outputName: 'review-write.r1.json',
      input: { values: { confidence: 0.9, draft: 'version 1' }, artifacts: [{ name: 'guide.md' }] },
    })

    it.scores(1, 80)
    expect(it.state).toBe('complete')
    expect(it.told()).toMatchObject({
      type: 'task_complete',
      taskId: 't1',
      replyTo: 't1',
      body: {
        output: 'version 1',
        artifacts: [{ name: 'guide.md', hash: 'hash of work.write.1' }],
        summary: 'did work.write.1',
        confidence: 0.9,
        reasoning: '1 round, a score of 80 where 80 was asked. as asked.',
        issues: [doubt],
        metrics: { durationMs: 1_000, modelCalls: 2, inputTokens: 20 },
      },
    })
  })

  test('what it emits is what a team emits, with the same fields', () => {
    const it = begun({ maxRounds: 2 })
    expect(it.types()).toEqual(['plan.ready', 'task.assigned'])
    expect(it.notes()).toMatchObject([
      {
        orchestrator: 'refine',
        lead: null,
        request: 'do t1',
        threshold: 80,
        tasks: [{ id: 'write', agent: 'writer' }],
      },
      { task: 'write', agent: 'writer', round: 1, output: 'guide.md', name: 'guide.md', dependencies: [], inputs: [] },
    ])
    it.writes(1)
    it.scores(1, 60)
    expect(it.notes()).toMatchObject([
      {
        ...{ type: 'review.scored', task: 'write', agent: 'writer', reviewer: 'critic', round: 1, threshold: 80 },
        ...{ status: 'NEEDS_REFINEMENT', score: 60, dimensions, issues, strengths: ['it is short'] },
      },
      { type: 'task.refining', task: 'write', agent: 'writer', round: 2, output: 'guide.r2.md', name: 'guide.md' },
    ])
    it.writes(2)
    it.scores(2, 90)
    expect(it.notes()).toMatchObject([
      { type: 'review.scored', round: 2, status: 'APPROVED' },
      { type: 'task.done', task: 'write', score: 90, below: false },
      { type: 'work.complete', quality: 90, confidence: 0.9, output: null },
    ])
  })

  test('the threshold is the one of the task, else the one that is asked for', () => {
    const own = begun({ task: planned('write', [], { threshold: 55 }) })
    own.writes(1)
    own.scores(1, 55)
    expect(own.state).toBe('complete')

    const asked = stage()
    asked.ask('t1', { qualityThreshold: 95 })
    asked.writes(1)
    asked.scores(1, 94)
    expect(asked.state).toBe('working.writing')
  })
})

describe('refinement', () => {
  test('S30: the author gets what is to be mended, what was good, its draft, and a new name for the next version', () => {
    const it = begun()
    it.writes(1)
    it.scores(1, 60)
    expect(it.state).toBe('working.writing')
    expect(it.orders()).toEqual(['writer: work.write.2'])
    expect(it.order().body).toMatchObject({
      round: 2,
      outputName: 'guide.r2.md',
      feedback: { issues, strengths: ['it is short'], score: 60 },
      input: { values: { draft: 'version 1' }, artifacts: [{ name: 'guide.md', hash: 'hash of work.write.1' }] },
    })
    it.writes(2)
    it.scores(2, 85)
    expect(it.told()).toMatchObject({
      body: { output: 'version 2', artifacts: [{ name: 'guide.md', hash: 'hash of work.write.2' }], issues: [doubt] },
    })
  })

  test('what whoever asks found lacking reaches the author with the first round', () => {
    const it = stage()
    const feedback = { issues, strengths: [], score: 40 }
    it.ask('t1', { feedback })
    expect(it.order().body).toMatchObject({ round: 1, feedback })
    it.writes(1)
    it.scores(1, 60)
    expect(it.order().body).toMatchObject({ round: 2, feedback: { score: 60 } })
  })

  test.each([
    { scores: [60, 75, 70], best: 2, what: 'the highest score' },
    { scores: [70, 75, 75], best: 3, what: 'the latest among equals' },
    { scores: [50, 40, 30], best: 1, what: 'the first, when it only got worse' },
  ])('when the rounds run out the best version is handed in, and the result says so: $what', ({ scores, best }) => {
    const it = begun()
    scores.forEach((score, index) => {
      it.writes(index + 1)
      it.scores(index + 1, score)
    })
    const score = scores[best - 1]!
    expect(it.state).toBe('complete')
    expect(it.told()).toMatchObject({
      type: 'task_complete',
      body: {
        output: `version ${best}`,
        artifacts: [{ name: 'guide.md', hash: `hash of work.write.${best}` }],
        issues: [
          {
            severity: 'medium',
            text: `no version of "write" reached 80 in 3 rounds; the best, version ${best}, has a score of ${score}`,
          },
          doubt,
        ],
      },
    })
    expect(it.notes()).toContainEqual({ type: 'task.done', task: 'write', score, below: true })
  })
})
