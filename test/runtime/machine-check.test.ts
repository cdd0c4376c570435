import { describe, expect, test } from 'vitest'
import {
  type AnyActorLogic,
  type AnyStateMachine,
  and,
  createMachine,
  fromCallback,
  fromPromise,
  raise,
  setup,
  spawnChild,
  stateIn,
} from 'xstate'
import { TroupeError } from '../../src/runtime/errors.ts'
import { checkMachine, checkMachineConfig, readMachine } from '../../src/runtime/machine-check.ts'
import { machineHash } from '../../src/runtime/machine-hash.ts'

// Configurations here are wrong on purpose, so they enter as unknown and are cast where XState wants its own type.
type Config = Parameters<typeof createMachine>[0]
const make = (config: unknown, implementations?: unknown): AnyStateMachine =>
  createMachine(config as Config, implementations as never)

const refusal = (run: () => unknown): TroupeError => {
  try {
    run()
  } catch (error) {
    if (error instanceof TroupeError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
const check = (config: unknown, implementations?: unknown, strict = false) =>
  checkMachine(
    readMachine(() => make(config, implementations)),
    { strict },
  )

const abc = (a: unknown, root: object = {}) => ({ id: 'm', initial: 'a', states: { a, b: { type: 'final' } }, ...root })
const many = (count: number) => ({
  initial: 's0',
  states: Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`s${i}`, { on: { NEXT: `s${(i + 1) % count}` } }]),
  ),
})
const nested = (depth: number): object => (depth === 0 ? {} : { initial: 'x', states: { x: nested(depth - 1) } })
const named = (name: string) => ({ initial: 'a', states: JSON.parse(`{"a":{},${JSON.stringify(name)}:{}}`) })
const cyclic: { self?: unknown } = {}
cyclic.self = { cyclic }
const work = fromPromise(async () => 1)

