// Forks of plain machines: what waits, what is armed, what may be spent, and a machine that has changed since.
import { expect, test } from 'vitest'
import { assign, sendTo, setup } from 'xstate'
import { define, withOptions } from '../../src/runtime/definition.ts'
import { fromCall } from '../../src/runtime/kernel.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { failureOf, passTime, world } from '../support/world.ts'

const lastOf = async (runtime: Runtime, run: string): Promise<number> =>
  (await runtime.store.journal({ run, limit: 1000 })).at(-1)!.seq

const fork = (runtime: Runtime, run: string, at: number, id: string) =>
  runtime.fork({ run, at, id, scratch: memoryStore() })

const child = setup({}).createMachine({
  id: 'child',
  initial: 'quiet',
  states: { quiet: { on: { POKE: 'poked' } }, poked: { type: 'final' } },
})

const timed = setup({
  types: { context: {} as { heard: string[] }, events: {} as { type: 'SAY'; text: string } },
  actors: { child },
}).createMachine({
  id: 'timed',
  context: { heard: [] },
  invoke: {
    src: 'child',
    id: 'kid',
    onDone: { actions: assign({ heard: ({ context }) => [...context.heard, 'kid'] }) },
  },
  on: { SAY: { actions: assign({ heard: ({ context, event }) => [...context.heard, event.text] }) } },
  initial: 'early',
  states: {
    early: { after: { 1000: 'late' } },
    late: { entry: sendTo('kid', { type: 'POKE' }), after: { 500: 'over' } },
    over: { type: 'final' },
  },
  output: ({ context }) => context.heard,
})

test('C24: in a fork a timer keeps what was left of its time, and each run goes its own way from there', async () => {
  const place = world([timed])
  const runtime = await place.open()
  await runtime.spawn(timed, { id: 'one' })
  await passTime(place, runtime, 400)
  await runtime.send('one', { type: 'SAY', text: 'before' })
  await runtime.idle()
  await passTime(place, runtime, 250)
  await fork(runtime, 'one', await lastOf(runtime, 'one'), 'two')
  await passTime(place, runtime, 300)
  await runtime.send('two', { type: 'SAY', text: 'only here' })
  await passTime(place, runtime, 299)
  expect(runtime.status('two').map(({ state }) => state)).toContain('early')
  await passTime(place, runtime, 1)
  expect(runtime.status('two').map(({ state }) => state)).toContain('late')
  await passTime(place, runtime)
  expect((await runtime.ended('one')).output).toEqual(['before', 'kid'])
  expect((await runtime.ended('two')).output).toEqual(['before', 'only here', 'kid'])
  const { accepted, applied, waiting, dead, expired, purged } = await runtime.store.conservation()
  expect(accepted).toBe(applied + waiting + dead + expired + purged)
  await runtime.close()
})

const costly = (made: string[]) =>
  withOptions(
    setup({
      types: { context: {} as { paid: number } },
      actors: {
        buy: fromCall<object, number>({
          kind: 'model',
          name: () => 'shop',
          interrupted: 'retry',
          estimate: () => ({ tokens: 10, usd: 4 }),
          run: async (_, { callId }) => {
            made.push(callId)
            return { output: 1, usage: { inputTokens: 5, outputTokens: 5, usd: 4 } }
          },
        }),
      },
    }).createMachine({
      id: 'costly',
      context: { paid: 0 },
      initial: 'first',
      states: {
        first: { invoke: { src: 'buy', input: {}, onDone: 'rest', onError: 'refused' } },
        rest: { on: { GO: 'second' } },
        second: { invoke: { src: 'buy', input: {}, onDone: 'done', onError: 'refused' } },
        done: { type: 'final' },
        refused: { type: 'final' },
      },
    }),
    { limits: { usd: 5 } },
  )

test('C44: a fork has the limits of the run it comes from, and spending of its own', async () => {
  const made: string[] = []
  const machine = costly(made)
  const place = world([machine])
  const runtime = await place.open()
  await runtime.spawn(machine, { id: 'one' })
  await runtime.idle()
  const first = (await runtime.store.journal({ run: 'one' }))[0]!.seq
  await fork(runtime, 'one', first, 'two')
  await runtime.idle()
  expect(made).toEqual(['one/1/1/0', 'two/1/1/0'])
  expect(runtime.balance('two')).toMatchObject({ usd: 4, reservedUsd: 0, limits: '{"usd":5}' })
  await runtime.send('two', { type: 'GO' })
  await runtime.idle()
  expect(made).toHaveLength(2)
  expect(JSON.parse((await runtime.store.actor('two'))!.state)).toBe('refused')
  expect(runtime.balance('one')).toMatchObject({ usd: 4 })
  await runtime.close()
})

test('C8: a machine that does something else now than then is found out, and nothing is written', async () => {
  const before = setup({}).createMachine({
    id: 'changing',
    initial: 'a',
    states: { a: { entry: sendTo(({ self }) => self, { type: 'NEXT' }), on: { NEXT: 'b' } }, b: {} },
  })
  const after = setup({}).createMachine({ id: 'changing', initial: 'a', states: { a: { on: { NEXT: 'b' } }, b: {} } })
  const place = world([before])
  const first = await place.open()
  await first.spawn(before, { id: 'one' })
  await first.idle()
  const at = await lastOf(first, 'one')
  await first.close()
  const runtime = await place.open({ registry: () => define(after) })
  const error = await failureOf(fork(runtime, 'one', at, 'two'))
  expect(error).toMatchObject({ code: 'replay.diverged', place: 'one' })
  expect(error.message).toMatch(/NEXT.*nobody sends/)
  expect(await runtime.store.actor('two')).toBeNull()
  await runtime.close()
})

test('a fork goes on after a restart like any run', async () => {
  const place = world([timed])
  const first = await place.open()
  await first.spawn(timed, { id: 'one' })
  await first.idle()
  await fork(first, 'one', await lastOf(first, 'one'), 'two')
  await first.close()
  const again = await place.open()
  await passTime(place, again)
  expect((await again.ended('two')).output).toEqual((await again.ended('one')).output)
  await again.close()
})
