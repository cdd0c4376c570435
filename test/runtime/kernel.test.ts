import { describe, expect, test, vi } from 'vitest'
import { type AnyActorRef, assign, createMachine, fromCallback, sendTo, spawnChild, stopChild } from 'xstate'
import type { Json } from '../../src/runtime/json.ts'
import { prepare } from '../../src/runtime/kernel.ts'
import { actors, type Config, coded, job, kid, machine, on, start } from './kernel-actor.ts'

describe('children', () => {
  test.each([
    ['invoked by name', { invoke: { src: 'counted' } }],
    ['spawned in assign', { entry: assign({ ref: ({ spawn }) => spawn('counted') }) }],
    ['spawned by spawnChild', { entry: spawnChild('counted') }],
    ['spawned in the context factory', { context: ({ spawn }) => ({ ref: spawn('counted') }) }],
  ] as [string, Config][])("a child's context factory runs exactly once, where the child is: %s", (_how, config) => {
    let runs = 0
    const counted = createMachine({ id: 'counted', context: () => ({ run: ++runs }) })
    const parent = start(machine(config, { counted }))
    expect(parent.effects()).toMatchObject([{ kind: 'spawn', src: 'counted' }])
    expect(runs).toBe(0)
    expect(start(counted).json().context).toEqual({ run: 1 })
  })

  test("an inline invoked child's context factory does not run in its parent", () => {
    let runs = 0
    const counted = createMachine({ id: 'counted', context: () => ({ run: ++runs }) })
    const parent = start(machine({ initial: 'a', states: { a: { invoke: { src: counted } } } }))
    expect(parent.effects()).toMatchObject([{ kind: 'spawn', id: '0.m.a', src: 'xstate.invoke.0.m.a' }])
    expect(runs).toBe(0)
    expect(() => parent.reload()).not.toThrow()
  })

  test('C27: unnamed spawns of one step each have an id of their own, from revision and index', () => {
    const parent = on([
      spawnChild('kid'),
      spawnChild('job'),
      assign({ ref: ({ spawn }: { spawn: (src: string) => unknown }) => spawn('kid') }),
    ])
    parent.send({ type: 'GO' })
    expect(parent.effects()).toMatchObject([
      { kind: 'spawn', id: '2.0', token: '2.0' },
      { kind: 'call', id: '2.1', token: '2.1' },
      { kind: 'spawn', id: '2.2', token: '2.2' },
    ])
    expect(Object.keys(parent.json().children as object)).toEqual(['2.0', '2.1', '2.2'])
    expect((parent.json().context as { ref: Json }).ref).toEqual({ $type: 'Actor', value: 'root/2.2' })
    parent.send({ type: 'GO' })
    expect(parent.effects()).toMatchObject([{ id: '3.0' }, { id: '3.1' }, { id: '3.2' }])
  })

  test.each(['kept', 'reloaded'])('a child that is left and entered again in one step is another life (%s)', (how) => {
    const parent = start(
      machine({
        initial: 'a',
        states: {
          a: {
            invoke: { src: 'kid', id: 'k' },
            exit: sendTo('k', { type: 'BYE' }),
            entry: sendTo('k', { type: 'HI' }),
            on: { GO: { target: 'a', reenter: true } },
          },
        },
      }),
    )
    if (how === 'reloaded') parent.reload()
    expect(parent.send({ type: 'GO' })).toMatchObject([
      { kind: 'send', to: 'root/k', event: { type: 'BYE' } }, // for the life that ends: before its end
      { kind: 'stop', id: 'k', token: '1.0' },
      { kind: 'spawn', id: 'k', token: '2.0' },
      { kind: 'send', to: 'root/k', event: { type: 'HI' } },
    ])
    expect(parent.json().children).toEqual({ k: { src: 'kid', token: '2.0' } })
  })

  test('C15: a message to a child that is spawned in the same step comes after its birth', () => {
    const parent = start(machine({ entry: sendTo('k', { type: 'HI' }), invoke: { src: 'kid', id: 'k' } }))
    expect(parent.kinds()).toEqual(['spawn', 'send'])
  })

  test('C19: a child whose id is given to another is stopped', () => {
    const parent = on(spawnChild('kid', { id: 'k' }))
    parent.send({ type: 'GO' })
    expect(parent.send({ type: 'GO' })).toMatchObject([
      { kind: 'stop', id: 'k', token: '2.0' },
      { kind: 'spawn', id: 'k', token: '3.0' },
    ])
  })

  test('a child that is spawned and stopped in one step never lives, and nobody hears what it was sent', () => {
    const parent = on([
      assign({ ref: ({ spawn }: { spawn: (src: string, o: object) => unknown }) => spawn('kid', { id: 'k' }) }),
      sendTo(({ context }) => context.ref as AnyActorRef, { type: 'HI' }),
      stopChild('k'),
    ])
    expect(parent.send({ type: 'GO' })).toMatchObject([{ kind: 'send', to: 'root/k@2.0' }])
    expect(parent.json().children).toEqual({})
  })

  test('an actor that ends stops its children, and bears none in its last step', () => {
    const config = { initial: 'a', invoke: [{ src: 'kid', id: 'x' }, { src: 'job', id: 'y' }] } // biome-ignore format: short
    const states = {
      a: { on: { GO: 'b' } },
      b: { entry: spawnChild('kid', { id: 'late' }), type: 'final' },
    }
    const parent = start(machine({ ...config, states } as Config))
    parent.reload()
    expect(parent.send({ type: 'GO' })).toMatchObject([
      { kind: 'stop', id: 'x' },
      { kind: 'stop', id: 'y' },
    ])
    expect(parent.json()).toMatchObject({ status: 'done', children: {} })
  })

  test.each(['kept', 'reloaded'])(
    'stopping by a reference of an earlier life stops the child at its address (%s)',
    (how) => {
      const keep = assign({
        ref: ({ context, spawn }: { context: { ref: unknown }; spawn: (src: string, o: object) => unknown }) => {
          const born = spawn('kid', { id: 'k' })
          return context.ref ?? born
        },
      })
      const parent = start(
        machine({
          context: { ref: null },
          on: { GO: { actions: keep }, END: { actions: stopChild(({ context }) => context.ref as AnyActorRef) } },
        } as unknown as Config),
      )
      parent.send({ type: 'GO' })
      parent.send({ type: 'GO' })
      if (how === 'reloaded') parent.reload()
      expect(parent.send({ type: 'END' })).toMatchObject([{ kind: 'stop', id: 'k', token: '3.0' }])
      expect(parent.json().children).toEqual({})
    },
  )
})

