import { expect, test } from 'vitest'
import { type AnyEventObject, assign, fromPromise, raise, sendTo, setup } from 'xstate'
import type { StoredLetter } from '../../src/runtime/letter-text.ts'
import { heldStore } from '../support/held-store.ts'
import { at, collector, seenIn } from '../support/machines.ts'
import { world } from '../support/world.ts'

test('C9: a revision grows by one a turn', async () => {
  const one = world([collector])
  const runtime = await one.open()
  await runtime.spawn(collector, { id: 'c' })
  for (let n = 0; n < 5; n++) await runtime.send('c', { type: 'N', n })
  const rows = await runtime.store.journal()
  expect(rows.map((row) => row.revision)).toEqual([1, 2, 3, 4, 5, 6])
  expect(await runtime.store.actor('c')).toMatchObject({ revision: 6 })
  await runtime.close()
})

test('C10 C40: a message that makes the machine throw is tried again, then set aside, and changes nothing', async () => {
  const one = world([collector])
  const runtime = await one.open()
  await runtime.spawn(collector, { id: 'c' })
  const rows = (await runtime.store.journal()).length
  await runtime.send('c', { type: 'BAD' })
  await runtime.idle()
  expect((await runtime.store.journal()).length).toBe(rows)
  expect(await runtime.store.dead()).toMatchObject([{ target: 'c', reason: 'machine.threw' }])
  await runtime.send('c', { type: 'N', n: 1 })
  expect(seenIn(await runtime.snapshot('c'))).toEqual([1])
  await runtime.close()
})

test('C10: the count of attempts survives a restart', async () => {
  let throws = 0
  const machine = setup({ types: { events: {} as AnyEventObject } }).createMachine({
    id: 'thrower',
    context: {},
    on: {
      BAD: {
        actions: assign(() => {
          throws++
          throw new Error('always')
        }),
      },
    },
  })
  const one = world([machine])
  const limits = { turnsPerCommit: 1, attempts: 4 }
  let held!: ReturnType<typeof heldStore>
  const first = await one.open({
    limits,
    wrap: (store) => {
      held = heldStore(store)
      return held
    },
  })
  await first.spawn(machine, { id: 't' })
  await first.idle()
  held.hold()
  const sent = first.send('t', { type: 'BAD' })
  await held.waiting() // one attempt was made, and is in this commit
  held.release()
  held.hold()
  await sent
  held.refuse(new Error('dies here'))
  await first.close()
  const stored = (await one.data.mail.list()).map((row) => row.attempts)
  expect(stored).toEqual([1])
  const before = throws
  const second = await one.open({ limits })
  await second.idle()
  expect(throws - before).toBe(3)
  expect(await second.store.dead()).toMatchObject([{ reason: 'machine.threw' }])
  await second.close()
})

test('C11: turns of many actors share a commit, a bad one holds back none, and what is taken at once is never mail', async () => {
  const one = world([collector])
  const commits: string[][] = []
  const runtime = await one.open({
    wrap: (store) => ({
      ...store,
      commit: async (commit) => {
        commits.push(commit.writes.map((write) => write.do))
        await store.commit(commit)
      },
    }),
  })
  const names = Array.from({ length: 6 }, (_, i) => `c${i}`)
  await Promise.all(names.map((id) => runtime.spawn(collector, { id })))
  await runtime.idle()
  commits.length = 0
  await Promise.all(names.map((id, i) => runtime.send(id, i === 3 ? { type: 'BAD' } : { type: 'N', n: i })))
  await runtime.idle()
  expect(commits).toHaveLength(1)
  expect(commits[0]).not.toContain('mail.add')
  expect(seenIn(await runtime.snapshot('c4'))).toEqual([4])
  expect(await runtime.store.dead()).toHaveLength(1)
  await runtime.close()
})

test('C13 C14: a running call blocks nobody, and its result waits its turn like any message', async () => {
  const answer = Promise.withResolvers<string>()
  const machine = setup({
    types: { context: {} as { seen: unknown[] }, events: {} as AnyEventObject },
    actors: { work: fromPromise(() => answer.promise) },
  }).createMachine({
    id: 'busy',
    context: { seen: [] },
    invoke: {
      src: 'work',
      onDone: { actions: assign({ seen: ({ context, event }) => [...context.seen, event.output] }) },
    },
    on: { N: { actions: assign({ seen: ({ context, event }) => [...context.seen, event.n] }) } },
  })
  const one = world([machine])
  const runtime = await one.open()
  await runtime.spawn(machine, { id: 'b' })
  await runtime.send('b', { type: 'N', n: 1 })
  expect(seenIn(await runtime.snapshot('b'))).toEqual([1])
  answer.resolve('answered')
  await runtime.idle()
  await runtime.send('b', { type: 'N', n: 2 })
  expect(seenIn(await runtime.snapshot('b'))).toEqual([1, 'answered', 2])
  await runtime.close()
})

