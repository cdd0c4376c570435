import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Codec, createCodec } from '../../src/runtime/codec.ts'
import { TroupeError } from '../../src/runtime/errors.ts'
import type { Json } from '../../src/runtime/json.ts'
import { foreign } from '../../src/runtime/kernel-scope.ts'

const throughText = (json: Json): Json => JSON.parse(JSON.stringify(json)) as Json
const roundTrip = (value: unknown): unknown => createCodec().decode(throughText(createCodec().encode(value)))

const refusal = (value: unknown, codec: Codec = createCodec()): TroupeError => {
  try {
    codec.encode(value)
  } catch (error) {
    if (error instanceof TroupeError) return error
    throw error
  }
  throw new Error('it was not refused')
}

const key = fc.oneof(fc.string(), fc.constantFrom('$type', 'value', 'a/b', '~', 'length', 'constructor', '\ud800'))
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, undefined, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc.string().map((message) => new Error(message)),
)
const { carried } = fc.letrec<{ carried: unknown }>((tie) => ({
  carried: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('carried'), { maxLength: 4 }),
    fc
      .dictionary(key, tie('carried'), { maxKeys: 4 })
      .map((fields) => Object.fromEntries(Object.entries(fields).filter(([name]) => name !== '__proto__'))),
    fc.array(fc.tuple(tie('carried'), tie('carried')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.array(tie('carried'), { maxLength: 3 }).map((values) => new Set(values)),
  ),
}))

describe('round trip', () => {
  test('K1: decoding the text of an encoding gives an equal value', () => {
    fc.assert(fc.property(carried, (value) => isDeepStrictEqual(roundTrip(value), value)))
  })

  test('C8: the same value has the same text, also after a round trip', () => {
    fc.assert(
      fc.property(carried, (value) => {
        const text = JSON.stringify(createCodec().encode(value))
        expect(JSON.stringify(createCodec().encode(roundTrip(value)))).toBe(text)
      }),
    )
  })

  test('an error keeps its name, message and own fields', () => {
    const error = Object.assign(new RangeError('too far', { cause: new Error('no road') }), { code: 7 })
    const back = roundTrip(error) as RangeError & { code: number }
    expect(back).toBeInstanceOf(Error)
    expect({ name: back.name, message: back.message, code: back.code, cause: back.cause }).toEqual({
      name: 'RangeError',
      message: 'too far',
      code: 7,
      cause: 'no road',
    })
  })

  test('a reference to an actor is its address, and a reference again', () => {
    const encoded = createCodec().encode({ to: foreign('run/writer') })
    expect(encoded).toEqual({ to: { $type: 'Actor', value: 'run/writer' } })
    expect(createCodec().encode(createCodec().decode(encoded))).toEqual(encoded)
    expect(createCodec().decode(encoded, (address) => `<${address}>`)).toEqual({ to: '<run/writer>' })
  })

  test('BAD 35, BAD 36: lone surrogates and NUL are kept', () => {
    const text = `a\ud800b\u0000c\udc00`
    expect(roundTrip({ [text]: text })).toEqual({ [text]: text })
  })

  test('an unknown tag is store.corrupt', () => {
    expect(() => createCodec().decode({ $type: 'Later' })).toThrow(expect.objectContaining({ code: 'store.corrupt' }))
  })
})

