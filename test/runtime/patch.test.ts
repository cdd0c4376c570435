import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../../src/runtime/json.ts'
import { apply, diff, type Operation } from '../../src/runtime/patch.ts'

const throughText = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json
const key = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.constantFrom('a', 'b', 'c', '1', '2', '10', '-', '~', '/', '~1', 'a/b', '', '__proto__'),
)
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(null, true, 0, 1, 2, 'a', 'b', ''),
    fc.array(tie('json'), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie('json')), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs)),
  ),
}))
const value = json.map(throughText)

/** A value and what a turn made of it: most branches are the same references, some are moved, added, removed, changed. */
const edit = (before: Json, choose: (count: number) => number, fresh: () => Json): Json => {
  if (choose(4) === 0) return fresh()
  if (Array.isArray(before)) {
    const items = [...(before as Json[])]
    const at = choose(items.length + 1)
    if (choose(2) === 0) items.splice(at, choose(3), ...Array.from({ length: choose(3) }, fresh))
    else if (at < items.length) items[at] = edit(items[at]!, choose, fresh)
    return items
  }
  if (before === null || typeof before !== 'object') return before
  const entries = Object.entries(before as Record<string, Json>)
  const at = choose(entries.length + 1)
  const [moved] = entries.splice(at, 1)
  if (moved && choose(3) > 0) entries.splice(choose(entries.length + 1), 0, [moved[0], edit(moved[1], choose, fresh)])
  return Object.fromEntries(entries)
}
const turn = fc.tuple(value, fc.infiniteStream(fc.nat()), fc.infiniteStream(value)).map(([before, choices, fresh]) => {
  const choose = (count: number) => choices.next().value % count
  return { before, after: edit(before, choose, () => fresh.next().value) }
})

const freeze = (deep: Json): Json => {
  if (deep !== null && typeof deep === 'object') for (const part of Object.values(deep)) freeze(part)
  return Object.freeze(deep)
}

const stored = (operations: readonly Operation[]) => JSON.parse(JSON.stringify(operations)) as Operation[]

describe('a difference', () => {
  test('P1: applied, gives the very text of the new value, for any two values', () => {
    fc.assert(
      fc.property(value, value, (before, after) => {
        const applied = apply(freeze(before), stored(diff(before, after)))
        expect(JSON.stringify(applied)).toBe(JSON.stringify(after))
      }),
      { numRuns: 1000 },
    )
  })

  test('P1: applied, gives the very text of the new value, for what a turn makes of a value', () => {
    fc.assert(
      fc.property(turn, ({ before, after }) => {
        const applied = apply(freeze(before), stored(diff(before, after)))
        expect(JSON.stringify(applied)).toBe(JSON.stringify(after))
      }),
      { numRuns: 2000 },
    )
  })

  test('P1: a key that was taken away and put back is last, as in the object itself', () => {
    const before = { a: 1, b: 2, c: 3 }
    const { a, ...others } = before
    const operations = diff(before, { ...others, a })
    expect(Object.keys(apply(before, operations) as object)).toEqual(['b', 'c', 'a'])
    expect(operations).toHaveLength(2)
  })

  test('is empty between equal values, whatever their references', () => {
    fc.assert(fc.property(value, (one) => void expect(diff(one, throughText(one))).toEqual([])))
  })

  test('leaves branches that did not change the same references', () => {
    const before = { still: { deep: [1] }, list: [{ a: 1 }, { b: 2 }], gone: 1 }
    const after = { still: before.still, list: [...before.list, { c: 3 }] }
    const applied = apply(before, diff(before, after)) as typeof before
    expect(applied.still).toBe(before.still)
    expect(applied.list[0]).toBe(before.list[0])
    expect(applied.list[1]).toBe(before.list[1])
    expect(before).toEqual({ still: { deep: [1] }, list: [{ a: 1 }, { b: 2 }], gone: 1 })
  })

  test('has paths that are JSON pointers', () => {
    const operations = diff({ 'a/b': { '~': 1 }, '': 1 }, { 'a/b': { '~': 2 }, '': { '~1': 3 } })
    expect(operations).toEqual([
      { op: 'replace', path: '/a~1b/~0', value: 2 },
      { op: 'replace', path: '/', value: { '~1': 3 } },
    ])
    expect(apply({ x: { '~1': 1, '/': 1 } }, [{ op: 'replace', path: '/x/~01', value: 2 }])).toEqual({
      x: { '~1': 2, '/': 1 },
    })
  })
})

