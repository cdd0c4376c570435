import { expect, test } from 'vitest'
import { type AnyEventObject, assign, fromPromise, setup } from 'xstate'
import { withOptions } from '../../src/runtime/definition.ts'
import { collector, seenIn } from '../support/machines.ts'
import { breath, world } from '../support/world.ts'

const family = (aborted: string[]) => {
  const work = fromPromise<void, string>(
    ({ input, signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(input)
          reject(signal.reason)
        })
      }),
  )
  const leaf = setup({
    types: { input: {} as string, context: {} as { name: string } },
    actors: { work },
  }).createMachine({
    id: 'leaf',
    context: ({ input }) => ({ name: input }),
    invoke: { src: 'work', input: ({ context }) => context.name },
    initial: 'a',
    states: { a: { after: { 60000: 'b' } }, b: {} },
  })
  return setup({ actors: { leaf } }).createMachine({
    id: 'top',
    invoke: [
      { src: 'leaf', id: 'x', input: 'x' },
      { src: 'leaf', id: 'y', input: 'y' },
    ],
  })
}

test('C36: cancelling ends a tree leaves first, aborts its calls after the commit, and may be repeated', async () => {
  const aborted: string[] = []
  const machine = family(aborted)
  const one = world([machine])
  let runtime = await one.open()
  await runtime.spawn(machine, { id: 't' })
  const ended = runtime.ended('t')
  const order: string[] = []
  runtime.subscribe((event) => {
    if (event.type === 'actor.ended') order.push(event.address)
  })
  await Promise.all([runtime.cancel('t', 'enough'), runtime.cancel('t', 'enough')])
  expect(await ended).toMatchObject({ status: 'stopped' })
  await runtime.idle()
  expect(order).toEqual(['t/x', 't/y', 't'])
  expect(aborted.toSorted()).toEqual(['x', 'y'])
  await runtime.cancel('t', 'again')
  await runtime.cancel('nobody', 'again')
  expect(await runtime.store.mail()).toEqual([])
  expect(await runtime.store.pending()).toEqual([])
  await runtime.close()
  runtime = await one.open()
  expect(await runtime.ended('t')).toMatchObject({ status: 'stopped' })
  expect(runtime.status()).toEqual([])
  await runtime.close()
})

test('C36: a cancellation that was accepted before the process died ends the tree at the next opening', async () => {
  const machine = family([])
  const one = world([machine])
  let runtime = await one.open()
  await runtime.spawn(machine, { id: 't' })
  const id = one.data.addresses.get('t')!.id
  await runtime.close({ graceMs: 0 })
  one.data.mail.put({
    seq: one.data.meta.seq + 1,
    actor: id,
    message: '{"event":{"type":"troupe.cancel","reason":"enough"},"from":"@outside","internal":true,"priority":2}',
    due: null,
    timer: null,
    attempts: 0,
  })
  one.data.meta = { ...one.data.meta, seq: one.data.meta.seq + 1 }
  runtime = await one.open()
  await runtime.idle()
  expect(await runtime.ended('t')).toMatchObject({ status: 'stopped' })
  await runtime.close()
})

const fragile = (runs: string[]) => {
  const work = fromPromise<void, string>(({ input }) => {
    runs.push(input)
    return new Promise(() => {})
  })
  return withOptions(
    setup({
      types: { context: {} as { seen: unknown[] }, input: {} as string, events: {} as AnyEventObject },
      actors: { collector, work, failing: fromPromise(async () => Promise.reject(new Error('broken'))) },
    }).createMachine({
      id: 'fragile',
      context: { seen: [] },
      invoke: [
        { src: 'work', input: ({ event }) => String((event as unknown as { input: string }).input) },
        { src: 'collector', id: 'kid' },
      ],
      initial: 'fine',
      after: { 5000: '.late' },
      on: { N: { actions: assign({ seen: ({ context, event }) => [...context.seen, event.n] }) } },
      states: {
        fine: { on: { BREAK: 'breaking' } },
        breaking: { invoke: { src: 'failing' } },
        late: {},
      },
    }),
    { restarts: 1 },
  )
}

test('C38: a restart is a new incarnation: its timers, calls and children end, its mailbox stays', async () => {
  const runs: string[] = []
  const machine = fragile(runs)
  const one = world([machine])
  let runtime = await one.open()
  await runtime.spawn(machine, { id: 'f', input: 'given' })
  await runtime.send('f', { type: 'N', n: 1 })
  one.clock.advance(4000)
  const sends = [
    runtime.send('f', { type: 'BREAK' }),
    runtime.send('f', { type: 'N', n: 2 }, { priority: -1 }), // waits behind the failure of the call
  ]
  await Promise.all(sends)
  await breath()
  await runtime.send('f', { type: 'N', n: 3 })
  expect(await runtime.store.actor('f')).toMatchObject({ incarnation: 2, status: 'active' })
  expect(runs).toEqual(['given', 'given'])
  const kid = (await runtime.store.actor('f/kid'))!
  expect(kid).toMatchObject({ incarnation: 2, status: 'active' })
  const cancelled = (await runtime.store.outcomes({})).filter((row) => row.status === 'cancelled')
  expect(cancelled).toHaveLength(1)
  // Only the new life's timer is armed.
  expect((await runtime.store.mail()).map((row) => row.due)).toEqual([one.clock.now() + 5000])
  one.clock.advance(1000) // the first life's timer would be due
  await breath()
  expect(await runtime.snapshot('f')).toMatchObject({ value: 'fine' })
  await runtime.close({ graceMs: 0 })
  runtime = await one.open()
  await breath()
  expect(await runtime.snapshot('f')).toMatchObject({ value: 'fine' })
  expect(seenIn(await runtime.snapshot('f'))).toContain(3)
  // The restarts that are left survive the process.
  await runtime.send('f', { type: 'BREAK' })
  expect(await runtime.ended('f')).toMatchObject({ status: 'error', error: { message: 'broken' } })
  await runtime.close({ graceMs: 0 })
})

test('C38: messages that wait when an actor fails are taken by its next life, and the failing one is not', async () => {
  let births = 0
  const machine = withOptions(
    setup({ types: { context: {} as { seen: unknown[] }, events: {} as AnyEventObject } }).createMachine({
      id: 'phoenix',
      context: () => {
        births++
        return { seen: [] }
      },
      initial: 'a',
      states: {
        a: {
          after: {
            100: {
              actions: assign(() => {
                throw new Error('at the timer')
              }),
            },
          },
          on: { N: { actions: assign({ seen: ({ context, event }) => [...context.seen, event.n] }) } },
        },
      },
    }),
    { restarts: 1 },
  )
  const one = world([machine])
  const runtime = await one.open()
  await runtime.spawn(machine, { id: 'p' })
  const born = births
  await runtime.idle()
  one.clock.advance(100)
  const sent = runtime.send('p', { type: 'N', n: 1 })
  await sent
  await runtime.idle()
  expect(births - born).toBe(1)
  expect(seenIn(await runtime.snapshot('p'))).toEqual([1])
  expect(await runtime.store.dead()).toMatchObject([{ target: 'p', reason: 'machine.threw' }])
  one.clock.advance(100)
  expect(await runtime.ended('p')).toMatchObject({ status: 'error' })
  await runtime.close()
})
