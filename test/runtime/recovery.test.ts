import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { define } from '../../src/runtime/definition.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import type { Store } from '../../src/runtime/store.ts'
import { memoryData, memoryStore, sqliteStore } from '../../src/stores/index.ts'
import { crashStore } from '../support/crash-store.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { collector, rebearer, seenIn } from '../support/machines.ts'
import { referenceMachine, referenceResult } from '../support/reference-system.ts'
import { passTime } from '../support/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'troupe-recovery-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

/** For each kind of store, a way to open the same contents again and again. */
const places: Record<string, () => () => Store> = {
  memory: () => {
    const data = memoryData()
    return () => memoryStore({ data })
  },
  sqlite: () => {
    const file = join(folder, `${++files}.db`)
    return () => sqliteStore(file)
  },
}

for (const [name, place] of Object.entries(places)) {
  const opener = (machines: Parameters<typeof define>[0][]) => {
    const store = place()
    const clock = fakeClock()
    const known = new Map(machines.map((machine) => define(machine)).map((one) => [one.id, one]))
    return {
      clock,
      open: (wrap: (store: Store) => Store = (one) => one) =>
        createRuntime({ store: wrap(store()), clock, registry: (id) => known.get(id) ?? null }),
    }
  }

  test(`${name}: the reference system comes to its end over many openings`, async () => {
    const machine = referenceMachine()
    const one = opener([machine])
    for (let at = 1; at <= 4; at++) {
      const runtime = await one.open((store) =>
        crashStore(store, { at: at + 1, when: at % 2 === 0 ? 'after' : 'before' }),
      )
      if (!(await runtime.store.actor('run'))) await runtime.spawn(machine, { id: 'run' }).catch(() => {}) // it dies
      await passTime(one, runtime).catch(() => {})
      await runtime.close({ graceMs: 0 })
    }
    const last = await one.open()
    await passTime(one, last)
    expect((await last.ended('run')).output).toEqual(referenceResult)
    await last.close()
  })

  test(`${name}: the living, and the ended children of the living, are found without the others`, async () => {
    const machine = referenceMachine()
    const one = opener([machine, collector, rebearer])
    const runtime = await one.open()
    for (let n = 0; n < 5; n++) await runtime.spawn(collector, { id: `over${n}` })
    for (let n = 0; n < 5; n++) await runtime.send(`over${n}`, { type: 'END' })
    await runtime.spawn(machine, { id: 'run' })
    await runtime.spawn(rebearer, { id: 'm' })
    await runtime.send('m', { type: 'NEXT' }) // ends its child
    await runtime.idle()
    const addresses = async (query: Parameters<Store['actors']>[0]) =>
      (await runtime.store.actors(query)).map((row) => row.address)
    expect(await addresses({ living: true })).toEqual(['run', 'run/ada', 'run/bob', 'm', 'm/kid'])
    expect(await addresses({ living: true, limit: 1 })).toEqual(['run'])
    const run = (await runtime.store.actor('run'))!
    expect(await addresses({ living: true, after: run.id })).toEqual(['run/ada', 'run/bob', 'm', 'm/kid'])
    expect(await addresses({ living: true, parent: run.id })).toEqual(['run/ada', 'run/bob'])
    expect(await addresses({ living: true, run: 'over1' })).toEqual([])
    expect(await addresses({})).toHaveLength(10)
    await runtime.close({ graceMs: 0 })
  })

  test(`${name}: Y3: opening reads nothing of what is over`, async () => {
    const one = opener([collector])
    let runtime = await one.open()
    for (let n = 0; n < 30; n++) {
      await runtime.spawn(collector, {
        id: `over${n}`,
        limits: { usd: 1 },
        run: { agent: 'a', task: null, options: null },
      })
      await runtime.send(`over${n}`, { type: 'END' })
    }
    await runtime.spawn(collector, { id: 'alive', limits: { usd: 2 }, run: { agent: 'a', task: null, options: null } })
    await runtime.close()
    let rows = 0
    const counting = (store: Store): Store => {
      const counted = async <Result>(result: Promise<Result>): Promise<Result> => {
        const value = await result
        rows += Array.isArray(value) ? value.length : 1
        return value
      }
      return {
        ...store,
        actors: (query) => counted(store.actors(query)),
        ledger: (prefix) => counted(store.ledger(prefix)),
        runs: () => counted(store.runs()),
        run: (id) => counted(store.run(id)),
        mail: (query) => counted(store.mail(query)),
        journal: (query) => counted(store.journal(query)),
        pending: () => counted(store.pending()),
        snapshot: (actor) => counted(store.snapshot(actor)),
      }
    }
    runtime = await one.open(counting)
    expect(rows).toBeLessThanOrEqual(4)
    expect(runtime.balance('alive')).toMatchObject({ limits: '{"usd":2}' })
    await runtime.send('alive', { type: 'N', n: 1 })
    await runtime.idle()
    expect(seenIn(await runtime.snapshot('alive'))).toEqual([1])
    await runtime.close()
  })

  test(`${name}: a child that is spawned again under its name goes on with its numbers and begins a new life`, async () => {
    const one = opener([rebearer])
    let runtime = await one.open()
    await runtime.spawn(rebearer, { id: 'm' })
    await runtime.send('m', { type: 'NEXT' })
    for (const times of [1, 2]) {
      await runtime.close()
      runtime = await one.open()
      await runtime.send('m', { type: 'NEXT' })
      await runtime.idle()
      const born = times === 1 ? { incarnation: 2, input: '1', revision: 3 } : { status: 'stopped' }
      expect(await runtime.store.actor('m/kid')).toMatchObject(born)
    }
    await runtime.close()
    runtime = await one.open()
    await runtime.send('m', { type: 'NEXT' })
    await runtime.idle()
    expect(seenIn(await runtime.snapshot('m'))).toEqual([0, 1, 2])
    expect(await runtime.store.actor('m/kid')).toMatchObject({ incarnation: 3, input: '2', status: 'active' })
    await runtime.close()
  })
}
