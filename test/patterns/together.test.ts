import { expect, test } from 'vitest'
import { z } from 'zod'
import { type Agent, defineAgent } from '../../src/index.ts'
import { fail, report } from '../../src/models/index.ts'
import { parallel, pipeline, sequential } from '../../src/patterns/index.ts'
import { play } from './stage.ts'

const plain = (name: string) => defineAgent({ name, instructions: `You are ${name}.` })
const [first, second, third] = [plain('first'), plain('second'), plain('third_One')]

test('sequential: each agent gets everything that was made before it; the last output is the result', async () => {
  const { result, asked } = await play(sequential([first, second, third]), 'Count.', {
    first: [[report('one')]],
    second: [[report('two')]],
    third_One: [[report('three')]],
  })
  expect(result).toMatchObject({ status: 'complete', output: 'three' })
  expect(asked.map(({ task }) => task.input.values)).toEqual([{}, { input: 'one' }, { first: 'one', second: 'two' }])
})

test('sequential: what is required of the whole is required of the last', async () => {
  const task = { description: 'Count.', requirements: ['in words'], input: { values: { from: 1 } } }
  const { asked } = await play(sequential([first, second]), task, {
    first: [[report('one')]],
    second: [[report('two')]],
  })
  expect(asked.map((each) => each.task.requirements)).toEqual([[], ['in words']])
  expect(asked[0]!.task.input.values).toEqual({ from: 1 })
})

test('sequential: when one fails, those after it are passed over and the whole fails', async () => {
  const { result, asked } = await play(sequential([first, second]), 'Count.', { first: [[fail('model.refused')]] })
  expect(result).toMatchObject({
    status: 'failed',
    failure: { message: expect.stringContaining('"second" was passed over') },
  })
  expect(asked).toHaveLength(1)
})

test('parallel: all get the task at once; the results are kept by agent, under the name as it is written', async () => {
  const { result, asked } = await play(parallel([first, third], { name: 'both' }), 'Count.', {
    first: [[report('one')]],
    third_One: [[report('three')]],
  })
  expect(result).toMatchObject({ status: 'complete', output: { first: 'one', third_One: 'three' } })
  expect(asked.every(({ task }) => task.description.endsWith('Task: Count.'))).toBe(true)
})

test('parallel: one that fails is missing and named in the issues; when all fail, it fails', async () => {
  const both = parallel([first, second])
  const partly = await play(both, 'Count.', { first: [[report('one')]], second: [[fail('model.refused')]] })
  expect(partly.result).toMatchObject({ status: 'complete', output: { first: 'one' }, issues: [{ severity: 'high' }] })
  const none = await play(both, 'Count.', { first: [[fail('model.refused')]], second: [[fail('model.refused')]] })
  expect(none.result.status).toBe('failed')
})

test('a pattern is an agent: patterns nest', async () => {
  const judge = defineAgent({
    name: 'judge',
    instructions: 'Weigh the views.',
    input: z.record(z.string(), z.string().nullable()),
  })
  const line = pipeline([parallel([first, second], { name: 'views' }), judge])
  const { result, asked } = await play(line, 'Is it good?', {
    first: [[report('yes')]],
    second: [[report('no')]],
    judge: [[report('perhaps')]],
  })
  expect(result).toMatchObject({ status: 'complete', output: 'perhaps' })
  expect(asked.at(-1)!.task.input.values).toEqual({ input: { first: 'yes', second: 'no' } })
})

test('a pattern without agents, or with two of one name, is refused before anything runs', () => {
  expect(() => parallel([] as unknown as [Agent])).toThrow(/at least one agent/)
  expect(() => sequential([first, plain('first')])).toThrow(/two agents have the name "first"/)
})
