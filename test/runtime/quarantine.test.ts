import { expect, test } from 'vitest'
import { createMachine } from 'xstate'
import { collector, seenIn } from '../support/machines.ts'
import { failureOf, passTime, world } from '../support/world.ts'

test('C42: a damaged actor is set aside alone, its bytes and its mail untouched; the others go on; repaired, so does it', async () => {
  const one = world([collector])
  let runtime = await one.open()
  for (const id of ['good', 'bad']) await runtime.spawn(collector, { id })
  await runtime.send('bad', { type: 'N', n: 1 })
  await runtime.close()
  const { id } = one.data.addresses.get('bad')!
  const whole = one.data.snapshots.get(id)!
  one.data.snapshots.put({ ...whole, data: 'null' })
  one.data.mail.put({
    seq: ++one.data.meta.seq,
    actor: id,
    message: '{"event":{"type":"N","n":2},"from":"@outside","sentAt":1}',
    due: null,
    timer: null,
    attempts: 0,
  })
  one.data.meta.counters.accepted++
  runtime = await one.open()
  await runtime.idle()
  expect(runtime.quarantined).toMatchObject([{ address: 'bad', error: { code: 'store.corrupt' } }])
  expect(await runtime.store.actor('bad')).toMatchObject({ status: 'quarantined', revision: 2 })
  await runtime.send('good', { type: 'N', n: 1 })
  expect(await failureOf(runtime.send('bad', { type: 'N', n: 3 }))).toMatchObject({ code: 'actor.quarantined' })
  expect(await failureOf(runtime.ended('bad'))).toMatchObject({ code: 'store.corrupt' })
  expect(one.data.snapshots.get(id)).toMatchObject({ data: 'null' })
  const { accepted, applied, waiting, dead, expired, purged } = await runtime.store.conservation()
  expect(accepted).toBe(applied + waiting + dead + expired + purged)
  await runtime.close()
  one.data.snapshots.put(whole)
  runtime = await one.open()
  await runtime.idle()
  expect(runtime.quarantined).toEqual([])
  expect(seenIn(await runtime.snapshot('bad'))).toEqual([1, 2])
  expect(await runtime.store.actor('bad')).toMatchObject({ status: 'active' })
  await runtime.close()
})

test('C42: an actor whose machine nobody knows is set aside, and goes on when it is known again', async () => {
  const other = createMachine({ id: 'other', initial: 'a', states: { a: { on: { GO: 'b' } }, b: {} } })
  const one = world([collector])
  let runtime = await one.open()
  await runtime.spawn(other, { id: 'o' })
  await runtime.close()
  runtime = await one.open()
  expect(runtime.quarantined).toMatchObject([{ address: 'o', error: { code: 'machine.unknown' } }])
  expect(await failureOf(runtime.send('o', { type: 'GO' }))).toMatchObject({ code: 'actor.quarantined' })
  expect(await failureOf(runtime.ended('o'))).toMatchObject({ code: 'machine.unknown' })
  await runtime.close()
  const again = await world([other])
  Object.assign(again.data, one.data)
  runtime = await again.open()
  await runtime.send('o', { type: 'GO' })
  expect(await runtime.snapshot('o')).toMatchObject({ value: 'b' })
  await runtime.close()
})

test('a quarantined actor can be cancelled', async () => {
  const one = world([collector])
  let runtime = await one.open()
  await runtime.spawn(collector, { id: 'bad' })
  await runtime.close()
  const { id } = one.data.addresses.get('bad')!
  one.data.snapshots.put({
    ...one.data.snapshots.get(id)!,
    data: '{"status":"active","value":"nowhere","context":{},"children":{}}',
  })
  runtime = await one.open()
  await runtime.send('bad', { type: 'N', n: 1 })
  await runtime.idle()
  expect(runtime.quarantined).toMatchObject([{ address: 'bad', error: { code: 'machine.version' } }])
  await runtime.cancel('bad', 'beyond repair')
  expect(await runtime.store.actor('bad')).toMatchObject({ status: 'stopped' })
  expect(await runtime.store.conservation()).toMatchObject({ waiting: 0 })
  await runtime.close()
})

test('a judge that throws fails the run, and nothing else', async () => {
  const one = world([collector])
  const runtime = await one.open({
    judge: () => {
      throw new Error('no verdict')
    },
  })
  await runtime.spawn(collector, { id: 'r', run: { agent: 'a', task: null, options: null } })
  await runtime.send('r', { type: 'END' })
  await runtime.ended('r')
  expect(await runtime.store.run('r')).toMatchObject({ status: 'failed' })
  await passTime(one, runtime, 0)
  await runtime.close()
})
