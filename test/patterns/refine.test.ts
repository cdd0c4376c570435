import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { type Agent, createSystem, defineAgent, type Model } from '../../src/index.ts'
import { fail, report, type Script, scripted } from '../../src/models/index.ts'
import { pipeline, refine } from '../../src/patterns/index.ts'
import { memoryData, memoryStore } from '../../src/stores/index.ts'
import { readFacts } from '../../src/system/projection-facts.ts'
import { feedbackText } from '../../src/system/projection-feedback.ts'
import { play } from './stage.ts'

const author = defineAgent({ name: 'author', instructions: 'Write.' })
const critic = defineAgent({ name: 'critic', role: 'reviewer', instructions: 'Review.' })

const verdict = (score: number) =>
  report({
    score,
    dimensions: { completeness: 8, accuracy: 8, clarity: 8, coherence: 8, format: 8 },
    issues: score < 80 ? [{ severity: 'high', text: 'no title', recommendation: 'give it one' }] : [],
    strengths: ['short'],
  })

test('S129: the author mends what the reviewer finds until the threshold is reached', async () => {
  const guide = refine(author, { name: 'guide', reviewer: critic, threshold: 85 })
  const { result, asked, notes } = await play(guide, 'Write about rivers.', {
    author: [[report('draft')], [report('# Rivers')]],
    critic: [[verdict(84)], [verdict(85)]],
  })
  expect(result).toMatchObject({ status: 'complete', agent: 'guide', output: '# Rivers', issues: [] })
  expect(asked.map(({ agent }) => agent)).toEqual(['author', 'critic', 'author', 'critic'])
  expect(asked[0]!.task.description).toContain('Task: Write about rivers.')
  expect(asked[1]!.task).toMatchObject({
    purpose: 'review',
    qualityThreshold: 85,
    input: { values: { draft: 'draft' }, artifacts: [{ name: 'author.md', agent: 'author' }] },
  })
  expect(asked[2]!.task).toMatchObject({
    round: 2,
    outputName: 'author.r2.md',
    feedback: { score: 84, issues: [], strengths: ['short'] },
    input: { values: { draft: 'draft' }, artifacts: [{ name: 'author.md' }] },
  })
  expect(notes.filter(({ type }) => type === 'review.scored').map(({ status }) => status)).toEqual([
    'NEEDS_REFINEMENT',
    'APPROVED',
  ])
})

test('the threshold is 80 and there are three rounds, unless something else is said; the best version is the result', async () => {
  const { result } = await play(refine(author, { reviewer: critic }), 'Write.', {
    author: [[report('one')], [report('two')], [report('three')]],
    critic: [[verdict(60)], [verdict(79)], [verdict(70)]],
  })
  expect(result).toMatchObject({
    status: 'complete',
    agent: 'refine',
    output: 'two',
    issues: [{ severity: 'medium', text: expect.stringContaining('reached 80 in 3 rounds; the best, version 2') }],
  })
  const one = await play(refine(author, { reviewer: critic, maxRounds: 1 }), 'Write.', {
    author: [[report('one')]],
    critic: [[verdict(79)]],
  })
  expect(one.result).toMatchObject({ status: 'complete', output: 'one', issues: [{ severity: 'medium' }] })
})

test('when the reviewer fails the work is handed in unreviewed; when the author fails the whole fails', async () => {
  const guide = refine(author, { reviewer: critic })
  const unreviewed = await play(guide, 'Write.', { author: [[report('one')]], critic: [[fail('model.refused')]] })
  expect(unreviewed.result).toMatchObject({
    status: 'complete',
    output: 'one',
    issues: [{ severity: 'high', text: expect.stringContaining('without a review') }],
  })
  const unwritten = await play(guide, 'Write.', { author: [[fail('model.refused')]] })
  expect(unwritten.result).toMatchObject({ status: 'failed', failure: { code: 'model.refused' } })
})

test('what it may spend counts for both of them together', async () => {
  const guide = refine(author, { reviewer: critic, limits: { calls: 1 } })
  const { result, asked } = await play(guide, 'Write.', { author: [[report('one')]], critic: [[verdict(90)]] })
  expect(asked.map(({ agent }) => agent)).toEqual(['author'])
  expect(result).toMatchObject({ status: 'complete', output: 'one', issues: [{ severity: 'high' }] })
})

test('it keeps the types of its author, and what it is given is checked by them', async () => {
  const facts = z.strictObject({ facts: z.array(z.string()) })
  const finder = defineAgent({ name: 'finder', instructions: 'Find.', input: facts, output: facts })
  const found = refine(finder, { reviewer: critic })
  expectTypeOf(found).toEqualTypeOf<Agent<z.infer<typeof facts>, z.infer<typeof facts>>>()
  expectTypeOf(refine(author, { reviewer: critic })).toEqualTypeOf<Agent<string, string>>()
  const script: Script = {
    finder: [[report({ facts: ['two'] })], [report({ facts: ['three'] })]],
    critic: [[verdict(70)], [verdict(90)]],
  }
  const { result, asked } = await play(found, { facts: ['one'] }, script)
  expect(result).toMatchObject({ status: 'complete', output: { facts: ['three'] } })
  expect(asked[0]!.task.input.values).toEqual({ input: { facts: ['one'] } })
  expect(asked[2]!.task.input.values).toEqual({ input: { facts: ['one'] }, draft: { facts: ['two'] } })
  await expect(play(found, { facts: 'one' }, script)).rejects.toThrow()
})

