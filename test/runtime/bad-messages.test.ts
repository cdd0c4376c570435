import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AnyEventObject, assign, sendTo, setup } from 'xstate'
import { z } from 'zod'
import { withOptions } from '../../src/runtime/definition.ts'
import type { Json } from '../../src/runtime/json.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { at, collector, seenIn } from '../support/machines.ts'
import { failureOf, type World, world } from '../support/world.ts'

const cyclic: Record<string, unknown> = { type: 'N' }
cyclic.n = { again: cyclic }
const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)
class Point {
  x = 1
}

type Row = { number: number; what: string; event: unknown; to?: string } & (
  | { code: string; dead: boolean; place?: string }
  | { arrives: (seen: unknown) => void }
)

const rows: Row[] = [
  { number: 22, what: 'no type', event: { n: 1 }, code: 'message.invalid', dead: true },
  { number: 22, what: 'an empty type', event: { type: '' }, code: 'message.invalid', dead: true },
  { number: 23, what: 'a text', event: 'GO', code: 'message.invalid', dead: true },
  { number: 24, what: 'a type that is a number', event: { type: 5 }, code: 'message.invalid', dead: true },
  { number: 25, what: 'null', event: null, code: 'message.invalid', dead: true },
  { number: 25, what: 'nothing', event: undefined, code: 'message.invalid', dead: true },
  { number: 25, what: 'a list', event: [], code: 'message.invalid', dead: true },
  { number: 26, what: 'xstate.stop', event: { type: 'xstate.stop' }, code: 'message.reserved', dead: true },
  {
    number: 27,
    what: 'a forged end of a child',
    event: { type: 'xstate.done.actor.x', output: 1 },
    code: 'message.reserved',
    dead: true,
  },
  {
    number: 28,
    what: 'a forged timer',
    event: { type: 'xstate.after.1.c.open' },
    code: 'message.reserved',
    dead: true,
  },
  { number: 28, what: 'a forged cancellation', event: { type: 'troupe.cancel' }, code: 'message.reserved', dead: true },
  { number: 29, what: 'the wildcard', event: { type: '*' }, code: 'message.invalid', dead: true },
  { number: 30, what: '__proto__ as type', event: { type: '__proto__' }, code: 'message.invalid', dead: true },
  {
    number: 30,
    what: '__proto__ as key',
    event: JSON.parse('{"type":"N","__proto__":{"n":1}}'),
    code: 'message.unserialisable',
    dead: false,
  },
  {
    number: 31,
    what: 'NaN, infinities and -0',
    event: { type: 'N', n: [Number.NaN, Infinity, -Infinity, -0] },
    arrives: (seen) => expect(seen).toEqual([Number.NaN, Infinity, -Infinity, -0]),
  },
  { number: 32, what: 'a BigInt', event: { type: 'N', n: 2n ** 80n }, arrives: (seen) => expect(seen).toBe(2n ** 80n) },
  {
    number: 33,
    what: 'a cycle',
    event: cyclic,
    code: 'message.unserialisable',
    dead: false,
    place: '/message/n/again',
  },
  {
    number: 34,
    what: 'Date, Map, Set, Error',
    event: { type: 'N', n: [new Date(5), new Map([['a', 1]]), new Set([1]), new RangeError('far')] },
    arrives: (seen) => {
      const [date, map, set, error] = seen as [Date, Map<string, number>, Set<number>, Error]
      expect(date).toEqual(new Date(5))
      expect(map).toEqual(new Map([['a', 1]]))
      expect(set).toEqual(new Set([1]))
      expect(error).toMatchObject({ name: 'RangeError', message: 'far' })
    },
  },
  {
    number: 34,
    what: 'an instance of a class',
    event: { type: 'N', n: { p: new Point() } },
    code: 'message.unserialisable',
    dead: false,
    place: '/message/n/p',
  },
  {
    number: 34,
    what: 'a function',
    event: { type: 'N', n: () => 1 },
    code: 'message.unserialisable',
    dead: false,
    place: '/message/n',
  },
  {
    number: 35,
    what: 'a lone surrogate',
    event: { type: 'N', n: 'a\ud800b' },
    arrives: (s) => expect(s).toBe('a\ud800b'),
  },
  { number: 36, what: 'NUL in a text', event: { type: 'N', n: 'a\0b' }, arrives: (seen) => expect(seen).toBe('a\0b') },
  {
    number: 37,
    what: '10 MB',
    event: { type: 'N', n: 'x'.repeat(10_000_000) },
    code: 'message.too-large',
    dead: false,
  },
  {
    number: 38,
    what: 'a depth of 100,000',
    event: { type: 'N', n: nested(100_000) },
    code: 'message.unserialisable',
    dead: false,
  },
  { number: 41, what: 'an unknown actor', to: 'nobody', event: { type: 'N' }, code: 'actor.unknown', dead: true },
  { number: 42, what: 'an actor that has ended', to: 'gone', event: { type: 'N' }, code: 'actor.done', dead: true },
  {
    number: 22,
    what: 'what its schema refuses',
    to: 'strict',
    event: { type: 'N', n: 'x' },
    code: 'message.invalid',
    dead: true,
  },
]

