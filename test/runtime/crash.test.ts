import fc from 'fast-check'
import { expect, test } from 'vitest'
import { callId } from '../../src/runtime/call-rows.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { crashStore } from '../support/crash-store.ts'
import { referenceMachine, referenceResult } from '../support/reference-system.ts'
import { passTime, type World, world } from '../support/world.ts'

type Start = { kind: string; callId: string; attempt: number; opening: number }

/** One turn a commit: as many places to die at as there are turns. */
const limits = { turnsPerCommit: 1 }

const makeWorld = () => {
  const starts: Start[] = []
  let opening = 0
  const machine = referenceMachine((start) => starts.push({ ...start, opening }))
  return { ...world([machine]), machine, starts, nextOpening: () => ++opening }
}

const finish = async (one: World, runtime: Runtime): Promise<unknown> => {
  await passTime(one, runtime)
  const { output } = await runtime.ended('run')
  return output
}

const commitsOf = async (): Promise<number> => {
  const one = makeWorld()
  let commits = 0
  const runtime = await one.open({
    limits,
    wrap: (store) => ({
      ...store,
      commit: async (commit) => {
        commits++
        await store.commit(commit)
      },
    }),
  })
  await runtime.spawn(one.machine, { id: 'run' })
  expect(await finish(one, runtime)).toEqual(referenceResult)
  await runtime.close()
  return commits
}

const crashAt = async (at: number, when: 'before' | 'after') => {
  const one = makeWorld()
  one.nextOpening()
  const first = await one.open({ limits, wrap: (store) => crashStore(store, { at, when }) })
  const spawned = await first.spawn(one.machine, { id: 'run' }).then(
    () => true,
    () => false,
  )
  await passTime(one, first).catch(() => {}) // it dies on the way
  await first.close({ graceMs: 0 })
  const startedBefore = one.starts.length
  one.nextOpening()
  const second = await one.open({ limits })
  const isThere = (await second.store.actor('run')) !== null
  expect(isThere || !spawned).toBe(true) // C1: what was acknowledged is there
  if (!isThere) await second.spawn(one.machine, { id: 'run' })
  expect(await finish(one, second)).toEqual(referenceResult)
  const done = (await second.store.outcomes({})).filter((row) => row.status === 'done')
  await second.close()
  return { starts: one.starts, startedBefore, done }
}

const commits = await commitsOf()
const points = Array.from({ length: commits }, (_, i) => i + 1)

test('the reference system makes enough commits for a matrix', () => {
  expect(commits).toBeGreaterThan(8)
})

for (const when of ['before', 'after'] as const) {
  test(`C6 C16 C17 C18: dying ${when} any commit gives the same result, and no call runs more often than its policy says`, async () => {
    for (const at of points) {
      const { starts, done } = await crashAt(at, when)
      const byCall = Map.groupBy(starts, (start) => start.callId)
      for (const [call, made] of byCall) {
        const attempts = made.map((start) => start.attempt)
        expect(attempts, `${call} at ${at}`).toEqual([...new Set(attempts)].sort()) // never the same attempt twice
        expect(made.length, `${call} at ${at}`).toBeLessThanOrEqual(made[0]!.kind === 'write' ? 1 : 2)
      }
      const calls = done.map((row) => row.call)
      expect(new Set(calls).size).toBe(calls.length) // one result a call
    }
  })
}

/** Ids of the calls whose result is in the store. */
const answered = async ({ store }: Runtime): Promise<Set<string>> => {
  const ids = new Set<string>()
  for (const { call, status } of await store.outcomes({})) {
    const row = (await store.call(call))!
    const actor = (await store.actorById(row.actor))!
    if (status === 'done') ids.add(callId(actor.address, row))
  }
  return ids
}

test('C17: a call whose result is committed does not run at the next opening', async () => {
  for (const at of points) {
    const one = makeWorld()
    one.nextOpening()
    const first = await one.open({ limits, wrap: (store) => crashStore(store, { at, when: 'after' }) })
    await first.spawn(one.machine, { id: 'run' }).catch(() => {})
    await passTime(one, first).catch(() => {})
    const paid = await answered(first)
    await first.close({ graceMs: 0 })
    one.nextOpening()
    const second = await one.open({ limits })
    await passTime(one, second)
    await second.close()
    const again = one.starts.filter((start) => start.opening === 2 && paid.has(start.callId))
    expect(again).toEqual([])
  }
})

const deaths = fc.array(fc.record({ at: fc.integer({ min: 1, max: 8 }), when: fc.constantFrom('before', 'after') }), {
  maxLength: 8,
})

test('C6 C17 C18: dying again and again, at any commits, gives the same result and never a second run of a `once` call', async () => {
  await fc.assert(
    fc.asyncProperty(deaths, fc.integer({ min: 1, max: 4 }), async (crashes, turnsPerCommit) => {
      const one = makeWorld()
      const options = { limits: { turnsPerCommit } }
      for (const crash of crashes) {
        const runtime = await one.open({ ...options, wrap: (store) => crashStore(store, crash) })
        if (!(await runtime.store.actor('run'))) await runtime.spawn(one.machine, { id: 'run' }).catch(() => {}) // it dies
        await passTime(one, runtime).catch(() => {})
        await runtime.close({ graceMs: 0 })
      }
      const last = await one.open(options)
      if (!(await last.store.actor('run'))) await last.spawn(one.machine, { id: 'run' })
      expect(await finish(one, last)).toEqual(referenceResult)
      const books = await last.store.conservation()
      expect(books.accepted).toBe(books.applied + books.waiting + books.dead + books.expired + books.purged)
      await last.close()
      const starts = one.starts.map(({ callId, attempt }) => `${callId} ${attempt}`)
      expect(new Set(starts).size).toBe(starts.length)
      const writes = one.starts.filter(({ kind }) => kind === 'write').map((start) => start.callId)
      expect(new Set(writes).size).toBe(writes.length)
    }),
    { numRuns: 80, seed: 17 },
  )
})
