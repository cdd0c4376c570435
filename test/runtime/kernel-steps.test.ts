import { describe, expect, test } from 'vitest'
import {
  type AnyActorRef,
  assign,
  cancel,
  createMachine,
  emit,
  fromTransition,
  log,
  raise,
  sendParent,
  sendTo,
} from 'xstate'
import { createCodec } from '../../src/runtime/codec.ts'
import { type Config, coded, machine, on, start } from './kernel-actor.ts'

describe('a step that cannot be taken leaves no trace', () => {
  const loops = {
    'BAD 11: a cycle of always': { states: { a: { on: { GO: 'b' } }, b: { always: 'c' }, c: { always: 'b' } } },
    'BAD 12: a cycle of raise': {
      states: { a: { on: { GO: { actions: raise({ type: 'GO' }) } } } },
    },
  }
  test.each(Object.entries(loops))('%s is machine.loop', (_what, { states }) => {
    const actor = start(machine({ initial: 'a', states } as Config))
    const before = JSON.stringify(actor.json())
    expect(() => actor.send({ type: 'GO' })).toThrow(coded('machine.loop', '10000 microsteps'))
    expect(JSON.stringify(actor.json())).toBe(before)
  })

  test("a machine's own lower limit is the one that is named", () => {
    const states = { a: { on: { GO: 'b' } }, b: { always: 'c' }, c: { always: 'b' } }
    const actor = start(machine({ initial: 'a', options: { maxIterations: 30 }, states } as Config))
    expect(() => actor.send({ type: 'GO' })).toThrow(coded('machine.loop', '30 microsteps'))
  })

  type Held = { list: number[]; odd: { map: Map<string, object>; items: unknown[] }; held: object }
  const mutations: [string, (context: Held, event: { data: number[] }) => void][] = [
    ['an array', ({ list }) => void list.push(1)],
    ['a field', (context) => void Object.assign(context, { list: [] })],
    ['a deletion', ({ odd }) => void delete (odd as Partial<Held['odd']>).items],
    ['an array beside what JSON cannot say', ({ odd }) => void odd.items.push(1)],
    ['a value in a Map', ({ odd }) => void Object.assign(odd.map.get('k')!, { a: 2 })],
    ['the event', (_context, { data }) => void data.push(1)],
  ]
  const holding = (change: (context: Held, event: { data: number[] }) => void) =>
    start(
      machine({
        context: () => ({ list: [], odd: { map: new Map([['k', { a: 1 }]]), items: [undefined] } }),
        on: {
          GO: {
            actions: assign(({ context, event }) => {
              change(context as never, event as never)
              return {}
            }),
          },
          ASK: {
            guard: ({ context, event }) => {
              change(context as never, event as never)
              return true
            },
          },
        },
      } as Config),
    )
  for (const [what, change] of mutations)
    test.each(['kept', 'reloaded'])(`${what} changed in place is machine.mutated (%s)`, (how) => {
      for (const type of ['GO', 'ASK']) {
        const actor = holding(change)
        const before = JSON.stringify(actor.json())
        if (how === 'reloaded') actor.reload()
        const event = createCodec().decode({ type, data: [1] }) as { type: string }
        expect(() => actor.send(event)).toThrow(coded('machine.mutated', 'return a new value'))
        expect(JSON.stringify(actor.json())).toBe(before)
      }
    })

  test('C10: a throw in an action, a guard, a factory or an entry is machine.threw', () => {
    const fail = () => {
      throw new Error('out of luck')
    }
    const threw = coded('machine.threw', 'out of luck')
    expect(() => on(assign(fail)).send({ type: 'GO' })).toThrow(threw)
    expect(() => start(machine({ on: { GO: { guard: fail } } })).send({ type: 'GO' })).toThrow(threw)
    expect(() => start(machine({ context: fail } as Config))).toThrow(threw)
    expect(() => start(machine({ context: {}, entry: assign(fail) }))).toThrow(threw)
    expect(() => on(assign(() => Promise.reject.call(null))).send({ type: 'GO' })).toThrow(coded('machine.threw'))
  })
})