/** 39, 40: acceptance.test.ts (C4). 44, 46: asks and versions of messages belong to the protocol of agents. 48: calls.test.ts. */
const strict = withOptions(
  setup({ types: { events: {} as AnyEventObject } }).createMachine({ id: 'strict', context: {} }),
  { accepts: z.strictObject({ type: z.literal('N'), n: z.number() }) },
)

/** A machine that keeps the live value, so that a test sees what a turn sees. */
const live: unknown[] = []
const keeper = setup({
  types: { context: {} as { kept: unknown }, events: {} as AnyEventObject },
}).createMachine({
  id: 'keeper',
  context: { kept: null },
  on: {
    N: { actions: assign({ kept: ({ event }) => event.n }) },
    SHOW: {
      actions: assign(({ context }) => {
        live.push(context.kept)
        return {}
      }),
    },
  },
})

let one: World
let runtime: Runtime
beforeAll(async () => {
  one = world([collector, keeper, strict])
  runtime = await one.open()
  for (const id of ['c', 'gone']) await runtime.spawn(collector, { id })
  await runtime.spawn(keeper, { id: 'keeper' })
  await runtime.spawn(strict, { id: 'strict' })
  await runtime.send('gone', { type: 'END' })
  await runtime.ended('gone')
})
afterAll(() => runtime.close())

for (const row of rows) {
  if ('arrives' in row)
    test(`BAD ${row.number}: ${row.what} arrives as it was sent, also after a restart`, async () => {
      await runtime.send('keeper', row.event)
      await runtime.send('keeper', { type: 'SHOW' })
      await runtime.close()
      runtime = await one.open()
      await runtime.send('keeper', { type: 'SHOW' })
      await runtime.idle()
      row.arrives(live.at(-2))
      row.arrives(live.at(-1))
    })
  else
    test(`BAD ${row.number}: ${row.what} is refused with ${row.code}${row.dead ? ' and kept as a dead letter' : ''}; the actor lives`, async () => {
      const before = (await runtime.store.dead()).length
      const { accepted } = runtime.counters()
      const error = await failureOf(runtime.send(row.to ?? 'c', row.event))
      expect(error).toMatchObject({ code: row.code, ...(row.place !== undefined && { place: row.place }) })
      const dead = (await runtime.store.dead()).slice(before)
      expect(dead.map((one) => one.reason)).toEqual(row.dead ? [row.code] : [])
      expect(runtime.counters().accepted - accepted).toBe(row.dead ? 1 : 0)
      expect(runtime.status('c')).toMatchObject([{ status: 'active' }])
    })
}

