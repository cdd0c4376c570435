import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import type { CallContext, CallResult, CallUsage } from '../../src/runtime/call.ts'
import { type Limits, withOptions } from '../../src/runtime/definition.ts'
import { fromCall } from '../../src/runtime/kernel.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { breath, world } from '../support/world.ts'

type Attempt = { context: CallContext; answer: PromiseWithResolvers<CallResult<string>> }
type Estimate = { tokens: number; usd: number | null }

/** A team of `width` members, each of which makes one model call that the test answers. */
const team = (width: number, estimate: Estimate, limits?: Limits) => {
  const attempts: Attempt[] = []
  const think = fromCall<null, string>({
    kind: 'model',
    name: () => 'm',
    interrupted: 'retry',
    timeoutMs: 1000,
    maxAttempts: 2,
    estimate: () => estimate,
    run: (_input, context) => {
      const answer = Promise.withResolvers<CallResult<string>>()
      attempts.push({ context, answer })
      return answer.promise
    },
  })
  const member = setup({ types: { context: {} as { error: string | null } }, actors: { think } }).createMachine({
    id: 'member',
    context: { error: null },
    initial: 'a',
    states: {
      a: {
        invoke: {
          src: 'think',
          input: null,
          onDone: 'b',
          onError: { target: 'b', actions: assign({ error: ({ event }) => (event.error as { code: string }).code }) },
        },
      },
      b: { type: 'final' },
    },
    output: ({ context }) => context.error ?? 'ok',
  })
  const machine = setup({
    types: { context: {} as { outcomes: string[] }, output: {} as string[] },
    actors: { member: limits ? withOptions(member, { limits }) : member },
  }).createMachine({
    id: 'team',
    context: { outcomes: [] },
    invoke: Array.from({ length: width }, (_, i) => ({
      src: 'member' as const,
      id: `m${i}`,
      onDone: { actions: assign({ outcomes: ({ context, event }) => [...context.outcomes, event.output as string] }) },
    })),
    initial: 'a',
    states: {
      a: { always: { guard: ({ context }) => context.outcomes.length === width, target: 'b' } },
      b: { type: 'final' },
    },
    output: ({ context }) => context.outcomes,
  })
  return { ...world([machine]), machine, attempts }
}

const used = (tokens: number, usd: number | null): CallUsage => ({ inputTokens: tokens, outputTokens: 0, usd })
const refusals = (outcomes: unknown) => (outcomes as string[]).filter((one) => one === 'budget.exceeded').length

test('C44: however many ask at once, no more is set aside than may be spent', async () => {
  const one = team(6, { tokens: 100, usd: 1 })
  const runtime = await one.open()
  await runtime.spawn(one.machine, { id: 't', limits: { usd: 3 } })
  expect(one.attempts).toHaveLength(3)
  expect(runtime.balance('t')).toMatchObject({ reservedUsd: 3, usd: 0, calls: 3 })
  for (const { answer } of one.attempts) answer.resolve({ output: 'ok', usage: used(10, 0.5) })
  const { output } = await runtime.ended('t')
  expect(refusals(output)).toBe(3)
  expect(await runtime.store.ledger('t')).toMatchObject([{ reservedUsd: 0, usd: 1.5, tokens: 30, calls: 3 }])
  await runtime.close()
})

test('C44: an attempt that was under way when the process died counts as spent, and again for the next one', async () => {
  const one = team(1, { tokens: 100, usd: 1 })
  let runtime: Runtime = await one.open()
  await runtime.spawn(one.machine, { id: 't', limits: { usd: 2.5 } })
  for (let deaths = 1; deaths <= 2; deaths++) {
    await runtime.close({ graceMs: 0 })
    runtime = await one.open()
    await breath()
    const [row] = await runtime.store.ledger('t')
    expect(row!.usd).toBe(deaths)
    expect(row!.usd + row!.reservedUsd).toBeLessThanOrEqual(2.5)
  }
  expect(one.attempts).toHaveLength(2) // a third would go beyond
  expect((await runtime.ended('t')).output).toEqual(['budget.exceeded'])
  await runtime.close()
})

