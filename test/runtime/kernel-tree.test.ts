import { expect, test } from 'vitest'
import { assign, createMachine, fromPromise, sendTo } from 'xstate'
import type { Json } from '../../src/runtime/json.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { manualClock } from '../support/manual-clock.ts'

const forever = fromPromise(() => new Promise<never>(() => {}))

test('V2: stopping a child stops the whole tree below it, leaves first, with its timers and calls', async () => {
  const leaf = createMachine({
    id: 'leaf',
    initial: 'a',
    invoke: { src: 'forever', id: 'call' },
    states: { a: { after: { 1000: 'b' } }, b: {} },
  }).provide({ actors: { forever } })
  const branch = createMachine({ id: 'branch', invoke: { src: 'leaf', id: 'leaf' } }).provide({ actors: { leaf } })
  const tree = createMachine({
    id: 'tree',
    initial: 'on',
    states: { on: { invoke: { src: 'branch', id: 'branch' }, on: { CUT: 'off' } }, off: {} },
  }).provide({ actors: { branch } })

  const runtime = await createRuntime({ store: memoryStore(), clock: manualClock() })
  await runtime.spawn(tree, { id: 't' })
  expect(await runtime.store.pending()).toHaveLength(1)
  await runtime.send('t', { type: 'CUT' })
  await runtime.idle()

  const actors = await runtime.store.actors({})
  expect(actors.map(({ address, status }) => [address, status])).toEqual([
    ['t', 'active'],
    ['t/branch', 'stopped'],
    ['t/branch/leaf', 'stopped'],
  ])
  const ends = (await runtime.store.journal({})).filter(({ message }) => message.includes('xstate.stop'))
  const names = new Map(actors.map(({ id, address }) => [id, address]))
  expect(ends.map(({ actor }) => names.get(actor))).toEqual(['t/branch/leaf', 't/branch'])
  expect(await runtime.store.pending()).toEqual([])
  expect(await runtime.store.mail({ after: 0, limit: 10 })).toEqual([])
  await runtime.close()
})

test('what is said to a child in the step that ends it never reaches the next one at its address', async () => {
  const child = createMachine({
    id: 'child',
    context: { heard: [] as string[] },
    on: { '*': { actions: assign({ heard: ({ context, event }) => [...context.heard, event.type] }) } },
  })
  const parent = createMachine({
    id: 'parent',
    initial: 'a',
    states: {
      a: {
        invoke: { src: 'child', id: 'k' },
        entry: sendTo('k', { type: 'HI' }),
        exit: sendTo('k', { type: 'BYE' }),
        on: { AGAIN: { target: 'a', reenter: true } },
      },
    },
  }).provide({ actors: { child } })
  const runtime = await createRuntime({ store: memoryStore(), clock: manualClock() })
  await runtime.spawn(parent, { id: 'p' })
  await runtime.send('p', { type: 'AGAIN' })
  await runtime.idle()
  const { context } = (await runtime.snapshot('p/k')) as { context: Json }
  expect(context).toEqual({ heard: ['HI'] })
  await runtime.close()
})