describe('the cost of a difference', () => {
  const items = Array.from({ length: 5_000 }, (_, id) => ({ id, text: 'x'.repeat(50) }))

  test('C22: one append to a long array is one operation', () => {
    expect(diff({ items }, { items: [...items, { id: -1, text: '' }] })).toEqual([
      { op: 'add', path: '/items/5000', value: { id: -1, text: '' } },
    ])
  })

  test('what is put in, taken out or changed in the middle of a long array is one operation', () => {
    const one = { id: -1, text: '' }
    expect(diff(items, items.toSpliced(2_000, 0, one))).toHaveLength(1)
    expect(diff(items, items.toSpliced(2_000, 1))).toEqual([{ op: 'remove', path: '/2000' }])
    expect(diff(items, items.with(2_000, { ...items[2_000]!, text: 'y' }))).toEqual([
      { op: 'replace', path: '/2000/text', value: 'y' },
    ])
  })

  test('emptying a long array, or filling an empty one, is one operation', () => {
    expect(diff({ items }, { items: [] })).toEqual([{ op: 'replace', path: '/items', value: [] }])
    expect(diff({ items: [] }, { items })).toHaveLength(1)
  })

  test('branches that are the same references are not looked into', () => {
    const trap = new Proxy({}, { ownKeys: () => expect.unreachable('a branch that did not change was read') })
    const same = trap as unknown as Json
    expect(diff({ same, n: 1 }, { same, n: 2 })).toHaveLength(1)
    expect(diff([same, 1, same], [same, 2, same])).toHaveLength(1)
  })

  test('applying many operations copies a long array once', () => {
    const kept = items.slice(0, 1)
    const operations = diff({ items }, { items: kept })
    expect(operations).toHaveLength(4_999)
    expect(longCopies(() => expect(apply({ items }, operations)).toEqual({ items: kept }))).toBe(1)
  })
})

/** How often arrays of thousands are gone through, as copying one does. */
const longCopies = (work: () => void): number => {
  const { prototype } = Array
  const original = prototype[Symbol.iterator]
  let count = 0
  prototype[Symbol.iterator] = function (this: unknown[]) {
    if (this.length > 1_000) count++
    return original.call(this)
  }
  try {
    work()
  } finally {
    prototype[Symbol.iterator] = original
  }
  return count
}

describe('a patch that does not fit is store.corrupt', () => {
  const before: Json = { list: [1, 2], map: { a: 1 }, text: 'x' }
  test.each<Operation>([
    { op: 'remove', path: '/map/b' },
    { op: 'replace', path: '/map/b', value: 1 },
    { op: 'replace', path: '/map/b/c', value: 1 },
    { op: 'remove', path: '/list/2' },
    { op: 'replace', path: '/list/2', value: 1 },
    { op: 'add', path: '/list/3', value: 1 },
    { op: 'add', path: '/list/-1', value: 1 },
    { op: 'add', path: '/list/01', value: 1 },
    { op: 'add', path: '/list/', value: 1 },
    { op: 'add', path: '/list/1e0', value: 1 },
    { op: 'add', path: '/text/0', value: 1 },
    { op: 'add', path: 'map/b', value: 1 },
    { op: 'replace', path: '/list/0/a', value: 1 },
    { op: 'replace', path: '/map/toString/x', value: 1 },
  ])('$op $path', (operation) => {
    expect(() => apply(before, [operation])).toThrow(expect.objectContaining({ code: 'store.corrupt' }))
  })
})

test('a key __proto__ is a key like any other', () => {
  const before = JSON.parse('{"a":{"__proto__":{"x":1}}}') as Json
  const after = JSON.parse('{"a":{"__proto__":{"x":2},"b":1}}') as Json
  const applied = apply(before, diff(before, after)) as { a: object }
  expect(JSON.stringify(applied)).toBe(JSON.stringify(after))
  expect(Object.getPrototypeOf(applied.a)).toBe(Object.prototype)
})
