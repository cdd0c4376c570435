// Closing: what is under way may end within its grace, and what may not goes on at the next opening (C35). And what is told meanwhile.
import { expect, test } from 'vitest'
import { assign, sendTo, setup } from 'xstate'
import type { CallPart } from '../../src/runtime/state.ts'
import type { Store } from '../../src/runtime/store.ts'
import { oneCall, statuses } from '../support/one-call.ts'
import { breath, passTime, world } from '../support/world.ts'

test('C35: a call that ends within the grace is committed with its result, and what that leads to', async () => {
  const one = oneCall()
  const runtime = await one.open()
  await runtime.spawn(one.machine, { id: 'a' })
  await breath()
  const closed = runtime.close({ graceMs: 1000 })
  await breath()
  expect(one.attempts[0]!.context.signal.aborted).toBe(false)
  one.attempts[0]!.answer.resolve({ output: 'found' })
  await closed
  const again = await one.open()
  expect((await again.ended('a')).output).toMatchObject({ result: 'found' })
  expect(one.attempts).toHaveLength(1)
  await again.close()
})

test('C35: a call that does not is aborted, and made again at the next opening', async () => {
  const one = oneCall()
  const runtime = await one.open()
  await runtime.spawn(one.machine, { id: 'a' })
  await breath()
  const closed = runtime.close({ graceMs: 1000 })
  await breath()
  one.clock.advance(999)
  await breath()
  expect(one.attempts[0]!.context.signal.aborted).toBe(false)
  one.clock.advance(1)
  await closed
  const { signal } = one.attempts[0]!.context
  expect(signal.reason).toMatchObject({ code: 'system.closed' })
  const again = await one.open()
  await breath()
  one.attempts[1]!.answer.resolve({ output: 'found later' })
  expect((await again.ended('a')).output).toMatchObject({ result: 'found later' })
  expect(await statuses(again)).toEqual(['1 interrupted', '2 started', '2 done'])
  await again.close()
})

test('C23: parts of a running call are told with its id and attempt, and nothing of them is stored', async () => {
  const one = oneCall()
  const runtime = await one.open()
  const parts: CallPart[] = []
  runtime.subscribeParts((part) => parts.push(part))
  await runtime.spawn(one.machine, { id: 'a' })
  await breath()
  one.attempts[0]!.context.progress({ text: 'half', offset: 0 })
  const about = { address: 'a', run: 'a', call: 'a/1/1/0', attempt: 1 }
  expect(parts).toEqual([{ ...about, part: { text: 'half', offset: 0 } }])
  one.attempts[0]!.answer.resolve({ output: 'all' })
  await runtime.ended('a')
  const rows = [await runtime.store.journal({}), await runtime.store.calls({}), await runtime.store.outcomes({})]
  expect(JSON.stringify(rows)).not.toContain('half')
  await runtime.close()
})

/** Sends itself a message for each it takes, up to a number: it always has something to do. */
const busy = setup({ types: { context: {} as { taken: number }, events: {} as { type: 'GO' } } }).createMachine({
  id: 'busy',
  context: { taken: 0 },
  on: {
    GO: {
      guard: ({ context }) => context.taken < 5_000,
      actions: [assign({ taken: ({ context }) => context.taken + 1 }), sendTo(({ self }) => self, { type: 'GO' })],
    },
  },
})

const quiet = setup({ types: { events: {} as { type: 'GO' } } }).createMachine({
  id: 'quiet',
  initial: 'waiting',
  states: { waiting: { on: { GO: 'heard' } }, heard: { type: 'final' } },
})

test('C33: an actor that always has something to do holds up nobody, and has a bounded part of a commit', async () => {
  const place = world([busy, quiet])
  let most = 0
  const wrap = (store: Store): Store => ({
    ...store,
    commit: (given) => {
      most = Math.max(most, given.writes.filter((write) => write.do === 'journal.add').length)
      return store.commit(given)
    },
  })
  const runtime = await place.open({ wrap, limits: { turnsPerCommit: 100 } })
  await runtime.spawn(busy, { id: 'busy' })
  await runtime.spawn(quiet, { id: 'quiet' })
  await Promise.all([runtime.send('busy', { type: 'GO' }), runtime.send('quiet', { type: 'GO' })])
  await passTime(place, runtime, 0)
  expect(await runtime.snapshot('busy')).toMatchObject({ context: { taken: 5_000 } })
  const turnsOf = async (address: string) =>
    runtime.store.journal({ actor: (await runtime.store.actor(address))!.id, limit: 10_000 })
  const heard = (await turnsOf('quiet')).at(-1)!
  expect((await turnsOf('busy')).filter(({ seq }) => seq < heard.seq).length).toBeLessThan(5)
  expect(most).toBeLessThanOrEqual(101)
  await runtime.close()
})
