import { expect, test } from 'vitest'
import { type HeldStore, heldStore } from '../support/held-store.ts'
import { killAndReopen, oneCall, statuses } from '../support/one-call.ts'
import { breath, failureOf, passTime } from '../support/world.ts'

test('C16 C18: an interrupted `retry` call runs again with the same id and the next attempt', async () => {
  const one = oneCall()
  const first = await one.open()
  await first.spawn(one.machine, { id: 'a' })
  const second = await killAndReopen(one, first)
  expect(one.attempts[0]!.context.signal.aborted).toBe(true)
  one.attempts[0]!.answer.resolve({ output: 'too late' })
  const ended = second.ended('a')
  await breath()
  one.attempts[1]!.answer.resolve({ output: 'found' })
  expect(await ended).toMatchObject({ output: { result: 'found', error: null } })
  expect(one.attempts.map(({ context }) => [context.callId, context.attempt])).toEqual([
    ['a/1/1/0', 1],
    ['a/1/1/0', 2],
  ])
  expect(await statuses(second)).toEqual(['1 interrupted', '2 started', '2 done'])
  await second.close()
})

test('C18: an interrupted `once` call never runs again; its actor hears call.unknown', async () => {
  const one = oneCall({ interrupted: 'once' })
  const first = await one.open()
  await first.spawn(one.machine, { id: 'a' })
  const second = await killAndReopen(one, first)
  const { output } = await second.ended('a')
  expect(output).toMatchObject({ result: null, error: { code: 'call.unknown' } })
  expect(one.attempts).toHaveLength(1)
  expect(await statuses(second)).toEqual(['1 unknown'])
  await second.close()
})

test('C18: an interrupted `ask` call waits for a person, over restarts; `retry` runs it again', async () => {
  const one = oneCall({ interrupted: 'ask' })
  const first = await one.open()
  await first.spawn(one.machine, { id: 'a' })
  const second = await killAndReopen(one, first)
  await passTime(one, second)
  const third = await killAndReopen(one, second)
  await passTime(one, third)
  expect(one.attempts).toHaveLength(1)
  await third.decide('a/1/1/0', 'retry')
  await breath()
  expect(one.attempts[1]!.context).toMatchObject({ callId: 'a/1/1/0', attempt: 2 })
  expect(await failureOf(third.decide('a/1/1/0', 'retry'))).toMatchObject({ code: 'call.failed' })
  one.attempts[1]!.answer.resolve({ output: 'found' })
  expect((await third.ended('a')).output).toMatchObject({ result: 'found' })
  expect(await statuses(third)).toEqual(['1 parked', '2 started', '2 done'])
  await third.close()
})

test('C18: a person may also leave an `ask` call undone: the actor hears call.unknown', async () => {
  const one = oneCall({ interrupted: 'ask' })
  const first = await one.open()
  await first.spawn(one.machine, { id: 'a' })
  const second = await killAndReopen(one, first)
  await second.decide('a/1/1/0', 'fail')
  expect((await second.ended('a')).output).toMatchObject({ error: { code: 'call.unknown' } })
  expect(one.attempts).toHaveLength(1)
  expect(await failureOf(second.decide('a/1/1/0', 'fail'))).toMatchObject({ code: 'call.failed' })
  await second.close()
})

test('C18 C20: a `once` call that gives no answer in time is not tried again; a `retry` call is', async () => {
  for (const [interrupted, times] of [
    ['once', 1],
    ['retry', 2],
  ] as const) {
    const one = oneCall({ interrupted, timeoutMs: 1000, maxAttempts: 2 })
    const runtime = await one.open()
    await runtime.spawn(one.machine, { id: 'a' })
    const ended = runtime.ended('a')
    for (let i = 0; i < 8; i++) {
      one.clock.advance(1000)
      await breath()
    }
    expect((await ended).output).toMatchObject({ error: { code: 'call.timeout' } })
    expect(one.attempts).toHaveLength(times)
    expect(one.attempts[0]!.context.signal.aborted).toBe(true)
    await runtime.close()
  }
})

test('BAD 48: a call that never answers ends at its deadline, and its actor hears call.timeout', async () => {
  const one = oneCall({ interrupted: 'once', timeoutMs: 5_000 })
  const runtime = await one.open()
  await runtime.spawn(one.machine, { id: 'a' })
  const ended = runtime.ended('a')
  one.clock.advance(4_999)
  await breath()
  expect(runtime.status('a')).toHaveLength(1)
  one.clock.advance(1)
  expect((await ended).output).toMatchObject({ error: { code: 'call.timeout' } })
  await runtime.close()
})

test('C19: what a cancelled call answers is recorded as late and delivered to nobody', async () => {
  const one = oneCall()
  const runtime = await one.open()
  await runtime.spawn(one.machine, { id: 'a' })
  await runtime.send('a', { type: 'STOP' })
  expect(one.attempts[0]!.context.signal.aborted).toBe(true)
  one.attempts[0]!.answer.resolve({ output: 'too late' })
  await runtime.idle()
  expect(await runtime.snapshot('a')).toMatchObject({ value: 'stopped', context: { result: null } })
  expect(await statuses(runtime)).toEqual(['1 cancelled', '1 late'])
  expect((await runtime.store.outcomes({})).at(-1)).toMatchObject({ result: '"too late"' })
  expect(await runtime.store.mail()).toEqual([])
  await runtime.close()
})

test("C19: a call made again under the same name is another call: the first one's answer is not taken for its own", async () => {
  const one = oneCall()
  const runtime = await one.open()
  await runtime.spawn(one.machine, { id: 'a' })
  await runtime.send('a', { type: 'AGAIN' })
  one.attempts[0]!.answer.resolve({ output: 'first' })
  one.attempts[1]!.answer.resolve({ output: 'second' })
  expect((await runtime.ended('a')).output).toMatchObject({ result: 'second' })
  expect(one.attempts[0]!.context.callId).not.toBe(one.attempts[1]!.context.callId)
  await runtime.close()
})

test('C19: a result that waits in the mailbox when its call is made anew is not taken for the new one', async () => {
  const one = oneCall()
  let held!: HeldStore
  const runtime = await one.open({
    limits: { turnsPerCommit: 1 },
    wrap: (store) => {
      held = heldStore(store)
      return held
    },
  })
  await runtime.spawn(one.machine, { id: 'a' })
  held.hold()
  const sends = [runtime.send('a', { type: 'N' })]
  await breath()
  sends.push(runtime.send('a', { type: 'N' })) // the batch is full now: no more turns
  await breath()
  one.attempts[0]!.answer.resolve({ output: 'first' })
  await breath()
  sends.push(runtime.send('a', { type: 'AGAIN' }, { priority: 1 })) // more urgent than the result
  held.release()
  await Promise.all(sends)
  await breath()
  expect(one.attempts).toHaveLength(2)
  one.attempts[1]!.answer.resolve({ output: 'second' })
  expect((await runtime.ended('a')).output).toMatchObject({ result: 'second' })
  expect(runtime.counters()).toMatchObject({ purged: 1 })
  const { accepted, applied, waiting, purged } = await runtime.store.conservation()
  expect(accepted).toBe(applied + waiting + purged)
  await runtime.close()
})
