import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AnyEventObject, assign, fromPromise, raise, sendTo, setup } from 'xstate'
import { apply } from '../../src/runtime/patch.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import type { Store } from '../../src/runtime/store.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { crashStore } from '../support/crash-store.ts'
import { at, seenIn } from '../support/machines.ts'
import { passTime, type World, world } from '../support/world.ts'

/** Does everything a message can come to: applied, thrown over, expired, passed on, delayed, lost, purged, ended. */
const busy = setup({
  types: { context: {} as { seen: unknown[] }, events: {} as AnyEventObject },
  actors: { work: fromPromise(async () => 'result') },
}).createMachine({
  id: 'busy',
  context: { seen: [] },
  initial: 'open',
  on: {
    N: { actions: assign({ seen: ({ context, event }) => [...context.seen, event.n] }) },
    BAD: {
      actions: assign(() => {
        throw new Error('bad')
      }),
    },
    PASS: { actions: sendTo(({ event }) => at(event.to as string), { type: 'N', n: 'passed' } as never) },
    LATER: { actions: raise({ type: 'N', n: 'later' } as AnyEventObject, { delay: 50 }) },
    CALL: '.calling',
    BACK: '.open',
    END: '.over',
  },
  states: { open: {}, calling: { invoke: { src: 'work' } }, over: { type: 'final' } },
})

const addresses = ['a', 'b']
const action = fc.oneof(
  fc.record({
    do: fc.constant('send' as const),
    to: fc.constantFrom(...addresses, 'nobody'),
    type: fc.constantFrom('N', 'N', 'BAD', 'PASS', 'LATER', 'CALL', 'BACK', 'END', '', 'xstate.stop'),
    expired: fc.boolean(),
  }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.nat(60) }),
  fc.record({ do: fc.constant('reopen' as const) }),
  fc.record({ do: fc.constant('crash' as const), at: fc.integer({ min: 1, max: 6 }), after: fc.boolean() }),
  fc.record({ do: fc.constant('cancel' as const), to: fc.constantFrom(...addresses) }),
)
type Action = typeof action extends fc.Arbitrary<infer One> ? One : never

/** Looks after every commit whether the books are even. */
const audited = (store: Store, uneven: unknown[]): Store => ({
  ...store,
  commit: async (commit) => {
    await store.commit(commit)
    const { accepted, applied, waiting, dead, expired, purged } = await store.conservation()
    if (accepted !== applied + waiting + dead + expired + purged)
      uneven.push({ accepted, applied, waiting, dead, expired, purged })
  },
})

const play = async (one: World, actions: readonly Action[], uneven: unknown[]) => {
  const open = (wrap: (store: Store) => Store = (store) => store) =>
    one.open({ limits: { turnsPerCommit: 2 }, wrap: (store) => wrap(audited(store, uneven)) })
  let runtime: Runtime = await open()
  const promises: Promise<unknown>[] = []
  const quietly = (promise: Promise<unknown>) => promises.push(promise.catch(() => {}))
  for (const id of addresses) await runtime.spawn(busy, { id })
  for (const [n, step] of actions.entries()) {
    if (step.do === 'send')
      quietly(
        runtime.send(
          step.to,
          { type: step.type, n, to: 'b' },
          step.expired ? { expiresAt: one.clock.now() } : n % 3 === 0 ? { id: `m${n}` } : {},
        ),
      )
    else if (step.do === 'advance') one.clock.advance(step.ms)
    else if (step.do === 'cancel') quietly(runtime.cancel(step.to, 'enough'))
    else {
      await runtime.close({ graceMs: 0 })
      runtime = await open(
        step.do === 'crash'
          ? (store) => crashStore(store, { at: step.at, when: step.after ? 'after' : 'before' })
          : undefined,
      )
    }
  }
  await runtime.close({ graceMs: 0 })
  await Promise.all(promises)
  runtime = await open()
  await passTime(one, runtime, 1000)
  const books = await runtime.store.conservation()
  await runtime.close()
  return books
}

test('C41: accepted = applied + waiting + dead + expired + purged after every commit, whatever fails', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
      const uneven: unknown[] = []
      const books = await play(world([busy]), actions, uneven)
      expect(uneven).toEqual([])
      expect(books.waiting).toBe(0)
    }),
    { numRuns: 120, seed: 41 },
  )
})

test('C41: what is lost between actors and what nobody waits for any more is in the books too', async () => {
  const one = world([busy])
  const uneven: unknown[] = []
  const runtime = await one.open({ wrap: (store) => audited(store, uneven) })
  for (const id of addresses) await runtime.spawn(busy, { id })
  await runtime.send('a', { type: 'CALL' })
  await runtime.send('a', { type: 'BACK' }, { priority: 1 }) // taken before the result that is on its way
  await runtime.send('a', { type: 'PASS', to: 'nobody' })
  await runtime.send('b', { type: 'LATER' })
  await runtime.send('b', { type: 'END' })
  await passTime(one, runtime, 1000)
  await runtime.send('a', { type: 'PASS', to: 'b' })
  await runtime.idle()
  expect(uneven).toEqual([])
  expect(await runtime.store.conservation()).toMatchObject({ dead: 2, waiting: 0 })
  await runtime.close()
})

test('C43: trimming the journal changes nothing: the same state, the next numbers, the same answers', async () => {
  const one = world([busy])
  let runtime = await one.open()
  await runtime.spawn(busy, { id: 'a' })
  for (let n = 0; n < 200; n++) await runtime.send('a', { type: 'N', n: `${n}`.padEnd(60, '.') })
  await runtime.send('a', { type: 'LATER' })
  await runtime.close()
  const before = structuredClone(one.data.meta)
  // Only where the snapshot alone says all; make it so, as a store that is compacted does.
  const row = one.data.actors.get(one.data.addresses.get('a')!.id)!
  const reading = await one.open()
  const state = await reading.snapshot('a')
  await reading.close()
  one.data.snapshots.put({ actor: row.id, revision: row.revision, data: JSON.stringify(state) })
  const rows = one.data.journal.list().length
  const store = memoryStore({ data: one.data })
  const meta = await store.open({ now: one.clock.now() })
  await store.commit({
    epoch: meta.epoch,
    seq: meta.seq,
    at: meta.at,
    counters: meta.counters,
    writes: [{ do: 'journal.trim', before: meta.seq + 1 }],
  })
  await store.close()
  expect(one.data.journal.list().length).toBeLessThan(rows)
  runtime = await one.open()
  expect(await runtime.snapshot('a')).toEqual(state)
  await runtime.send('a', { type: 'N', n: 'after' })
  await passTime(one, runtime, 1000)
  expect(seenIn(await runtime.snapshot('a')).slice(-2)).toEqual(['after', 'later'])
  const [first] = await runtime.store.journal()
  expect(first!.seq).toBeGreaterThan(before.seq)
  expect(first!.revision).toBe(row.revision + 1)
  await runtime.close()
})

test('C43: patches folded from the journal give the state at every revision', async () => {
  const one = world([busy])
  const runtime = await one.open()
  await runtime.spawn(busy, { id: 'a' })
  for (let n = 0; n < 150; n++) await runtime.send('a', { type: 'N', n: `${n}`.padEnd(60, '.') })
  let state: Parameters<typeof apply>[0] = null
  for (const { patch } of await runtime.store.journal())
    state = patch === null ? state : apply(state, JSON.parse(patch))
  expect(state).toEqual(await runtime.snapshot('a'))
  expect(one.data.snapshots.get(one.data.addresses.get('a')!.id)!.revision).toBeGreaterThan(1) // and it was rewritten
  await runtime.close()
})