describe('identity and freezing', () => {
  test('K2: plain JSON is encoded and decoded as itself, and branches of it stay the same references', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = throughText(value as Json)
        if (JSON.stringify(plain).match(/__proto__|\$type/)) return
        const codec = createCodec()
        expect(codec.encode(plain)).toBe(plain)
        const odd = codec.encode({ plain, at: undefined }) as { plain: Json }
        expect(odd.plain).toBe(plain)
        expect(codec.decode(plain)).toBe(plain)
      }),
    )
  })

  test('K3: what was encoded or decoded is frozen, with or without tags', () => {
    const values = () => ({ plain: { list: [1] }, odd: { map: new Map([[1, { deep: 1 }]]), list: [undefined] } })
    const encoded = values()
    createCodec().encode(encoded)
    const decoded = roundTrip(values()) as typeof encoded
    for (const { plain, odd } of [encoded, decoded]) {
      const parts = [plain, plain.list, odd, odd.list, odd.map.get(1)]
      expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true))
    }
  })

  test('a codec that keeps nothing leaves a caller its value', () => {
    const value = { list: [1], odd: [undefined] }
    createCodec({ keep: false }).encode(value)
    expect(Object.isFrozen(value) || Object.isFrozen(value.list) || Object.isFrozen(value.odd)).toBe(false)
  })

  test('encoding again costs what has changed', () => {
    let read = 0
    const long = { list: Array.from({ length: 20 }, () => 'what is small is gone through again') }
    const counted = Object.defineProperty(long, 'field', { enumerable: true, get: () => ++read && 'text' })
    const codec = createCodec()
    const first = { counted }
    codec.encode(first)
    const before = read
    codec.encode({ ...first, more: 1 })
    expect(read).toBe(before)
  })

  test('a Map that was changed in place is encoded as it is now', () => {
    const codec = createCodec()
    const map = new Map([[1, 1]])
    const holder = { map }
    codec.encode(holder)
    map.set(2, 2)
    expect(codec.encode(holder)).toEqual({ map: { $type: 'Map', value: [[1, 1], [2, 2]] } }) // biome-ignore format: as pairs
  })
})

class Point {
  x = 1
}
const cyclic: { self?: unknown } = {}
cyclic.self = { cyclic }
const loop = new Map<string, unknown>()
loop.set('loop', loop)

const nested = (depth: number): unknown => {
  let value: unknown = 'leaf'
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { value }
  return value
}

describe('refusals', () => {
  test.each([
    ['a function', { a: [{ run: () => 1 }] }, '/a/0/run'],
    ['a symbol', { a: Symbol('s') }, '/a'],
    ['a class instance', { a: { b: new Point() } }, '/a/b'],
    ['a promise', { later: Promise.resolve() }, '/later'],
    ['a typed array', { bytes: new Uint8Array(2) }, '/bytes'],
    ['a symbol as a key', { a: { [Symbol.for('s')]: 1 } }, '/a/Symbol(s)'],
    ['an array with a name in it', { found: Object.assign(['x'], { index: 3 }) }, '/found/index'],
    ['BAD 33: a cycle', cyclic, '/self/cyclic'],
    ['a Map that holds itself', { loop }, '/loop/value 0'],
    ['a function in a Map', new Map([['k', () => 1]]), '/value 0'],
    ['a name with a slash', { 'a/b': { '~': () => 1 } }, '/a~1b/~0'],
    ['BAD 147: a key __proto__', JSON.parse('{"a":{"__proto__":{"admin":true}}}'), '/a/__proto__'],
  ])('K4: %s is refused with its path', (_what, value, place) => {
    expect(refusal(value)).toMatchObject({ code: 'message.unserialisable', place })
    expect(refusal(value).message).toContain(place)
  })

  test('the place begins with what is encoded', () => {
    expect(() => createCodec().encode({ a: () => 1 }, 'context')).toThrow(
      expect.objectContaining({ place: '/context/a' }),
    )
  })

  test('one value in two places is no cycle', () => {
    const shared = { map: new Map() }
    expect(roundTrip([shared, shared])).toEqual([shared, shared])
  })

  test('BAD 38: 100,000 levels are refused without a stack overflow, 400 are not', () => {
    expect(refusal(nested(100_000))).toMatchObject({ code: 'message.unserialisable' })
    expect(refusal(nested(100_000)).message.length).toBeLessThan(300)
    expect(roundTrip(nested(400))).toEqual(nested(400))
  })

  test('BAD 38: a value that grows by one level at a time is refused at the same depth', () => {
    const codec = createCodec()
    const grow = (): number => {
      let value: object = { leaf: 1 }
      for (let depth = 1; depth < 1_000; depth++) {
        value = { value, at: depth }
        try {
          codec.encode(value)
        } catch {
          return depth
        }
      }
      return Number.POSITIVE_INFINITY
    }
    const limit = grow()
    expect(limit).toBeGreaterThan(400)
    expect(limit).toBeLessThan(600)
    expect(() => createCodec().encode(nested(limit - 1))).not.toThrow()
  })

  test('a refused value leaves the codec as it was', () => {
    const codec = createCodec()
    const good = { a: 1 }
    const bad = { good, run: () => 1 }
    refusal(bad, codec)
    expect(refusal(bad, codec).place).toBe('/run')
    expect(codec.encode({ good })).toEqual({ good: { a: 1 } })
  })
})
