import { expect, test } from 'vitest'
import { TroupeError } from '../../src/runtime/errors.ts'
import { killAndReopen, oneCall, statuses } from '../support/one-call.ts'
import { breath } from '../support/world.ts'

const overloaded = (retryAfterMs?: number) =>
  new TroupeError('model.overloaded', 'too much to do', {
    retryable: true,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })

test('C20: attempts and the time of the next one survive a restart; exhaustion reaches the actor', async () => {
  const one = oneCall({ maxAttempts: 3 })
  let runtime = await one.open()
  await runtime.spawn(one.machine, { id: 'a' })
  for (const n of [0, 1]) {
    one.attempts[n]!.answer.reject(overloaded(10_000))
    await runtime.idle()
    one.clock.advance(9_000)
    runtime = await killAndReopen(one, runtime)
    await runtime.idle()
    expect(one.attempts).toHaveLength(n + 1) // not before its time
    one.clock.advance(1_000)
    await breath()
    expect(one.attempts).toHaveLength(n + 2)
  }
  one.attempts[2]!.answer.reject(overloaded())
  expect((await runtime.ended('a')).output).toMatchObject({ error: { code: 'model.overloaded' } })
  const expected = ['1 retrying', '2 started', '2 retrying', '3 started', '3 failed']
  expect(await statuses(runtime)).toEqual(expected)
  await runtime.close()
})

test('C20: a failure that is not retryable reaches the actor at once', async () => {
  const one = oneCall()
  const runtime = await one.open()
  await runtime.spawn(one.machine, { id: 'a' })
  one.attempts[0]!.answer.reject(new Error('no such thing'))
  const { output } = await runtime.ended('a')
  expect(output).toMatchObject({ error: { code: 'call.failed', message: 'no such thing' } })
  expect(one.attempts).toHaveLength(1)
  await runtime.close()
})

test('C20: a call that its process dies of is given up in the end', async () => {
  const one = oneCall()
  let runtime = await one.open()
  await runtime.spawn(one.machine, { id: 'a' })
  for (let deaths = 0; deaths < 100; deaths++) runtime = await killAndReopen(one, runtime)
  expect((await runtime.ended('a')).output).toMatchObject({ error: { code: 'call.unknown' } })
  expect(one.attempts.length).toBeLessThanOrEqual(100)
  await runtime.close()
})

test('C17: a call that answers what cannot be stored fails, and its actor hears of it', async () => {
  const one = oneCall()
  const runtime = await one.open()
  await runtime.spawn(one.machine, { id: 'a' })
  one.attempts[0]!.answer.resolve({ output: (() => {}) as never })
  expect((await runtime.ended('a')).output).toMatchObject({ error: { code: 'message.unserialisable' } })
  await runtime.close()
})

test('a call whose own name cannot be made fails, and its actor hears of it', async () => {
  const one = oneCall({
    name: () => {
      throw new Error('no name')
    },
  })
  const runtime = await one.open()
  await runtime.spawn(one.machine, { id: 'a' })
  expect((await runtime.ended('a')).output).toMatchObject({ error: { code: 'call.failed', message: 'no name' } })
  await runtime.close()
})

test('C21: no more calls run at once than are allowed; the others wait as rows, over restarts, in order', async () => {
  const one = oneCall()
  const limits = { calls: 2 }
  let runtime = await one.open({ limits })
  for (let n = 0; n < 5; n++) await runtime.spawn(one.machine, { id: `a${n}` })
  expect(one.attempts.map(({ context }) => context.address)).toEqual(['a0', 'a1'])
  expect(await runtime.store.pending()).toHaveLength(5)
  await runtime.close({ graceMs: 0 })
  runtime = await one.open({ limits })
  await breath()
  expect(one.attempts).toHaveLength(4)
  for (let n = 2; n < 7; n++) {
    one.attempts[n]!.answer.resolve({ output: 'found' })
    await breath()
  }
  await runtime.idle()
  expect(runtime.status()).toEqual([])
  await runtime.close()
})
