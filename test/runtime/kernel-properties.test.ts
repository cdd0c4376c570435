import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AnyMachineSnapshot, createActor } from 'xstate'
import { initial, type Live, prepare, step } from '../../src/runtime/kernel.ts'
import { inOrder } from '../../src/runtime/kernel-order.ts'
import { chart, machineOf } from './kernel-family.ts'
import { root, World } from './kernel-world.ts'

const choices = fc.array(fc.nat(10_000), { minLength: 5, maxLength: 40 })

const play = (world: World, sequence: readonly number[]): readonly string[] => {
  for (const choice of sequence) world.next(choice)
  return world.trace
}

/** Whether XState holds the active states that the value names, in document order. */
const isOrderly = (snapshot: AnyMachineSnapshot): boolean => inOrder({ ...snapshot })._nodes === snapshot._nodes

// A machine's snapshot has a value; the kernel's type leaves it out, since transition functions have none.
const stateValueOf = (live: Live): object => (live as unknown as { value: object }).value

describe('any machine, any events', () => {
  test('N3: stepping with every snapshot written as text and read again equals stepping without', () => {
    fc.assert(
      fc.property(chart, choices, (parts, sequence) => {
        const machine = machineOf(parts, { withActors: true })
        const kept = play(new World(machine, { restored: false }), sequence)
        const restored = play(new World(machine, { restored: true }), sequence)
        expect(restored).toEqual(kept)
      }),
      { numRuns: 200 },
    )
  })

  test('N2, C8: the same input twice gives the same bytes', () => {
    fc.assert(
      fc.property(chart, choices, (parts, sequence) => {
        const once = play(new World(machineOf(parts, { withActors: true }), { restored: false }), sequence)
        const twice = play(new World(machineOf(parts, { withActors: true }), { restored: false }), sequence)
        expect(twice).toEqual(once)
      }),
      { numRuns: 100 },
    )
  })

  test("a machine without actors is in the state that XState's own actor is in", () => {
    fc.assert(
      fc.property(chart, fc.array(fc.constantFrom('A', 'B', 'C', 'D', 'E')), (parts, types) => {
        const machine = machineOf(parts, { withActors: false, withReentry: false })
        const prepared = prepare('m', machine)
        const actor = createActor(machine, { logger: () => {} })
        actor.subscribe({ error: () => {} })
        let live: Live
        try {
          live = initial(prepared, root, undefined).snapshot
        } catch {
          return // it does not come to rest
        }
        actor.start()
        /** From here on XState and a restored machine may differ: it takes regions in the order of their last entry (O1). */
        let mayDiffer = false
        for (const [index, type] of ['A', ...types].entries()) {
          if (live.status !== 'active') break
          mayDiffer ||= !isOrderly(actor.getSnapshot())
          if (mayDiffer && !isDeepStrictEqual(actor.getSnapshot().value, stateValueOf(live))) return
          expect(actor.getSnapshot().value).toEqual(stateValueOf(live))
          try {
            live = step(prepared, { ...root, revision: index + 2 }, live, { type }).snapshot
          } catch {
            return
          }
          actor.send({ type })
        }
        if (!mayDiffer) expect(actor.getSnapshot().status).toBe(live.status)
      }),
      { numRuns: 200 },
    )
  })
})

test('the family reaches what it is made to reach', () => {
  const seen = new Set<string>()
  const samples = fc.sample(fc.tuple(chart, choices), { numRuns: 300, seed: 7 })
  for (const [parts, sequence] of samples) {
    for (const line of play(new World(machineOf(parts, { withActors: true }), { restored: false }), sequence)) {
      for (const [, kind] of line.matchAll(/"kind":"(\w+)"/g)) seen.add(kind!)
      for (const word of ['history":', '$type":"Actor', '$type":"Map', 'machine.loop', '"status":"done', '"output":'])
        if (line.includes(word)) seen.add(word)
    }
  }
  const kinds = ['stop', 'spawn', 'call', 'send', 'timer', 'clear', 'emit', 'log']
  expect([...seen]).toEqual(
    expect.arrayContaining([...kinds, 'history":', '$type":"Actor', '$type":"Map', 'machine.loop', '"status":"done']),
  )
})
