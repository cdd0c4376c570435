import { describe, expect, test } from 'vitest'
import { raise } from 'xstate'
import { machineHash } from '../../src/runtime/check/machine-hash.ts'
import { make } from './machine-samples.ts'

describe('the hash of a definition', () => {
  const base = {
    id: 'm',
    initial: 'a',
    states: { a: { on: { GO: { target: 'b', guard: 'ok' }, NO: 'c' } }, b: {}, c: {} },
  }
  const ok = { guards: { ok: () => true } }
  const hash = (config: unknown) => machineHash(make(config, ok))

  test('does not depend on the order of keys, on spelling, or on function bodies', () => {
    const a = { on: { NO: [{ target: '#m.c' }], GO: { guard: { type: 'ok' }, target: 'b' } } }
    const other = {
      states: { a, b: {}, c: {} },
      id: 'm',
      initial: { target: 'a' },
      context: { n: 1 },
      description: 'x',
    }
    expect(hash(other)).toBe(hash(base))
    expect(machineHash(make(base, ok).provide({ guards: { ok: () => false } }))).toBe(hash(base))
  })

  test.each([
    ['a target', { ...base.states, a: { on: { GO: { target: 'c', guard: 'ok' }, NO: 'c' } } }],
    ['a guard', { ...base.states, a: { on: { GO: 'b', NO: 'c' } } }],
    ['an action', { ...base.states, b: { entry: 'log' } }],
    ['a delay', { ...base.states, b: { after: { 5: 'c' } } }],
    ['an invoke', { ...base.states, b: { invoke: { src: 'work' } } }],
    ['the order of states', { a: base.states.a, c: {}, b: {} }],
    ['a new state', { ...base.states, d: {} }],
    ['a final state', { ...base.states, c: { type: 'final' } }],
  ])('changes with %s', (_, states) => {
    expect(hash({ ...base, states })).not.toBe(hash(base))
  })

  test('tells a delay of raise() from another', () => {
    const entry = (delay: number) => ({ ...base, entry: raise({ type: 'X' }, { delay }) })
    expect(hash(entry(1))).not.toBe(hash(entry(2)))
  })
})