test('it is an agent: a stage of a pipeline, with a gate of its own behind it', async () => {
  const reader = defineAgent({ name: 'reader', instructions: 'Read.' })
  const gatekeeper = defineAgent({ name: 'gatekeeper', instructions: 'Review.' })
  const guide = refine(author, { name: 'guide', reviewer: critic })
  const line = pipeline([{ agent: guide, threshold: 90 }, reader], { reviewer: gatekeeper })
  const { result, asked } = await play(line, 'Write about rivers.', {
    author: [[report('one')], [report('two')], [report('three')]],
    critic: [[verdict(70)], [verdict(90)], [verdict(95)]],
    gatekeeper: [[verdict(75)], [verdict(92)]],
    reader: [[report('read')]],
  })
  expect(result).toMatchObject({ status: 'complete', output: 'read' })
  const names = ['author', 'critic', 'author', 'critic', 'gatekeeper', 'author', 'critic', 'gatekeeper', 'reader']
  expect(asked.map(({ agent }) => agent)).toEqual(names)
  // What the stage asks for counts inside, and what the gate found lacking reaches the author.
  expect(asked[1]!.task.qualityThreshold).toBe(90)
  expect(asked[5]!.task).toMatchObject({ feedback: { score: 75 }, input: { values: { draft: 'two' } } })
  expect(asked[8]!.task.input.values).toEqual({ input: 'three' })
})

const script: Script = {
  author: [[report('one')], [report('two')]],
  critic: [[verdict(60)], [verdict(90)]],
}

/** A model that answers as scripted, except that one call never ends: the one for this agent's task of this number. */
const stuckAt = (agent: string, task: number) => {
  const arrived = Promise.withResolvers<void>()
  const { generate, ...rest } = scripted(script)
  const model: Model = {
    ...rest,
    generate: (request, context) => {
      if (request.caller.name !== agent || request.caller.task !== task) return generate(request, context)
      arrived.resolve()
      return new Promise((_, reject) =>
        context.signal.addEventListener('abort', () => reject(context.signal.reason), { once: true }),
      )
    },
  }
  return { model, arrived: arrived.promise }
}

test.each([
  { agent: 'critic', task: 0, left: ['critic 0', 'author 1', 'critic 1'] },
  { agent: 'author', task: 1, left: ['author 1', 'critic 1'] },
])(
  'closed in the middle (task $task of the $agent), it goes on there when it is opened again',
  async ({ agent, task, left }) => {
    const guide = refine(author, { reviewer: critic })
    const data = memoryData()
    const stuck = stuckAt(agent, task)
    const first = await createSystem({ agents: [guide], model: stuck.model, store: memoryStore({ data }) })
    const run = await first.start(guide, 'Write.', { id: 'r1' })
    const given = run.result()
    await stuck.arrived
    await first.close({ graceMs: 0 })
    await expect(given).rejects.toMatchObject({ code: 'system.closed' })

    const calls: string[] = []
    const { generate, ...rest } = scripted(script)
    const model: Model = {
      ...rest,
      generate: (request, context) => {
        calls.push(`${request.caller.name} ${request.caller.task}`)
        return generate(request, context)
      },
    }
    await using second = await createSystem({ agents: [guide], model, store: memoryStore({ data }) })
    expect(await (await second.attach('r1')).result()).toMatchObject({ status: 'complete', output: 'two', issues: [] })
    expect(calls).toEqual(left)
  },
)

test('S31, S33: its reviews are in the feedback of the run', async () => {
  const guide = refine(author, { reviewer: critic })
  const store = memoryStore()
  await using system = await createSystem({ agents: [guide], model: scripted(script), store })
  await system.run(guide, 'Write.', { id: 'r1' })
  const facts = await readFacts(store, 'r1')
  expect(facts.teams).toMatchObject([{ address: 'r1/refine', done: ['author'], complete: { quality: 90 } }])
  expect(facts.teams[0]!.delegated.map(({ type, output }) => `${type} ${output}`)).toEqual([
    'task.assigned author.md',
    'task.refining author.r2.md',
  ])
  const text = feedbackText(facts)
  expect(text).toContain('Reviews: 2. Approved: 1. Sent back: 1.')
  expect(text).toContain('## author, round 1: NEEDS_REFINEMENT')
  expect(text).toContain('| Completeness | 8/10 |')
  expect(text).toContain('- **high**: no title\n  - Recommendation: give it one')
})

test('what cannot work is refused before anything runs', () => {
  const team = pipeline([author])
  expect(() => refine(author, { reviewer: author })).toThrow(/"author" cannot review its own work/)
  expect(() => refine(author, { reviewer: { ...critic, name: 'Author' } })).toThrow(/two agents have the name/)
  expect(() => refine(author, { reviewer: team })).toThrow(/"pipeline" is a team/)
  expect(() => refine(author, { reviewer: critic, threshold: 101 })).toThrow(/plan/)
  expect(() => refine(author, { reviewer: critic, maxRounds: 0 })).toThrow(/maxRounds is 0; use 1 to 100/)
  expect(() => refine(author, { reviewer: critic, name: 'a b' })).toThrow(/no name for a team/)
})
