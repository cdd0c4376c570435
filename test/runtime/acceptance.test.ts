import { expect, test } from 'vitest'
import { createMachine, fromPromise } from 'xstate'
import type { Commit } from '../../src/runtime/store.ts'
import { crashStore, heldStore } from '../support/fault-store.ts'
import { collector, seenIn } from '../support/machines.ts'
import { failureOf, passTime, world } from '../support/world.ts'

const limits = { turnsPerCommit: 2 }

test('C1: what was acknowledged is applied after dying at any commit, and nothing is applied twice', async () => {
  for (const when of ['before', 'after'] as const)
    for (let at = 1; at <= 8; at++) {
      const one = world([collector])
      const first = await one.open({ limits, wrap: (store) => crashStore(store, { at, when }) })
      const acknowledged: number[] = []
      await first.spawn(collector, { id: 'c' }).catch(() => {})
      for (let n = 0; n < 6; n++)
        await first.send('c', { type: 'N', n }).then(
          () => acknowledged.push(n),
          () => {},
        )
      await first.close()
      const second = await one.open()
      await passTime(one, second, 0)
      const seen = (await second.store.actor('c')) ? seenIn(await second.snapshot('c')) : []
      expect(seen).toEqual(expect.arrayContaining(acknowledged))
      expect(new Set(seen).size).toBe(seen.length)
      await second.close()
    }
})

test('C4: the same message id is applied once, at once, later, and after a restart', async () => {
  const one = world([collector])
  const first = await one.open()
  await first.spawn(collector, { id: 'c' })
  const message = { type: 'N', n: 1 }
  const together = await Promise.all([1, 2, 3].map(() => first.send('c', message, { id: 'm1' })))
  expect(together.map((receipt) => receipt.duplicate)).toEqual([false, true, true])
  expect(await first.send('c', message, { id: 'm1' })).toEqual({ id: 'm1', duplicate: true })
  await first.close()
  const second = await one.open()
  expect(await second.send('c', message, { id: 'm1' })).toEqual({ id: 'm1', duplicate: true })
  expect(seenIn(await second.snapshot('c'))).toEqual([1])
  await second.close()
})

test('C4: the same id with another body, or to another actor, is a conflict', async () => {
  const one = world([collector])
  const runtime = await one.open()
  await runtime.spawn(collector, { id: 'c' })
  await runtime.spawn(collector, { id: 'd' })
  const [, other] = await Promise.allSettled([
    runtime.send('c', { type: 'N', n: 1 }, { id: 'm1' }),
    runtime.send('d', { type: 'N', n: 1 }, { id: 'm1' }),
  ])
  expect(other).toMatchObject({ status: 'rejected', reason: { code: 'message.conflict' } })
  expect(await failureOf(runtime.send('c', { type: 'N', n: 2 }, { id: 'm1' }))).toMatchObject({
    code: 'message.conflict',
  })
  await runtime.close()
})

test('C4: a second send whose first is refused is not told that it was accepted', async () => {
  const one = world([collector])
  const runtime = await one.open({ limits: { mailbox: 1 } })
  await runtime.spawn(collector, { id: 'c' })
  const fill = runtime.send('c', { type: 'N', n: 0 })
  const both = await Promise.allSettled([
    fill,
    runtime.send('c', { type: 'N', n: 1 }, { id: 'm1' }),
    runtime.send('c', { type: 'N', n: 1 }, { id: 'm1' }),
  ])
  const seen = seenIn(await runtime.snapshot('c'))
  const accepted = both.slice(1).filter((one) => one.status === 'fulfilled').length
  expect(seen.includes(1)).toBe(accepted > 0)
  await runtime.close()
})

test('C4: an id is forgotten after the horizon, and a message older than that is answered expired', async () => {
  const one = world([collector])
  const first = await one.open({ limits: { receiptsMs: 1000 } })
  await first.spawn(collector, { id: 'c' })
  const sentAt = one.clock.now()
  await first.send('c', { type: 'N', n: 1 }, { id: 'm1', sentAt })
  await first.close()
  one.clock.advance(1001)
  const second = await one.open({ limits: { receiptsMs: 1000 } })
  const late = second.send('c', { type: 'N', n: 1 }, { id: 'm1', sentAt })
  expect(await failureOf(late)).toMatchObject({ code: 'message.expired' })
  expect(seenIn(await second.snapshot('c'))).toEqual([1])
  await second.idle()
  expect(await second.store.receipt('m1')).toBeNull()
  await second.close()
})

test('C5: what cannot be stored is refused before acceptance, with its path, and leaves no trace', async () => {
  const one = world([collector])
  const runtime = await one.open()
  await runtime.spawn(collector, { id: 'c' })
  const before = await runtime.store.conservation()
  const deep = runtime.send('c', { type: 'N', list: [1, { f: () => 1 }] })
  expect(await failureOf(deep)).toMatchObject({ code: 'message.unserialisable', place: '/message/list/1/f' })
  const big = runtime.send('c', { type: 'N', text: 'x'.repeat(2 * 1024 * 1024) })
  expect(await failureOf(big)).toMatchObject({ code: 'message.too-large' })
  expect(await runtime.store.conservation()).toEqual(before)
  await runtime.close()
})

test('C5: a caller who changes a message after sending it changes nothing', async () => {
  const one = world([collector])
  const runtime = await one.open()
  await runtime.spawn(collector, { id: 'c' })
  const message = { type: 'N', n: { deep: 1 } }
  const sent = runtime.send('c', message)
  message.n.deep = 2
  await sent
  expect(seenIn(await runtime.snapshot('c'))).toEqual([{ deep: 1 }])
  await runtime.close()
})

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
  let held!: ReturnType<typeof heldStore>
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
  await new Promise((resolve) => setImmediate(resolve))
  expect(ran).toEqual([])
  held.release()
  await Promise.all([sent, ended, snapshot])
  expect(ran).toEqual(expect.arrayContaining(['action', 'call', 'acknowledged', 'actor.turn', 'ended']))
  await runtime.close()
})

test('C7 C30: when the commit fails none of it ever leaves, and everything after is refused', async () => {
  const ran: string[] = []
  const machine = loud(ran)
  const one = world([machine])
  let held!: ReturnType<typeof heldStore>
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

test('C35: closing refuses new work and may be asked for twice', async () => {
  const one = world([collector])
  const runtime = await one.open()
  await runtime.spawn(collector, { id: 'c' })
  const ended = runtime.ended('c')
  const closing = runtime.close()
  expect(await failureOf(runtime.send('c', { type: 'N', n: 1 }))).toMatchObject({ code: 'system.closed' })
  await Promise.all([closing, runtime.close()])
  expect(await failureOf(ended)).toMatchObject({ code: 'system.closed' })
})

test('two actors cannot be started under one address, together or one after the other', async () => {
  const one = world([collector])
  const runtime = await one.open()
  const both = await Promise.allSettled([runtime.spawn(collector, { id: 'c' }), runtime.spawn(collector, { id: 'c' })])
  expect(both[1]).toMatchObject({ status: 'rejected', reason: { code: 'actor.exists' } })
  await runtime.send('c', { type: 'END' })
  expect(await runtime.ended('c')).toMatchObject({ status: 'done', output: [] })
  expect(await failureOf(runtime.spawn(collector, { id: 'c' }))).toMatchObject({ code: 'actor.exists' })
  await runtime.close()
})