test('C15: a child that is spawned and sent to in one turn gets the message', async () => {
  const machine = setup({ actors: { collector } }).createMachine({
    id: 'parent',
    entry: sendTo('kid', { type: 'N', n: 'hello' }),
    invoke: { src: 'collector', id: 'kid' },
  })
  const one = world([machine])
  const runtime = await one.open()
  await runtime.spawn(machine, { id: 'p' })
  await runtime.idle()
  expect(seenIn(await runtime.snapshot('p/kid'))).toEqual(['hello'])
  expect(await runtime.store.dead()).toEqual([])
  await runtime.close()
})

test('C27: messages sent in one turn have ids of their own, the same at every replay', async () => {
  const ids: string[][] = []
  for (let round = 0; round < 2; round++) {
    const one = world()
    const runtime = await one.open()
    const machine = setup({ types: { events: {} as AnyEventObject } }).createMachine({
      id: 'twice',
      on: { GO: { actions: [sendTo(at('c'), { type: 'N' } as never), sendTo(at('c'), { type: 'N' } as never)] } },
    })
    if (round === 1) await runtime.spawn(collector, { id: 'someone-else' }) // other numbers, same ids
    await runtime.spawn(collector, { id: 'c' })
    await runtime.spawn(machine, { id: 't' })
    await runtime.send('t', { type: 'GO' })
    await runtime.idle()
    const actor = (await runtime.store.actor('c'))!
    const rows = await runtime.store.journal({ actor: actor.id })
    ids.push(rows.flatMap((row) => (JSON.parse(row.message) as StoredLetter).id ?? []))
    await runtime.close()
  }
  expect(ids[0]).toHaveLength(2)
  expect(new Set(ids[0]).size).toBe(2)
  expect(ids[1]).toEqual(ids[0])
})

test('BAD 11: an always cycle is machine.loop; its message is set aside and the actor lives', async () => {
  const machine = setup({ types: { events: {} as AnyEventObject } }).createMachine({
    id: 'spin',
    initial: 'still',
    on: { PING: {} },
    states: { still: { on: { SPIN: 'a' } }, a: { always: 'b' }, b: { always: 'a' } },
  })
  const one = world([machine])
  const runtime = await one.open()
  await runtime.spawn(machine, { id: 's' })
  await runtime.send('s', { type: 'SPIN' })
  await runtime.idle()
  expect(await runtime.store.dead()).toMatchObject([{ target: 's', reason: 'machine.loop' }])
  expect(await runtime.snapshot('s')).toMatchObject({ status: 'active', value: 'still' })
  await runtime.close()
})

test('BAD 12: a raise cycle is machine.loop; at birth it ends the actor, typed', async () => {
  const machine = setup({ types: { events: {} as AnyEventObject } }).createMachine({
    id: 'echo',
    initial: 'a',
    states: { a: { entry: raise({ type: 'AGAIN' }), on: { AGAIN: { target: 'a', reenter: true } } } },
  })
  const one = world([machine])
  const runtime = await one.open()
  await runtime.spawn(machine, { id: 'e' })
  expect(await runtime.ended('e')).toMatchObject({ status: 'error', error: { code: 'machine.loop' } })
  await runtime.close()
})

for (const [number, delay] of [
  ['9', 99_999_999_999_999],
  ['10', -5],
  ['10', Number.NaN],
] as const)
  test(`BAD ${number}: a delay of ${delay} that is computed as it runs is refused, and the actor lives`, async () => {
    const machine = setup({ types: { events: {} as AnyEventObject }, delays: { some: () => delay } }).createMachine({
      id: 'delayed',
      initial: 'a',
      states: { a: { on: { GO: 'b' } }, b: { after: { some: 'a' } } },
    })
    const one = world([machine])
    const runtime = await one.open()
    await runtime.spawn(machine, { id: 'd' })
    await runtime.send('d', { type: 'GO' })
    await runtime.idle()
    expect(await runtime.store.dead()).toMatchObject([{ target: 'd', reason: 'machine.invalid' }])
    expect(await runtime.snapshot('d')).toMatchObject({ value: 'a' })
    await runtime.close()
  })