describe('delays', () => {
  const delayed = (delay: number) => on(raise({ type: 'LATER' }, { delay }))
  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e15, 99_999_999_999_999])(
    'BAD 9, BAD 10: a delay of %d is machine.invalid',
    (delay) => {
      expect(() => delayed(delay).send({ type: 'GO' })).toThrow(coded('machine.invalid', `${delay} ms`))
      const sent = on(sendTo(({ self }) => self, { type: 'LATER' }, { delay }))
      expect(() => sent.send({ type: 'GO' })).toThrow(coded('machine.invalid', `${delay} ms`))
    },
  )

  test('BAD 9: a delay of three years is kept as it is', () => {
    expect(delayed(99_999_999_999).send({ type: 'GO' })).toEqual([
      { kind: 'timer', key: '2.0', delay: 99_999_999_999, to: 'root', event: { type: 'LATER' } },
    ])
  })

  test('an after is a timer, cleared when its state is left', () => {
    const states = { a: { after: { 10: 'b' }, on: { GO: 'b' } }, b: {} }
    const actor = start(machine({ initial: 'a', states } as Config))
    expect(actor.effects()).toMatchObject([{ kind: 'timer', key: 'xstate.after.10.m.a', delay: 10, to: 'root' }])
    expect(actor.send({ type: 'GO' })).toEqual([{ kind: 'clear', key: 'xstate.after.10.m.a' }])
  })

  test('C27: unnamed timers of one step have keys of their own, named ones can be cleared', () => {
    const later = raise({ type: 'LATER' }, { delay: 1 })
    const actor = on([later, later, raise({ type: 'LATER' }, { delay: 1, id: 'mine' }), cancel('mine')])
    expect(actor.send({ type: 'GO' }).map((effect) => (effect as { key: string }).key)).toEqual([
      '2.0',
      '2.1',
      'mine',
      'mine',
    ])
  })
})

describe('what leaves a machine', () => {
  test('emit, log, messages and custom actions are collected, and nothing runs in the step', () => {
    const ran: unknown[] = []
    const custom = ({ context }: { context: unknown }, params: unknown) => void ran.push([context, params])
    const logic = createMachine({
      id: 'm',
      context: { n: 1 },
      on: {
        GO: {
          actions: [
            { type: 'custom', params: { p: 1 } },
            emit({ type: 'news', n: 2 } as { type: string }),
            log(({ context }) => context.n, 'count'),
            sendParent({ type: 'UP' }),
            sendTo(({ self }) => self, { type: 'ME' }),
            () => ran.push('inline'),
          ],
        },
      },
    } as Config).provide({ actions: { custom } })
    const actor = start(logic, undefined, { parent: 'boss' })
    expect(actor.send({ type: 'GO' })).toEqual([
      { kind: 'emit', event: { type: 'news', n: 2 } },
      { kind: 'log', label: 'count', value: 1 },
      { kind: 'send', to: 'boss', event: { type: 'UP' } },
      { kind: 'send', to: 'root', event: { type: 'ME' } },
    ])
    expect(ran).toEqual([])
    for (const late of actor.late()) late()
    expect(ran).toEqual([[{ n: 1 }, { p: 1 }], 'inline'])
  })

  test('what a transition function emits is collected', () => {
    type Scope = { emit: (event: { type: string }) => void }
    const logic = fromTransition((n: number, _event, scope) => {
      ;(scope as unknown as Scope).emit({ type: 'news' })
      return n + 1
    }, 0)
    const actor = start(logic)
    expect(actor.send({ type: 'GO' })).toEqual([{ kind: 'emit', event: { type: 'news' } }])
    actor.reload()
    actor.send({ type: 'GO' })
    expect(actor.json()).toEqual({ status: 'active', context: 2 })
  })

  test('a message of type xstate.error is the failure of its sender', () => {
    const actor = start(
      machine({ on: { GO: { actions: sendParent({ type: 'xstate.error', data: 'bad' }) } } } as Config),
      undefined,
      { parent: 'boss' },
    )
    expect(actor.send({ type: 'GO' })).toEqual([
      { kind: 'send', to: 'boss', event: { type: 'xstate.error.actor.root', error: 'bad' } },
    ])
  })

  test('an unhandled failure of a child is the failure of its parent, and stops its other children', () => {
    const parent = start(machine({ invoke: [{ src: 'kid', id: 'a' }, { src: 'job', id: 'b' }] })) // biome-ignore format: short
    const effects = parent.send({ type: 'xstate.error.actor.a', error: new Error('lost'), actorId: 'a' })
    expect(effects).toMatchObject([
      { kind: 'stop', id: 'a' },
      { kind: 'stop', id: 'b' },
    ])
    expect(parent.json()).toMatchObject({ status: 'error', error: { $type: 'Error', value: { message: 'lost' } } })
  })

  test('a handled failure of a child is an event like any other', () => {
    const parent = start(
      machine({ initial: 'a', states: { a: { invoke: { src: 'kid', id: 'k', onError: 'b' } }, b: {} } }),
    )
    expect(parent.send({ type: 'xstate.error.actor.k', error: 'no' })).toMatchObject([{ kind: 'stop', id: 'k' }])
    expect(parent.json()).toMatchObject({ status: 'active', value: 'b' })
  })

  test('N1: effects are plain data once encoded', () => {
    const event = ({ self }: { self: AnyActorRef }) => ({ type: 'ME', from: self, at: undefined }) as { type: string }
    const actor = on(sendTo(({ self }) => self, event as never))
    expect(actor.send({ type: 'GO' })).toEqual([
      {
        kind: 'send',
        to: 'root',
        event: { type: 'ME', from: { $type: 'Actor', value: 'root' }, at: { $type: 'undefined' } },
      },
    ])
  })
})
