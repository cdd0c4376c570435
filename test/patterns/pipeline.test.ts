import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineAgent } from '../../src/index.ts'
import { report } from '../../src/models/index.ts'
import { pipeline } from '../../src/patterns/index.ts'
import { play } from './stage.ts'

const facts = z.strictObject({ facts: z.array(z.string()) })
const finder = defineAgent({ name: 'finder', instructions: 'Find facts.', output: facts })
const writer = defineAgent({ name: 'writer', instructions: 'Write.', input: facts })
const reviewer = defineAgent({ name: 'reviewer', instructions: 'Review.' })
const verdict = (score: number) =>
  report({
    score,
    dimensions: { completeness: 8, accuracy: 8, clarity: 8, coherence: 8, format: 8 },
    issues: score < 80 ? [{ severity: 'high', text: 'no title' }] : [],
    strengths: ['short'],
  })

test('a stage gets the output of the one before as its input, and the last output is the result', async () => {
  const line = pipeline([finder, writer], { name: 'line' })
  const { result, asked } = await play(line, 'Write about rivers.', {
    finder: [[report({ facts: ['they flow'] })]],
    writer: [[report('Rivers flow.')]],
  })
  expect(result).toMatchObject({ status: 'complete', output: 'Rivers flow.', agent: 'line' })
  expect(asked.map(({ agent }) => agent)).toEqual(['finder', 'writer'])
  expect(asked.every(({ task }) => task.description.includes('Task: Write about rivers.'))).toBe(true)
  expect(asked[1]!.task.input.values).toEqual({ input: { facts: ['they flow'] } })
})

test('what a typed pipeline is given reaches its first stage, checked', async () => {
  const line = pipeline([writer])
  const { asked } = await play(line, { facts: ['one'] }, { writer: [[report('done')]] })
  expect(asked[0]!.task.input.values).toEqual({ input: { facts: ['one'] } })
  await expect(play(line, { facts: 'one' }, { writer: [[report('done')]] })).rejects.toThrow()
})

test('a gate sends a stage back with the feedback and its draft until the threshold is reached', async () => {
  const line = pipeline([finder, { agent: writer, threshold: 85 }], { reviewer })
  const { result, asked, notes } = await play(line, 'Write about rivers.', {
    finder: [[report({ facts: ['they flow'] })]],
    writer: [[report('draft')], [report('# Rivers')]],
    reviewer: [[verdict(79)], [verdict(90)]],
  })
  expect(result).toMatchObject({ status: 'complete', output: '# Rivers', issues: [] })
  expect(asked.map(({ agent }) => agent)).toEqual(['finder', 'writer', 'reviewer', 'writer', 'reviewer'])
  expect(asked[2]!.task).toMatchObject({ qualityThreshold: 85, input: { values: { draft: 'draft' } } })
  expect(asked[3]!.task).toMatchObject({
    round: 2,
    feedback: { score: 79, issues: [{ text: 'no title' }] },
    input: { values: { draft: 'draft', input: { facts: ['they flow'] } } },
  })
  expect(notes.filter(({ type }) => type === 'review.scored').map(({ status }) => status)).toEqual([
    'NEEDS_REFINEMENT',
    'APPROVED',
  ])
})

test('when the rounds run out the last version goes on, and the result says that it stayed below', async () => {
  const line = pipeline([{ agent: reviewedWriter, threshold: 95 }], { reviewer, maxRounds: 2 })
  const { result } = await play(line, 'Write.', {
    author: [[report('one')], [report('two')]],
    reviewer: [[verdict(90)], [verdict(94)]],
  })
  expect(result).toMatchObject({
    status: 'complete',
    output: 'two',
    issues: [{ severity: 'medium', text: expect.stringContaining('94, below the threshold of 95') }],
  })
})
const reviewedWriter = defineAgent({ name: 'author', instructions: 'Write.' })

test('when a stage fails, the pipeline fails and says which', async () => {
  const small = defineAgent({ name: 'small', instructions: 'Work.' })
  const line = pipeline([small, reviewedWriter])
  const { result, asked } = await play(line, 'Work.', {
    small: [[report('fine')]],
    author: [['', '', '']],
  })
  expect(result).toMatchObject({ status: 'failed', failure: { message: expect.stringContaining('"author" failed') } })
  expect(asked[0]!.agent).toBe('small')
})

test('the same agent may be two stages; each has an id of its own', async () => {
  const line = pipeline([reviewedWriter, reviewedWriter])
  const { result, notes } = await play(line, 'Write twice.', { author: [[report('a')], [report('b')]] })
  expect(result).toMatchObject({ status: 'complete', output: 'b' })
  expect(notes.filter(({ type }) => type === 'task.assigned').map(({ task }) => task)).toEqual(['author', 'author-2'])
})

test('a gate without a reviewer, or with one who would review itself, is refused before anything runs', () => {
  expect(() => pipeline([{ agent: writer, threshold: 80 }])).toThrow(/"writer" has a threshold.*give a reviewer/)
  expect(() => pipeline([{ agent: writer, threshold: 80 }], { reviewer: writer as never })).toThrow(/its own work/)
  expect(() => pipeline([{ agent: writer, threshold: 800 }], { reviewer })).toThrow(/plan/)
  expect(() => pipeline([finder], { maxRounds: 0 })).toThrow(/maxRounds is 0; use 1 to 100/)
})