describe('what cannot be durable is refused by name', () => {
  const callback = fromCallback(() => {})
  test.each([
    ['inline spawned logic', assign({ ref: ({ spawn }: never) => (spawn as (l: unknown) => unknown)(kid) }), 'inline'],
    ['inline logic in spawnChild', spawnChild(kid), 'inline'],
    ['systemId', spawnChild('kid', { systemId: 'boss' }), 'systemId "boss"'],
    ['syncSnapshot', spawnChild('kid', { id: 'k', syncSnapshot: true }), 'watches the snapshot of "k"'],
    ['a callback', spawnChild('callback'), '"callback", a callback or observable'],
    ['looking up by systemId', sendTo(({ system }) => system.get('boss') as AnyActorRef, { type: 'X' }), 'systemId'],
    [
      "another actor's snapshot",
      assign({ n: ({ self }: never) => (self as { _parent: AnyActorRef })._parent.getSnapshot() }),
      "read another actor's snapshot",
    ],
    [
      'send() on an actor',
      assign({ n: ({ self }: never) => (self as AnyActorRef).send({ type: 'X' }) }),
      'call send()',
    ],
    ['subscribing', assign({ n: ({ self }: never) => (self as AnyActorRef).subscribe(() => {}) }), 'subscribe'],
  ])('%s: machine.not-durable', (_what, actions, text) => {
    const parent = start(
      machine({ context: {}, on: { GO: { actions } } } as Config, { ...actors, callback }),
      undefined,
      { parent: 'boss' },
    )
    expect(() => parent.send({ type: 'GO' })).toThrow(coded('machine.not-durable', text))
  })

  test('onSnapshot: machine.not-durable', () => {
    const config = { invoke: { src: 'kid', id: 'k', onSnapshot: {} } } as Config
    expect(() => start(machine(config))).toThrow(coded('machine.not-durable', 'watches the snapshot of "k"'))
  })

  test('N4: a child of the machine shows no snapshot, before and after a reload', () => {
    const look = assign({ ref: ({ context }: { context: { ref: AnyActorRef } }) => context.ref.getSnapshot() as never })
    const spawn = assign({ ref: ({ spawn }: never) => (spawn as (l: string) => unknown)('kid') })
    const config = { context: { ref: null }, entry: spawn, on: { GO: { actions: look } } }
    const parent = start(machine(config as unknown as Config))
    expect(() => parent.send({ type: 'GO' })).toThrow(coded('machine.not-durable'))
    parent.reload()
    expect(() => parent.send({ type: 'GO' })).toThrow(coded('machine.not-durable'))
  })

  test.each(['a/b', 'a@b', ''])('a child id that is no path segment, %j: machine.invalid', (id) => {
    expect(() => on(spawnChild('kid', { id })).send({ type: 'GO' })).toThrow(coded('machine.invalid', 'id'))
  })

  test('BAD 7: an unknown source is machine.invalid', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {}) // XState's own, in development only
    expect(() => on(spawnChild('nobody', { id: 'k' })).send({ type: 'GO' })).toThrow(coded('machine.invalid'))
    expect(() => start(machine({ invoke: { src: 'nobody' } }))).toThrow(coded('machine.invalid'))
    vi.restoreAllMocks()
  })

  test('a promise alone is no actor', () => {
    expect(() => prepare('p', job)).toThrow(coded('machine.not-durable'))
  })
})
