// What the compiler must accept and refuse. `npm run types` decides; running it shows that the values are there too.
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { type Agent, createSystem, defineAgent, defineTool, type RunResult, type Tool } from '../../src/index.ts'
import { report, scripted } from '../../src/models/index.ts'
import { parallel, pipeline, sequential } from '../../src/patterns/index.ts'

const facts = z.strictObject({ facts: z.array(z.string()) })
type Facts = z.infer<typeof facts>
const finder = defineAgent({ name: 'finder', instructions: 'Find.', output: facts })
const writer = defineAgent({ name: 'writer', instructions: 'Write.', input: facts })
const plain = defineAgent({ name: 'plain', instructions: 'Work.' })

test('defineTool infers what run gets from its schema', async () => {
  const tool = defineTool({
    name: 'repeat',
    description: 'Repeats a text.',
    input: z.strictObject({ text: z.string(), times: z.number().default(2) }),
    run: (input, context) => {
      expectTypeOf(input).toEqualTypeOf<{ text: string; times: number }>()
      expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>()
      return input.text.repeat(input.times)
    },
  })
  expectTypeOf(tool).toEqualTypeOf<Tool>()
  // @ts-expect-error a tool needs a description
  expect(() => defineTool({ name: 'a', input: z.string(), run: () => '' })).toThrow()
})

test('an agent knows what its tasks take and give; without schemas that is text', () => {
  expectTypeOf(plain).toEqualTypeOf<Agent<string, string>>()
  expectTypeOf(finder).toEqualTypeOf<Agent<string, Facts>>()
  expectTypeOf(writer).toEqualTypeOf<Agent<Facts, string>>()
  // @ts-expect-error instructions are missing
  expect(defineAgent({ name: 'mute' }).name).toBe('mute')
})

test('the output type of an agent reaches the result of its run', async () => {
  const model = scripted({ finder: [[report({ facts: ['one'] })]], writer: [[report('text')]] })
  await using system = await createSystem({ model })
  const result = await system.run(finder, 'Find.')
  expectTypeOf(result).toEqualTypeOf<RunResult<Facts>>()
  if (result.status !== 'complete') throw new Error(result.failure.message)
  expectTypeOf(result.output).toEqualTypeOf<Facts>()
  expect(result.output.facts).toEqual(['one'])
  const run = await system.start(writer, { facts: ['one'] })
  expectTypeOf(run.result).returns.resolves.toEqualTypeOf<RunResult<string>>()
  expect((await run.result()).status).toBe('complete')
  // @ts-expect-error the writer takes facts, not words
  await expect(system.run(writer, 'Write.')).rejects.toThrow()
  // @ts-expect-error output is there only when the run is complete
  expect((await run.result()).output).toBe('text')
})

test('patterns carry the types of their agents', () => {
  expectTypeOf(pipeline([finder, writer])).toEqualTypeOf<Agent<string, string>>()
  expectTypeOf(pipeline([writer, plain])).toEqualTypeOf<Agent<Facts, string>>()
  expectTypeOf(pipeline([plain, { agent: finder, threshold: 80 }], { reviewer: plain })).toEqualTypeOf<
    Agent<string, Facts>
  >()
  expectTypeOf(sequential([plain, finder])).toEqualTypeOf<Agent<string, Facts>>()
  expectTypeOf(parallel([plain, finder])).toEqualTypeOf<Agent<string, { [agent: string]: string | Facts | null }>>()
})

test('stages that do not fit do not compile', () => {
  // @ts-expect-error facts are not text
  expect(pipeline([finder, plain]).name).toBe('pipeline')
  // @ts-expect-error text is not facts, behind a gate either
  expect(pipeline([plain, { agent: writer, threshold: 80 }], { reviewer: finder }).name).toBe('pipeline')
  // @ts-expect-error a pipeline has a stage
  expect(() => pipeline([])).toThrow()
  // @ts-expect-error the members of a pipeline are agents
  expect(() => pipeline(['plain'])).toThrow()
})