test('C44: what has no known price is refused where dollars are limited, and allowed where they are not', async () => {
  for (const [limits, made] of [
    [{ usd: 100 }, 0],
    [{ tokens: 1000 }, 1],
  ] as const) {
    const one = team(1, { tokens: 100, usd: null })
    const runtime = await one.open()
    await runtime.spawn(one.machine, { id: 't', limits })
    expect(one.attempts).toHaveLength(made)
    for (const { answer } of one.attempts) answer.resolve({ output: 'ok', usage: used(10, null) })
    expect(refusals((await runtime.ended('t')).output)).toBe(1 - made)
    await runtime.close()
  }
})

test('BAD 159: a usage that is missing, negative or has no price is charged as what was set aside', async () => {
  for (const usage of [undefined, used(-5, 0.1), used(5, -1), used(100, null)]) {
    const one = team(1, { tokens: 100, usd: 1 })
    const runtime = await one.open()
    await runtime.spawn(one.machine, { id: 't', limits: { usd: 10 } })
    one.attempts[0]!.answer.resolve({ output: 'ok', ...(usage && { usage }) })
    await runtime.ended('t')
    expect(await runtime.store.ledger('t')).toMatchObject([{ usd: 1, tokens: 100, reservedUsd: 0, reservedTokens: 0 }])
    await runtime.close()
  }
})

test('C44: an attempt that gave no answer in time counts as spent', async () => {
  const one = team(1, { tokens: 100, usd: 1 })
  const runtime = await one.open()
  await runtime.spawn(one.machine, { id: 't', limits: { usd: 10 } })
  one.clock.advance(1000)
  await breath()
  one.clock.advance(10_000)
  await breath()
  one.attempts[1]!.answer.resolve({ output: 'ok', usage: used(10, 0.25) })
  await runtime.ended('t')
  expect(await runtime.store.ledger('t')).toMatchObject([{ usd: 1.25, reservedUsd: 0 }])
  await runtime.close()
})

test('C44: a limit of a part holds for the part, and what it spends counts for the whole', async () => {
  const one = team(2, { tokens: 100, usd: 1 }, { usd: 0.5 })
  const runtime = await one.open()
  await runtime.spawn(one.machine, { id: 't', limits: { usd: 10 } })
  expect(refusals((await runtime.ended('t')).output)).toBe(2)
  expect(one.attempts).toHaveLength(0)
  await runtime.close()
})

test('C44: limits of calls and tokens hold too', async () => {
  for (const limits of [{ calls: 2 }, { tokens: 250 }]) {
    const one = team(4, { tokens: 100, usd: 0 })
    const runtime = await one.open()
    await runtime.spawn(one.machine, { id: 't', limits })
    expect(one.attempts).toHaveLength(2)
    for (const { answer } of one.attempts) answer.resolve({ output: 'ok', usage: used(100, 0) })
    expect(refusals((await runtime.ended('t')).output)).toBe(2)
    await runtime.close()
  }
})

const fate = fc.constantFrom('answer', 'die', 'stall')

test('C44: over any run of answers, deaths and stalls, spent and set aside stay within the limit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { maxLength: 12 }), fc.integer({ min: 1, max: 6 }), async (fates, usd) => {
      const one = team(4, { tokens: 10, usd: 1 })
      let runtime = await one.open({ limits: { calls: 2 } })
      await runtime.spawn(one.machine, { id: 't', limits: { usd } })
      let answered = 0
      for (const what of fates) {
        if (what === 'stall') one.clock.advance(1000)
        else if (what === 'die') {
          await runtime.close({ graceMs: 0 })
          runtime = await one.open({ limits: { calls: 2 } })
        } else one.attempts[answered++]?.answer.resolve({ output: 'ok', usage: used(5, 0.5) })
        await breath()
        const [row] = await runtime.store.ledger('t')
        expect(row!.usd + row!.reservedUsd).toBeLessThanOrEqual(usd)
      }
      for (const { answer } of one.attempts) answer.resolve({ output: 'ok', usage: used(5, 0.5) })
      await runtime.close({ graceMs: 0 })
    }),
    { numRuns: 60, seed: 44 },
  )
})

test('C44: limits given at the start and limits of the machine hold together, the stricter of each', async () => {
  const one = team(3, { tokens: 100, usd: 1 })
  const runtime = await one.open()
  await runtime.spawn(withOptions(one.machine, { limits: { usd: 5, tokens: 150 } }), { id: 't', limits: { usd: 2 } })
  expect(JSON.parse(runtime.balance('t')!.limits)).toEqual({ usd: 2, tokens: 150 })
  expect(one.attempts).toHaveLength(1)
  await runtime.close({ graceMs: 0 })
})
