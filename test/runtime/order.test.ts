import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crashStore } from '../support/crash-store.ts'
import { collector, forwarder, seenIn } from '../support/machines.ts'
import { world } from '../support/world.ts'

const senders = ['a', 'b', 'c']
type Sent = { sender: string; withId: boolean }

const plan = fc.record({
  sends: fc.array(fc.record({ sender: fc.constantFrom(...senders), withId: fc.boolean() }), { maxLength: 20 }),
  restarts: fc.array(fc.nat(20), { maxLength: 3 }),
  turnsPerCommit: fc.constantFrom(1, 2, 512),
  crashAt: fc.integer({ min: 1, max: 30 }),
})

const numbered = (sends: readonly Sent[]) => {
  const next = new Map<string, number>()
  return sends.map((one) => {
    const n = next.get(one.sender) ?? 0
    next.set(one.sender, n + 1)
    return { ...one, n }
  })
}

test('C12: messages of one sender to one receiver arrive in order, across restarts, whatever others do', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async ({ sends, restarts, turnsPerCommit }) => {
      const one = world([collector, forwarder])
      const limits = { turnsPerCommit }
      let runtime = await one.open({ limits })
      await runtime.spawn(collector, { id: 'sink' })
      for (const name of senders) await runtime.spawn(forwarder, { id: name, input: { name } })
      const all = numbered(sends)
      for (const [i, { sender, withId, n }] of all.entries()) {
        const event = { type: 'PASS', to: 'sink', n }
        // Not awaited: what is sent first must arrive first even so.
        runtime.send(sender, event, withId ? { id: `${sender}${n}` } : {}).catch(() => {})
        if (!restarts.includes(i)) continue
        await runtime.close({ graceMs: 0 })
        runtime = await one.open({ limits })
      }
      await runtime.close()
      runtime = await one.open({ limits })
      await runtime.idle()
      const seen = seenIn(await runtime.snapshot('sink')) as string[]
      if (!restarts.some((i) => i < sends.length)) expect(seen).toHaveLength(sends.length)
      for (const name of senders) {
        const own = seen.filter((text) => text.startsWith(name))
        expect(own).toEqual(own.toSorted((x, y) => Number(x.slice(2)) - Number(y.slice(2))))
        expect(new Set(own).size).toBe(own.length)
      }
      await runtime.close()
    }),
    { numRuns: 60, seed: 12 },
  )
})

test('C12 C1: the same when the process dies at any commit: what arrives is in order, and holds all that was acknowledged', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async ({ sends, turnsPerCommit, crashAt }) => {
      const one = world([collector])
      const limits = { turnsPerCommit }
      let runtime = await one.open({ limits, wrap: (store) => crashStore(store, { at: crashAt, when: 'after' }) })
      const spawned = await runtime.spawn(collector, { id: 'sink' }).then(
        () => true,
        () => false,
      )
      if (!spawned) return runtime.close()
      const acknowledged: number[] = []
      const pending = sends.map(({ withId }, n) =>
        runtime.send('sink', { type: 'N', n }, withId ? { id: `m${n}` } : {}).then(
          () => void acknowledged.push(n),
          () => {},
        ),
      )
      await Promise.all(pending)
      await runtime.close({ graceMs: 0 })
      runtime = await one.open({ limits })
      await runtime.idle()
      const seen = seenIn(await runtime.snapshot('sink')) as number[]
      expect(seen).toEqual(seen.toSorted((x, y) => x - y))
      expect(seen).toEqual(expect.arrayContaining(acknowledged))
      await runtime.close()
    }),
    { numRuns: 60, seed: 13 },
  )
})

test('C13: what is more urgent is taken first among what waits, in the order it came, and also after a restart', async () => {
  const one = world([collector])
  let runtime = await one.open()
  await runtime.spawn(collector, { id: 'c' })
  const priorities = [0, -1, 1, 0, 1] as const
  const sent = priorities.map((priority, n) => runtime.send('c', { type: 'N', n }, { priority }))
  await Promise.all(sent)
  expect(seenIn(await runtime.snapshot('c'))).toEqual([2, 4, 0, 3, 1])
  const waiting = priorities.map((priority, n) => runtime.send('c', { type: 'N', n }, { priority }).catch(() => {}))
  await runtime.close({ graceMs: 0 })
  await Promise.all(waiting)
  runtime = await one.open()
  await runtime.idle()
  expect(seenIn(await runtime.snapshot('c')).slice(5)).toEqual([2, 4, 0, 3, 1])
  await runtime.close()
})

test('a message that has expired is not delivered: it is kept as a dead letter and counted as expired', async () => {
  const one = world([collector])
  const runtime = await one.open()
  await runtime.spawn(collector, { id: 'c' })
  await runtime.send('c', { type: 'N', n: 1 }, { expiresAt: one.clock.now() })
  await runtime.send('c', { type: 'N', n: 2 }, { expiresAt: one.clock.now() + 1 })
  expect(seenIn(await runtime.snapshot('c'))).toEqual([2])
  expect(await runtime.store.dead()).toMatchObject([{ target: 'c', reason: 'message.expired' }])
  expect(runtime.counters()).toMatchObject({ expired: 1, dead: 0 })
  await runtime.close()
})
