import { describe, expect, test } from 'vitest'
import { assign, createMachine, log } from 'xstate'
import { createCodec } from '../../src/runtime/codec.ts'
import type { Json } from '../../src/runtime/json.ts'
import { initial, prepare, restore, serialise } from '../../src/runtime/kernel.ts'
import { type Config, coded, machine, start } from './kernel-actor.ts'
import { root, throughText } from './kernel-world.ts'

describe('restoring', () => {
  const logic = machine({
    initial: 'a',
    context: { n: 1 },
    states: {
      a: { invoke: { src: 'kid', id: 'k' }, on: { GO: 'p' } },
      p: {
        type: 'parallel',
        states: { x: { initial: 'x1', states: { x1: {}, h: { type: 'history' } } }, y: {} },
        on: { GO: 'a' },
      },
    },
  } as Config)
  const prepared = prepare('m', logic)
  const good = throughText(serialise(createCodec(), prepared, initial(prepared, root, undefined).snapshot)) as object
  const load = (json: unknown) => restore(createCodec(), prepared, root, json as Json)

  test('what was stored is restored', () => {
    expect(serialise(createCodec(), prepared, load(good))).toEqual(good)
  })

  test.each([
    ['BAD 131: null', null],
    ['a text', 'active'],
    ['a list', []],
    ['nothing', {}],
    ['an unknown status', { ...good, status: 'asleep' }],
    ['no context', { ...good, context: undefined }],
    ['BAD 133: a context that is no object', { ...good, context: 'x' }],
    ['no state', { ...good, value: null }],
    ['a number for a state', { ...good, value: { p: 1 } }],
    ['children that are no record', { ...good, children: ['kid'] }],
    ['a child without a token', { ...good, children: { k: { src: 'kid' } } }],
    ['a history that is no list', { ...good, history: { 'm.p.x.h': 'm.a' } }],
    ['an unknown tag', { ...good, context: { $type: 'Later' } }],
  ])('%s is store.corrupt', (_what, json) => {
    expect(() => load(json)).toThrow(coded('store.corrupt'))
  })

  test.each([
    ['BAD 132: an unknown state', { ...good, value: 'gone' }],
    ['an unknown region', { ...good, value: { p: { x: 'x1', y: {}, z: {} } } }],
    ['a missing region', { ...good, value: { p: { x: 'x1' } } }],
    ['a state that now has states inside', { ...good, value: 'p' }],
    ['a state that no longer has states inside', { ...good, value: { a: 'inner' } }],
    ['a state named by a path', { ...good, value: '__proto__' }],
    ['BAD 134: an unknown source', { ...good, children: { k: { src: 'other', token: '1.0' } } }],
    ['an unknown state in a history', { ...good, history: { 'm.p.x.h': ['m.p.gone'] } }],
    ['an unknown history', { ...good, history: { 'm.h': ['m.a'] } }],
  ])('%s is machine.version', (_what, json) => {
    expect(() => load(json)).toThrow(coded('machine.version', 'provide the older machine or migrate'))
  })

  test('regions in another order are the same state', () => {
    const live = load({ ...good, value: { p: { y: {}, x: 'x1' } } }) as unknown as { value: { p: object } }
    expect(Object.keys(live.value.p)).toEqual(['x', 'y'])
  })

  test('N3: regions are taken in document order, whichever was moved in last', () => {
    const region = (name: string) => ({
      initial: 'one',
      states: {
        one: { on: { [name]: 'two' } },
        two: {
          always: {
            guard: ({ context }: { context: { n: number } }) => context.n === 1,
            target: 'end',
            actions: log(name),
          },
        },
        end: {},
      },
    })
    const config = {
      id: 'm',
      type: 'parallel',
      context: { n: 0 },
      states: { left: region('left'), right: region('right') },
      on: { ALL: { actions: assign({ n: 1 }) } },
    }
    const run = (reload: boolean) => {
      const actor = start(createMachine(config as never))
      actor.send({ type: 'right' })
      actor.send({ type: 'left' })
      if (reload) actor.reload()
      return actor.send({ type: 'ALL' }).map((effect) => (effect as { value: string }).value)
    }
    expect(run(false)).toEqual(['left', 'right'])
    expect(run(true)).toEqual(['left', 'right'])
  })

  test('N3: histories of a machine whose id has a dot are kept', () => {
    const states = {
      p: { initial: 'x', states: { x: { on: { GO: 'y' } }, y: {}, h: { type: 'history' } }, on: { OUT: 'q' } },
      q: { on: { BACK: 'p.h' } },
    }
    const actor = start(createMachine({ id: 'my.machine', initial: 'p', states } as never))
    actor.send({ type: 'GO' })
    actor.send({ type: 'OUT' })
    actor.reload()
    actor.send({ type: 'BACK' })
    expect(actor.json().value).toEqual({ p: 'y' })
  })

  test('the machine that was given keeps its own options', () => {
    const given = createMachine({ id: 'm', options: { maxIterations: 20_000 } } as Config)
    prepare('m', given)
    expect(given.options.maxIterations).toBe(20_000)
  })
})
