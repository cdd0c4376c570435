import { describe, expect, test } from 'vitest'
import { type AnyStateMachine, raise, setup } from 'xstate'
import { checkMachine, checkMachineConfig, readMachine } from '../../src/runtime/check/machine-check.ts'
import { machineHash } from '../../src/runtime/check/machine-hash.ts'
import { namesRefused } from './machine-rows-names.ts'
import { valuesRefused } from './machine-rows-values.ts'
import { abc, check, make, many, refusal, work } from './machine-samples.ts'

describe('a machine that cannot work is refused before it starts', () => {
  test.each([...namesRefused, ...valuesRefused])('BAD %d: %s', (_, __, place, says, config, implementations) => {
    const error = refusal(() => check(config, implementations))
    expect(error.code).toBe('machine.invalid')
    expect(error.place?.slice(0, place.length)).toBe(place)
    if (!place.startsWith('/states/x/states/x')) expect(error.place).toBe(place)
    expect(error.message).toMatch(says)
    expect(error.message).not.toContain('\u001b')
  })

  test.each([
    ['null', null],
    ['undefined', undefined],
    ['text', 'machine'],
    ['a plain object', { initial: 'a', states: { a: {} } }],
    ['other actor logic', work],
    ['an actor that looks like a machine', { __xstatenode: true }],
  ])('BAD 15: %s is no machine', (_, value) => {
    const error = refusal(() => checkMachine(value as unknown as AnyStateMachine))
    expect(error.code).toBe('machine.invalid')
    expect(error.message).toContain('createMachine()')
    expect(refusal(() => readMachine(() => value as unknown as AnyStateMachine)).code).toBe('machine.invalid')
  })

  test('BAD 15: null as a configuration is refused with a typed error', () => {
    expect(refusal(() => readMachine(() => make(null))).code).toBe('machine.invalid')
    expect(refusal(() => checkMachineConfig(null)).code).toBe('machine.invalid')
  })

  test('BAD 9: 99999999999 ms is three years: a durable timer holds it', () => {
    expect(check(abc({ after: { 99999999999: 'b' } })).warnings).toEqual([])
  })

  test('BAD 17: the largest machine allowed is accepted and hashed', () => {
    const machine = make(many(5000))
    expect(checkMachine(machine, { strict: true }).warnings).toEqual([])
    expect(machineHash(machine)).toMatch(/^[0-9a-f]{16}$/)
  })

  test('BAD 17: one parallel state of thousands of regions is checked too', () => {
    const states = Object.fromEntries(
      Array.from({ length: 4000 }, (_, i) => [`r${i}`, { on: { GO: { target: `#m.r${i}` } } }]),
    )
    expect(check({ id: 'm', type: 'parallel', states, on: { END: '.r0' } }).warnings).toHaveLength(1)
  })

  test('BAD 20: what the codec carries may stand in the context', () => {
    const context = {
      m: new Map([[1, new Set([2])]]),
      d: new Date(0),
      n: 5n,
      u: undefined,
      nan: Number.NaN,
      e: new Error('x'),
    }
    expect(check(abc({ on: { GO: 'b' } }, { context })).warnings).toEqual([])
  })

  test('a machine within is checked with the place where it is registered', () => {
    const child = make(abc({ entry: 'nothing' }))
    const error = refusal(() => check(abc({ invoke: { src: 'child' } }), { actors: { child } }))
    expect(error.place).toBe('/implementations/actors/child/states/a/entry')
  })

  test('what XState cannot build because it contains itself is refused', () => {
    const loop: { initial: string; states: Record<string, unknown> } = { initial: 'a', states: {} }
    loop.states.a = loop
    expect(refusal(() => readMachine(() => make(loop))).message).toContain('contains itself')
    expect(refusal(() => checkMachineConfig(loop)).message).toContain('limit of 100')
  })
})

describe('a configuration can be checked before a machine is made of it', () => {
  test.each([
    ['on', '/states/a/on/GO/target', { on: { GO: { target: 'bb' } } }],
    ['on, in short', '/states/a/on/GO', { on: { GO: 'bb' } }],
    ['always, the second', '/states/a/always/1/target', { always: [{ target: 'b' }, { target: 'bb' }] }],
    ['after', '/states/a/after/10', { after: { 10: 'bb' } }],
    [
      'the outcome of an invoke',
      '/states/a/invoke/onDone/target',
      { invoke: { src: 'work', onDone: { target: 'bb' } } },
    ],
    ['an event with a slash', '/states/a/on/x~1y', { on: { 'x/y': 'bb' } }],
    ['one of several', '/states/a/on/GO/target/1', { on: { GO: { target: ['b', 'bb'] } } }],
  ])('BAD 3: a missing target of %s is named with its place', (_, place, a) => {
    const error = refusal(() => checkMachineConfig(abc(a), { actors: { work } }))
    expect(error.place).toBe(place)
    expect(error.message).toContain('did you mean "b"?')
  })

  test('BAD 3: a target by id is looked up by id', () => {
    const error = refusal(() =>
      checkMachineConfig(abc({ on: { GO: '#ned' } }, { states: { a: { on: { GO: '#ned' } }, b: { id: 'end' } } })),
    )
    expect(error.message).toContain('no state has the id "ned"; did you mean "end"?')
  })

  test('BAD 2: the missing initial is named', () => {
    const error = refusal(() => checkMachineConfig({ states: { first: {}, second: {} } }))
    expect(error.message).toContain('add initial: "first"')
  })

  test('BAD 3: a root target without its dot is told what to write', () => {
    const error = refusal(() => checkMachineConfig(abc({}, { on: { GO: 'b' } })))
    expect(error.message).toContain('write ".b"')
  })

  test('every spelling of a target that XState takes is taken', () => {
    const a = {
      initial: 'x',
      on: { A: 'b', B: '#m.b', C: '.x', D: { target: ['b'] }, E: undefined, F: { target: '#deep' } },
      states: { x: { on: { G: 'y' } }, y: { id: 'deep', initial: 'z', states: { z: {} } } },
    }
    expect(() => check(abc(a))).not.toThrow()
  })
})

test('a machine made by setup() with every kind of name passes', () => {
  const machine = setup({
    types: {} as { context: { n: number }; events: { type: 'GO' } },
    actions: { log: () => {}, later: raise({ type: 'GO' }, { delay: 'soon' }) },
    guards: { ok: () => true },
    delays: { soon: 10 },
    actors: { work },
  }).createMachine({
    id: 'full',
    context: { n: 0 },
    initial: 'a',
    states: {
      a: { entry: ['log', 'later'], on: { GO: { target: 'b', guard: 'ok' } }, after: { soon: 'b' } },
      b: { invoke: { src: 'work', onDone: 'c', onError: 'a' } },
      c: { type: 'final' },
    },
  })
  expect(checkMachine(machine, { strict: true })).toEqual({ warnings: [] })
})
