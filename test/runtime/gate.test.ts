import { expect, test } from 'vitest'
import { createMachine, fromPromise } from 'xstate'
import type { Commit } from '../../src/runtime/store.ts'
import { type HeldStore, heldStore } from '../support/held-store.ts'
import { collector } from '../support/machines.ts'
import { breath, failureOf, world } from '../support/world.ts'

const loud = (ran: string[]) =>
  createMachine(
    {
      id: 'loud',
      initial: 'quiet',
      states: {
        quiet: { on: { GO: 'going' } },
        going: { entry: 'shout', invoke: { src: 'work', onDone: 'over' } },
        over: { type: 'final' },
      },
    },
    {
      actions: { shout: () => void ran.push('action') },
      actors: {
        work: fromPromise(async () => {
          ran.push('call')
        }),
      },
    },
  )

test('C7: nothing leaves before its commit is durable: no acknowledgement, call, event, action or end', async () => {
  const ran: string[] = []
  const machine = loud(ran)
  const one = world([machine])
  let held!: HeldStore
  const runtime = await one.open({
    wrap: (store) => {
      held = heldStore(store)
      return held
    },
  })
  runtime.subscribe((event) => void ran.push(event.type))
  await runtime.spawn(machine, { id: 'a' })
  await runtime.idle()
  ran.length = 0
  held.hold()
  const sent = runtime.send('a', { type: 'GO' }).then(() => ran.push('acknowledged'))
  const ended = runtime.ended('a').then(() => ran.push('ended'))
  const snapshot = runtime.snapshot('a').then(() => ran.push('read'))
  const commit: Commit = await held.waiting()
  expect(commit.writes.map((write) => write.do)).toContain('call.add')
  await breath()
  expect(ran).toEqual([])
  held.release()
  await Promise.all([sent, ended, snapshot])
  expect(ran).toEqual(expect.arrayContaining(['action', 'call', 'acknowledged', 'actor.turn', 'ended']))
  await runtime.close()
})

test('C7: nobody hears of an end before it is durable', async () => {
  const one = world([collector])
  let held!: HeldStore
  const runtime = await one.open({
    wrap: (store) => {
      held = heldStore(store)
      return held
    },
  })
  await runtime.spawn(collector, { id: 'c' })
  await runtime.idle()
  let heard = false
  const ended = runtime.ended('c').then(() => {
    heard = true
  })
  held.hold()
  const sent = runtime.send('c', { type: 'END' })
  await held.waiting()
  await breath()
  expect(heard).toBe(false)
  held.release()
  await Promise.all([ended, sent])
  await runtime.close()
})

test('C7 C30: when the commit fails none of it ever leaves, and everything after is refused', async () => {
  const ran: string[] = []
  const machine = loud(ran)
  const one = world([machine])
  let held!: HeldStore
  const runtime = await one.open({
    wrap: (store) => {
      held = heldStore(store)
      return held
    },
  })
  await runtime.spawn(machine, { id: 'a' })
  await runtime.idle()
  runtime.subscribe((event) => void ran.push(event.type))
  held.hold()
  const sent = runtime.send('a', { type: 'GO' })
  const ended = runtime.ended('a')
  await held.waiting()
  held.refuse(new Error('disk full'))
  expect(await failureOf(sent)).toMatchObject({ code: 'store.failed' })
  expect(await failureOf(ended)).toMatchObject({ code: 'store.failed' })
  expect(await failureOf(runtime.send('a', { type: 'GO' }))).toMatchObject({ code: 'store.failed' })
  expect(await failureOf(runtime.spawn(machine))).toMatchObject({ code: 'store.failed' })
  expect(await failureOf(runtime.idle())).toMatchObject({ code: 'store.failed' })
  expect(ran).toEqual([])
  // Reading goes on, and shows what is durable.
  expect(await runtime.snapshot('a')).toMatchObject({ value: 'quiet' })
  expect(await runtime.store.actor('a')).toMatchObject({ revision: 1 })
  await runtime.close()
  const second = await one.open()
  expect(await second.snapshot('a')).toMatchObject({ value: 'quiet' })
  await second.close()
})

test('C29: a runtime whose store was taken over is fenced: its calls are aborted and nothing is acknowledged', async () => {
  let signal: AbortSignal | undefined
  const machine = createMachine(
    { id: 'busy', invoke: { src: 'work' }, on: { N: {} } },
    {
      actors: {
        work: fromPromise(({ signal: given }) => {
          signal = given
          return new Promise(() => {})
        }),
      },
    },
  )
  const one = world([machine])
  const runtime = await one.open()
  await runtime.spawn(machine, { id: 'a' })
  expect(signal?.aborted).toBe(false)
  one.data.meta = { ...one.data.meta, epoch: one.data.meta.epoch + 1 }
  expect(await failureOf(runtime.send('a', { type: 'N' }))).toMatchObject({ code: 'store.fenced' })
  expect(signal?.aborted).toBe(true)
  await runtime.close()
})

test('C9: a commit that finds another revision writes nothing and ends the runtime', async () => {
  const one = world([collector])
  const runtime = await one.open()
  await runtime.spawn(collector, { id: 'c' })
  const row = one.data.actors.get(one.data.addresses.get('c')!.id)!
  one.data.actors.put({ ...row, revision: row.revision + 5 })
  expect(await failureOf(runtime.send('c', { type: 'N', n: 1 }))).toMatchObject({ code: 'store.conflict' })
  expect((await runtime.store.journal()).length).toBe(1)
  await runtime.close()
})
