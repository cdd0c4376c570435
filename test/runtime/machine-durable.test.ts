import { describe, expect, test } from 'vitest'
import { type AnyActorLogic, fromCallback, spawnChild } from 'xstate'
import { abc, check, refusal, work } from './machine-samples.ts'

describe('what cannot be durable is refused', () => {
  const inline = spawnChild(work as unknown as AnyActorLogic, { id: 'x' })
  test.each([
    ['inline logic that is spawned', '/states/a/entry/src', { entry: inline }],
    ['a systemId on an invoke', '/states/a/invoke/systemId', { invoke: { src: 'work', systemId: 'w' } }],
    ['a systemId on spawnChild', '/states/a/entry/systemId', { entry: spawnChild('work', { systemId: 'w' }) }],
    ['onSnapshot on an invoke', '/states/a/invoke/onSnapshot', { invoke: { src: 'work', onSnapshot: 'b' } }],
    ['syncSnapshot', '/states/a/entry/syncSnapshot', { entry: spawnChild('work', { syncSnapshot: true }) }],
    ['syncSnapshot on an invoke', '/states/a/invoke/syncSnapshot', { invoke: { src: 'work', syncSnapshot: true } }],
  ])('%s', (_, place, a) => {
    const error = refusal(() => check(abc(a), { actors: { work } }))
    expect(error.code).toBe('machine.not-durable')
    expect(error.place).toBe(place)
  })

  test('an inline promise of an invoke is durable: it is found again by its place', () => {
    expect(check(abc({ invoke: { src: work, onDone: 'b' } })).warnings).toEqual([])
  })

  test('an inline invoke of a state that cannot be found by its id is refused', () => {
    const error = refusal(() => check(abc({ id: 'x.y', invoke: { src: work, onDone: 'b' } })))
    expect(error.code).toBe('machine.not-durable')
    expect(error.place).toBe('/states/a/invoke/src')
  })

  test('a callback is allowed, with a warning that it is started again', () => {
    const { warnings } = check(abc({ invoke: { src: 'tick' }, on: { GO: 'b' } }), {
      actors: { tick: fromCallback(() => {}) },
    })
    expect(warnings).toEqual([{ place: '/states/a/invoke/src', message: expect.stringContaining('started again') }])
  })
})

describe('a state that looks like a mistake', () => {
  const unreachable = abc(
    { on: { GO: 'b' } },
    { states: { a: { on: { GO: 'b' } }, b: { type: 'final' }, c: { on: { GO: 'b' } } } },
  )
  const trap = { initial: 'a', states: { a: { on: { GO: 'b' } }, b: { on: { STAY: { actions: [] } } } } }
  const unheard = {
    initial: 'a',
    states: { a: { initial: 'x', states: { x: { on: { GO: 'y' } }, y: { type: 'final' } } }, b: {} },
  }

  test('BAD 19: a state that cannot be entered is reported, and refused when strict', () => {
    expect(check(unreachable).warnings).toEqual([
      { place: '/states/c', message: expect.stringContaining('no event leads') },
    ])
    expect(refusal(() => check(unreachable, {}, true)).place).toBe('/states/c')
  })

  test('BAD 19: a state that cannot be left is reported, and refused when strict', () => {
    expect(check(trap).warnings).toEqual([
      { place: '/states/b', message: expect.stringContaining('nothing leads out') },
    ])
    expect(refusal(() => check(trap, {}, true)).code).toBe('machine.invalid')
  })

  test('BAD 19: an initial state that is always passed by is reported', () => {
    const p = { initial: 'x', on: { BACK: 'a' }, states: { x: {}, y: {} } }
    const { warnings } = check({ initial: 'a', states: { a: { on: { GO: 'p.y' } }, p } })
    expect(warnings.map(({ place }) => place)).toEqual(['/states/p/states/x'])
  })

  test('BAD 19: an inner end that nobody hears is reported', () => {
    expect(check(unheard).warnings.map(({ place }) => place)).toEqual(['/states/a/states/y', '/states/b'])
  })

  test.each([
    ['a machine of one state', { initial: 'on', states: { on: { on: { ADD: { actions: [] } } } } }],
    ['a machine without states', {}],
    ['a way out above', { initial: 'a', on: { RESET: '.a' }, states: { a: { on: { GO: 'b' } }, b: {} } }],
    [
      'a history',
      {
        initial: 'a',
        states: {
          a: { initial: 'x', on: { OUT: 'b' }, states: { x: { on: { N: 'y' } }, y: {}, h: { type: 'history' } } },
          b: { on: { BACK: 'a.h' } },
        },
      },
    ],
    [
      'regions',
      {
        type: 'parallel',
        states: {
          l: { initial: 'x', states: { x: { on: { N: 'y' } }, y: { type: 'final' } } },
          r: { initial: 'x', states: { x: { on: { N: 'y' } }, y: { type: 'final' } } },
        },
      },
    ],
    [
      'a region entered at a child',
      {
        initial: 'a',
        states: {
          a: { on: { GO: 'p.l.y' } },
          p: {
            type: 'parallel',
            on: { OUT: 'a' },
            states: { l: { initial: 'y', states: { y: {} } }, r: { initial: 'x', states: { x: {} } } },
          },
        },
      },
    ],
    ['a route', { initial: 'a', states: { a: {}, b: { id: 'b', route: {} } } }],
  ])('BAD 19: %s is none', (_, config) => {
    expect(check(config, {}, true).warnings).toEqual([])
  })
})