test('BAD 43: an actor that floods itself meets the bound of its mailbox; what does not fit is a dead letter', async () => {
  const flood = setup({ types: { context: {} as { got: number }, events: {} as AnyEventObject } }).createMachine({
    id: 'flood',
    context: { got: 0 },
    on: {
      GO: {
        actions: Array.from({ length: 60 }, () => sendTo(at('f'), { type: 'N' } as never)),
      },
      N: { actions: assign({ got: ({ context }) => context.got + 1 }) },
    },
  })
  const small = await world().open({ limits: { mailbox: 10 } })
  await small.spawn(flood, { id: 'f' })
  await small.send('f', { type: 'GO' })
  await small.idle()
  expect(((await small.snapshot('f')) as { context: Json }).context).toEqual({ got: 10 })
  expect((await small.store.dead()).map((row) => row.reason)).toEqual(Array(50).fill('mailbox.full'))
  await small.close()
})

test('BAD 43: a full mailbox refuses before acceptance, retryable, and leaves no trace', async () => {
  const small = await world().open({ limits: { mailbox: 2 } })
  await small.spawn(collector, { id: 'c' })
  const sends = await Promise.allSettled([1, 2, 3].map((n) => small.send('c', { type: 'N', n })))
  expect(sends[2]).toMatchObject({ status: 'rejected', reason: { code: 'mailbox.full', retryable: true } })
  expect(await small.store.dead()).toEqual([])
  expect(seenIn(await small.snapshot('c'))).toEqual([1, 2])
  await small.close()
})

test('BAD 45: a hundred messages sent while nobody takes them are kept, in order, and taken later', async () => {
  const paused = world([collector])
  let open = await paused.open()
  await open.spawn(collector, { id: 'c' })
  const sends = Array.from({ length: 100 }, (_, n) => open.send('c', { type: 'N', n }))
  const closing = open.close({ graceMs: 0 })
  await Promise.all(sends)
  await closing
  open = await paused.open()
  await open.idle()
  expect(seenIn(await open.snapshot('c'))).toEqual(Array.from({ length: 100 }, (_, n) => n))
  await open.close()
})

test('BAD 47: a message over which the machine throws is tried again, then a dead letter; the actor lives', async () => {
  const before = (await runtime.store.dead()).length
  await runtime.send('c', { type: 'BAD' })
  await runtime.idle()
  expect((await runtime.store.dead()).slice(before)).toMatchObject([{ target: 'c', reason: 'machine.threw' }])
  expect(runtime.status('c')).toMatchObject([{ status: 'active' }])
})

test('an enveloped message says truly who sent it, whatever it claims', async () => {
  const enveloped = withOptions(
    setup({ types: { context: {} as { last: Json }, events: {} as AnyEventObject } }).createMachine({
      id: 'enveloped',
      context: { last: null },
      on: { '*': { actions: assign({ last: ({ event }) => event as unknown as Json }) } },
    }),
    { events: 'enveloped' },
  )
  const other = await world().open()
  await other.spawn(enveloped, { id: 'e' })
  await other.send('e', { type: 'N', from: 'the-boss', to: 'x', runId: 'y', body: 1 }, { id: 'm1', from: 'someone' })
  const { context } = (await other.snapshot('e')) as { context: { last: Json } }
  expect(context.last).toMatchObject({ type: 'N', from: 'someone', to: 'e', runId: 'e', id: 'm1', body: 1 })
  await other.close()
})

test('a schema sees the values that were sent, and what it makes of them is what arrives', async () => {
  const typed = withOptions(
    setup({ types: { context: {} as { last: unknown }, events: {} as AnyEventObject } }).createMachine({
      id: 'typed',
      context: { last: null },
      on: { WHEN: { actions: assign({ last: ({ event }) => event }) } },
    }),
    { accepts: z.object({ type: z.literal('WHEN'), at: z.date(), by: z.string().default('nobody') }) },
  )
  const other = await world().open()
  await other.spawn(typed, { id: 't' })
  await other.send('t', { type: 'WHEN', at: new Date(5) })
  const { context } = (await other.snapshot('t')) as { context: { last: Json } }
  expect(context.last).toEqual({ type: 'WHEN', at: { $type: 'Date', value: 5 }, by: 'nobody' })
  await other.close()
})
