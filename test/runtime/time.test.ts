import { expect, test } from 'vitest'
import { type AnyEventObject, assign, cancel, raise, sendTo, setup } from 'xstate'
import { at, collector, seenIn } from '../support/machines.ts'
import { passTime, world } from '../support/world.ts'

/** Arms timers on ARM, clears them on CLEAR, and remembers what comes. */
const alarm = setup({
  types: { context: {} as { seen: unknown[] }, events: {} as AnyEventObject },
  actions: { remember: assign({ seen: ({ context, event }) => [...context.seen, event.n ?? event.type] }) },
}).createMachine({
  id: 'alarm',
  context: { seen: [] },
  on: {
    ARM: {
      actions: raise(({ event }) => ({ type: 'RANG', n: event.n }) as AnyEventObject, {
        id: 'bell',
        delay: ({ event }) => event.delay as number,
      }),
    },
    REMIND: {
      actions: sendTo(at('other'), (({ event }: { event: AnyEventObject }) => ({ type: 'N', n: event.n })) as never, {
        delay: ({ event }) => event.delay as number,
      }),
    },
    CLEAR: { actions: cancel('bell') },
    '*': { actions: 'remember' },
  },
})

test('C24: a timer fires once, never before its time, and exactly once over restarts', async () => {
  const one = world([alarm])
  let runtime = await one.open()
  await runtime.spawn(alarm, { id: 'a' })
  await runtime.send('a', { type: 'ARM', n: 1, delay: 1000 })
  expect(await runtime.store.mail()).toMatchObject([{ due: one.clock.now() + 1000, timer: 'bell' }])
  for (const wait of [400, 599]) {
    one.clock.advance(wait)
    await runtime.close()
    runtime = await one.open()
    await runtime.idle()
    expect(seenIn(await runtime.snapshot('a'))).toEqual([])
  }
  one.clock.advance(1)
  await runtime.idle()
  await runtime.close()
  runtime = await one.open()
  await passTime(one, runtime)
  expect(seenIn(await runtime.snapshot('a'))).toEqual([1])
  expect(await runtime.store.mail()).toEqual([])
  await runtime.close()
})

test('C25: overdue timers fire once after a restart, by the time they were due, then by their number', async () => {
  const one = world([alarm])
  let runtime = await one.open()
  await runtime.spawn(alarm, { id: 'a' })
  await runtime.spawn(alarm, { id: 'b' })
  const rang: string[] = []
  for (const [id, n, delay] of [
    ['a', 1, 300],
    ['b', 2, 100],
    ['a', 3, 200],
    ['b', 4, 200],
  ] as const)
    await runtime.send(id, { type: 'ARM', n, delay })
  await runtime.close()
  one.clock.advance(10_000)
  runtime = await one.open()
  runtime.subscribe((event) => {
    if (event.type === 'actor.turn') rang.push(event.address)
  })
  await runtime.idle()
  expect(seenIn(await runtime.snapshot('a'))).toEqual([3, 1])
  expect(seenIn(await runtime.snapshot('b'))).toEqual([2, 4])
  expect(rang.slice(0, 2)).toEqual(['b', 'a'])
  await runtime.close()
})

test('C25: a timer that was cleared is not delivered, even when it had come due already', async () => {
  const one = world([alarm])
  let runtime = await one.open()
  await runtime.spawn(alarm, { id: 'a' })
  await runtime.send('a', { type: 'ARM', n: 1, delay: 100 })
  // Urgent, so that it is taken before the timer, which comes due before either is taken.
  const cleared = runtime.send('a', { type: 'CLEAR' }, { priority: 1 })
  one.clock.advance(100)
  await cleared
  await runtime.send('a', { type: 'ARM', n: 2, delay: 100 })
  await runtime.send('a', { type: 'CLEAR' })
  await runtime.close()
  one.clock.advance(1000)
  runtime = await one.open()
  await passTime(one, runtime)
  expect(seenIn(await runtime.snapshot('a'))).toEqual([])
  expect(await runtime.store.conservation()).toMatchObject({ waiting: 0 })
  await runtime.close()
})

test("C24: a delayed message to someone else is that one's message when its time has come, and a dead letter when it has gone", async () => {
  const one = world([alarm, collector])
  let runtime = await one.open()
  await runtime.spawn(collector, { id: 'other' })
  await runtime.spawn(alarm, { id: 'a' })
  await runtime.send('a', { type: 'REMIND', n: 1, delay: 100 })
  await runtime.send('a', { type: 'REMIND', n: 2, delay: 5000 })
  await runtime.close()
  runtime = await one.open()
  one.clock.advance(100)
  await runtime.idle()
  expect(seenIn(await runtime.snapshot('other'))).toEqual([1])
  await runtime.send('other', { type: 'END' })
  one.clock.advance(5000)
  await runtime.idle()
  expect(await runtime.store.dead()).toMatchObject([{ target: 'other', reason: 'actor.unknown' }])
  await runtime.close()
})

test('C26: recorded time never goes backwards when the clock does, and timers are late rather than early', async () => {
  const one = world([alarm])
  let runtime = await one.open()
  await runtime.spawn(alarm, { id: 'a' })
  const start = one.clock.now()
  await runtime.send('a', { type: 'N', n: 1 })
  one.clock.set(start - 60_000)
  await runtime.send('a', { type: 'N', n: 2 })
  await runtime.send('a', { type: 'ARM', n: 3, delay: 1000 })
  await runtime.close()
  runtime = await one.open()
  await runtime.send('a', { type: 'N', n: 4 })
  one.clock.set(start + 999)
  await runtime.idle()
  expect(seenIn(await runtime.snapshot('a'))).toEqual([1, 2, 4])
  one.clock.set(start + 1000)
  await runtime.idle()
  expect(seenIn(await runtime.snapshot('a'))).toEqual([1, 2, 4, 3])
  const times = (await runtime.store.journal()).map((row) => row.at)
  expect(times).toEqual(times.toSorted((x, y) => x - y))
  expect(times[0]).toBe(start)
  await runtime.close()
})

test('many timers that are set and cleared share one wake-up, and none of them comes', async () => {
  const one = world([alarm])
  const runtime = await one.open()
  await runtime.spawn(alarm, { id: 'a' })
  let armed = 0
  const { setTimer } = one.clock
  one.clock.setTimer = (time, wake) => {
    armed++
    return setTimer(time, wake)
  }
  for (let n = 0; n < 3000; n++) {
    void runtime.send('a', { type: 'ARM', n, delay: 1e9 })
    void runtime.send('a', { type: 'CLEAR' })
  }
  await runtime.idle()
  expect(await runtime.store.mail()).toEqual([])
  expect(armed).toBeLessThanOrEqual(10) // one wake-up for all of them
  await passTime(one, runtime, 2e9)
  expect(seenIn(await runtime.snapshot('a'))).toEqual([])
  await runtime.close()
})