type Row = [number: number, what: string, place: string, says: RegExp, config: unknown, implementations?: unknown]
const refused: Row[] = [
  [
    1,
    'initial that names no state',
    '/initial',
    /"idel".*did you mean "idle"/,
    { initial: 'idel', states: { idle: {} } },
  ],
  [1, 'initial of a nested state', '/states/a/initial', /"y".*x/, abc({ initial: 'y', states: { x: {} } })],
  [1, 'initial that is a method of objects', '/initial', /toString/, { initial: 'toString', states: { idle: {} } }],
  [2, 'a compound state without initial', '/states/a', /initial/, abc({ states: { x: {} } })],
  [3, 'a target that is missing', '/states/a', /XState refuses.*'x' does not exist/s, abc({ on: { GO: 'x' } })],
  [
    4,
    'two states with one id',
    '/states/b/id',
    /"one".*\/states\/a/,
    abc({ id: 'one' }, { states: { a: { id: 'one' }, b: { id: 'one' } } }),
  ],
  [
    4,
    'an id that is the default of another',
    '/states/b/id',
    /"m\.a"/,
    abc({}, { states: { a: {}, b: { id: 'm.a' } } }),
  ],
  [
    4,
    'two invokes of one state with one id',
    '/states/a/invoke/1',
    /"job"/,
    abc({
      invoke: [
        { id: 'job', src: 'work' },
        { id: 'job', src: 'work' },
      ],
    }),
    { actors: { work } },
  ],
  [
    4,
    'invokes of two regions with one id',
    '/states/y/invoke',
    /"job".*\/states\/x/,
    {
      type: 'parallel',
      states: { x: { invoke: { id: 'job', src: 'work' } }, y: { invoke: { id: 'job', src: 'work' } } },
    },
    { actors: { work } },
  ],
  [
    4,
    'an invoke with the id of one above it',
    '/states/a/invoke',
    /"job"/,
    abc({ invoke: { id: 'job', src: 'work' } }, { invoke: { id: 'job', src: 'work' } }),
    { actors: { work } },
  ],
  [
    5,
    'an unknown action',
    '/states/a/entry',
    /"lgo".*did you mean "log"/,
    abc({ entry: 'lgo' }),
    { actions: { log: () => {} } },
  ],
  [
    5,
    'an unknown action in a transition',
    '/states/a/on/GO/actions/1',
    /"two".*setup/,
    abc({ on: { GO: { actions: ['one', { type: 'two' }] } } }),
    { actions: { one: () => {} } },
  ],
  [5, 'an action called like a method of objects', '/states/a/exit', /"toString"/, abc({ exit: 'toString' })],
  [
    6,
    'an unknown guard',
    '/states/a/on/GO/guard',
    /"redy".*did you mean "ready"/,
    abc({ on: { GO: { guard: 'redy' } } }),
    { guards: { ready: () => true } },
  ],
  [
    6,
    'an unknown guard within and()',
    '/states/a/always/0/guard/0',
    /"no"/,
    abc({ always: [{ guard: and(['no' as never]), target: 'b' }] }),
  ],
  [
    6,
    'stateIn() of a state that is missing',
    '/states/a/always/guard',
    /"c"/,
    abc({ always: { guard: stateIn('c'), target: 'b' } }),
  ],
  [
    7,
    'an unknown source of an invoke',
    '/states/a/invoke/src',
    /"wrok".*did you mean "work"/,
    abc({ invoke: { src: 'wrok' } }),
    { actors: { work } },
  ],
  [
    7,
    'an unknown source of spawnChild',
    '/states/a/entry/src',
    /"wrok"/,
    abc({ entry: spawnChild('wrok') }),
    { actors: { work } },
  ],
  [
    7,
    'an unknown source within a registered action',
    '/implementations/actions/go/src',
    /"wrok"/,
    abc({ entry: 'go' }),
    { actions: { go: spawnChild('wrok') } },
  ],
  [
    7,
    'a source that is registered with no logic',
    '/states/a/invoke/src',
    /fromPromise/,
    abc({ invoke: { src: 'work' } }),
    { actors: { work: async () => 1 } },
  ],
  [
    8,
    'an unknown delay',
    '/states/a/after/sooon',
    /"sooon".*did you mean "soon"/,
    abc({ after: { sooon: 'b' } }),
    { delays: { soon: 5 } },
  ],
  [
    8,
    'an unknown delay of raise()',
    '/states/a/entry/delay',
    /"soon"/,
    abc({ entry: raise({ type: 'X' }, { delay: 'soon' as never }) }),
  ],
  [9, 'a delay above ten years', '/states/a/after/315576000001', /ten years/, abc({ after: { 315576000001: 'b' } })],
  [9, 'an endless delay', '/states/a/after/Infinity', /ten years/, abc({ after: { [Number.POSITIVE_INFINITY]: 'b' } })],
  [10, 'a negative delay', '/states/a/after/-5', /negative/, abc({ after: { '-5': 'b' } })],
  [10, 'a delay of NaN', '/states/a/after/NaN', /not a number/, abc({ after: { [Number.NaN]: 'b' } })],
  [
    10,
    'a delay of raise() that is NaN',
    '/states/a/entry/delay',
    /not a number/,
    abc({ entry: raise({ type: 'X' }, { delay: Number.NaN }) }),
  ],
  [
    10,
    'a registered delay that is text',
    '/implementations/delays/soon',
    /not a number/,
    abc({ after: { soon: 'b' } }),
    { delays: { soon: '5s' } },
  ],
  [13, 'a state called __proto__', '/states/__proto__', /__proto__/, named('__proto__')],
  [
    13,
    'a state called __proto__ in a literal',
    '/states/__proto__',
    /__proto__/,
    { initial: 'a', states: { a: {}, __proto__: { b: {} } } },
  ],
  [13, 'a state called constructor', '/states/constructor', /rename/, named('constructor')],
  [14, 'a state name with a dot', '/states/a.b', /dot/, named('a.b')],
  [14, 'a state name with a space', '/states/a b', /space/, named('a b')],
  [14, 'a state name with a control character', '/states/a\\u{1b}[2J', /control/, named('a\u001b[2J')],
  [14, 'an empty state name', '/states/', /empty/, named('')],
  [16, 'an unknown key', '/states/a/onn', /"onn".*did you mean "on"/, abc({ onn: { GO: 'b' } })],
  [
    16,
    'an unknown key of a transition',
    '/states/a/on/GO/action',
    /did you mean "actions"/,
    abc({ on: { GO: { action: 'x' } } }),
  ],
  [
    16,
    'an unknown key of an invoke',
    '/states/a/invoke/ondone',
    /did you mean "onDone"/,
    abc({ invoke: { src: 'work', ondone: 'b' } }),
    { actors: { work } },
  ],
  [16, 'a key of an earlier version', '/states/a/data', /"output"/, abc({ data: {} })],
  [16, 'an unknown type of state', '/states/a/type', /did you mean "parallel"/, abc({ type: 'paralel' })],
  [16, 'a target outside a transition', '/states/a/target', /history/, abc({ target: 'b' })],
  [17, '5,001 states', '/states', /limit of 5000/, many(5001)],
  [17, '10,000 states', '/states', /limit of 5000/, many(10_000)],
  [18, 'states 101 deep', '/states/x/states/x', /limit of 100/, nested(101)],
  [18, 'states 500 deep', '/states/x/states/x', /limit of 100/, nested(500)],
  [20, 'a function in the context', '/context/a/0', /function/, abc({}, { context: { a: [() => 1] } })],
  [20, 'a class instance in the context', '/context/at', /URL/, abc({}, { context: { at: new URL('http://x') } })],
  [20, 'a cyclic context', '/context/self/cyclic', /cycle/, abc({}, { context: cyclic })],
  [20, 'a symbol in the context', '/context/a', /symbol/, abc({}, { context: { a: Symbol('x') } })],
  [
    20,
    'a function in the input of an invoke',
    '/states/a/invoke/input/f',
    /function/,
    abc({ invoke: { src: 'work', input: { f: () => 1 } } }),
    { actors: { work } },
  ],
]

describe('a machine that cannot work is refused before it starts', () => {
  test.each(refused)('BAD %d: %s', (_, __, place, says, config, implementations) => {
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
