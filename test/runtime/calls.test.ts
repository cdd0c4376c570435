import { expect, test } from 'vitest'
import { type AnyEventObject, assign, setup } from 'xstate'
import type { CallContext, CallResult, CallSpec } from '../../src/runtime/call.ts'
import { TroupeError } from '../../src/runtime/errors.ts'
import { fromCall } from '../../src/runtime/kernel.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { failureOf, passTime, type World, world } from '../support/world.ts'

type Attempt = { context: CallContext; answer: PromiseWithResolvers<CallResult<string>> }
type Failure = { code: string; message: string }

/** A machine with one call that the test answers by hand. */
const oneCall = (spec: Partial<CallSpec<string, string>> = {}) => {
  const attempts: Attempt[] = []
  const work = fromCall<string, string>({
    kind: 'tool',
    name: (input) => input,
    interrupted: 'retry',
    run: (_input, context) => {
      const answer = Promise.withResolvers<CallResult<string>>()
      attempts.push({ context, answer })
      return answer.promise
    },
    ...spec,
  })
  const machine = setup({
    types: {
      context: {} as { result: string | null; error: Failure | null },
      events: {} as AnyEventObject,
      output: {} as { result: string | null; error: Failure | null },
    },
    actors: { work },
  }).createMachine({
    id: 'caller',
    context: { result: null, error: null },
    initial: 'calling',
    states: {
      calling: {
        invoke: {
          src: 'work',
          id: 'work',
          input: 'search',
          onDone: { target: 'over', actions: assign({ result: ({ event }) => event.output }) },
          onError: { target: 'over', actions: assign({ error: ({ event }) => event.error as Failure }) },
        },
        on: { STOP: 'stopped', AGAIN: { target: 'calling', reenter: true } },
      },
      stopped: {},
      over: { type: 'final' },
    },
    output: ({ context }) => context,
  })
  return { ...world([machine]), machine, attempts }
}

const statuses = async ({ store }: Runtime): Promise<string[]> =>
  (await store.outcomes({})).map((row) => `${row.attempt} ${row.status}`)

const killAndReopen = async (one: World, runtime: Runtime): Promise<Runtime> => {
  await runtime.close({ graceMs: 0 })
  return one.open()
}

test('C16 C18: an interrupted `retry` call runs again with the same id and the next attempt', async () => {
  const one = oneCall()
  const first = await one.open()
  await first.spawn(one.machine, { id: 'a' })
  const second = await killAndReopen(one, first)
  expect(one.attempts[0]!.context.signal.aborted).toBe(true)
  one.attempts[0]!.answer.resolve({ output: 'too late' })
  const ended = second.ended('a')
  await new Promise((resolve) => setImmediate(resolve))
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
  await new Promise((resolve) => setImmediate(resolve))
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
      await new Promise((resolve) => setImmediate(resolve))
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
  await new Promise((resolve) => setImmediate(resolve))
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

test('C19: a result that waits in the mailbox when its call is cancelled is not delivered', async () => {
  const one = oneCall()
  const runtime = await one.open()
  await runtime.spawn(one.machine, { id: 'a' })
  one.attempts[0]!.answer.resolve({ output: 'found' })
  // More urgent than the result that is on its way.
  await runtime.send('a', { type: 'STOP' }, { priority: 1 })
  await runtime.idle()
  expect(await runtime.snapshot('a')).toMatchObject({ value: 'stopped' })
  expect(await runtime.store.conservation()).toMatchObject({ waiting: 0 })
  await runtime.close()
})

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
    await new Promise((resolve) => setImmediate(resolve))
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
  await new Promise((resolve) => setImmediate(resolve))
  expect(one.attempts).toHaveLength(4)
  for (let n = 2; n < 7; n++) {
    one.attempts[n]!.answer.resolve({ output: 'found' })
    await new Promise((resolve) => setImmediate(resolve))
  }
  await runtime.idle()
  expect(runtime.status()).toEqual([])
  await runtime.close()
})
