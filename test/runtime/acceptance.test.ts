import { expect, test } from 'vitest'
import { crashStore } from '../support/crash-store.ts'
import { type HeldStore, heldStore } from '../support/held-store.ts'
import { collector, seenIn } from '../support/machines.ts'
import { breath, failureOf, passTime, world } from '../support/world.ts'

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

test('C4, BAD 39: the same message id is applied once, at once, later, and after a restart', async () => {
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

test('C4, BAD 40: the same id with another body, or to another actor, is a conflict', async () => {
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

test('C4: of two sends with one id the second waits for what becomes of the first', async () => {
  const one = world([collector])
  let held!: HeldStore
  const runtime = await one.open({
    limits: { mailbox: 1, turnsPerCommit: 1 },
    wrap: (store) => {
      held = heldStore(store)
      return held
    },
  })
  for (const id of ['c', 'd']) await runtime.spawn(collector, { id })
  await runtime.idle()
  held.hold()
  const fill: Promise<unknown>[] = []
  for (const n of [1, 2, 3]) {
    fill.push(runtime.send('c', { type: 'N', n }))
    await breath() // the first is being written, the second waits to be, the third waits for its turn
  }
  const both = [1, 2].map(() => failureOf(runtime.send('c', { type: 'N', n: 4 }, { id: 'm1' })))
  for (const error of await Promise.all(both)) expect(error).toMatchObject({ code: 'mailbox.full' })
  const fifth = runtime.send('d', { type: 'N', n: 5 }, { id: 'm2' })
  let told = false
  const again = runtime.send('d', { type: 'N', n: 5 }, { id: 'm2' }).then((receipt) => {
    told = true
    return receipt
  })
  for (let i = 0; i < 3; i++) await breath()
  expect(told).toBe(false) // the first is not durable yet
  held.release()
  await Promise.all([...fill, fifth])
  expect(await again).toEqual({ id: 'm2', duplicate: true })
  expect(await runtime.send('c', { type: 'N', n: 4 }, { id: 'm1' })).toEqual({ id: 'm1', duplicate: false })
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
