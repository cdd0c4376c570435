import fc from 'fast-check'
import { expect, test } from 'vitest'
import { replaceIn } from '../../src/tools/replace.ts'

const text = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength })
const edits = fc.record({
  oldText: text(4).filter((part) => part !== ''),
  newText: text(6),
  occurrences: fc.constantFrom('one' as const, 'all' as const),
})

test('an edit that was made is never made again', () => {
  fc.assert(
    fc.property(text(20), edits, (before, edit) => {
      const first = replaceIn(before, edit)
      fc.pre(first.kind === 'replaced')
      expect(replaceIn(first.text, edit).kind).not.toBe('replaced')
    }),
    { numRuns: 2_000 },
  )
})

test('an edit puts the new text where the old was and touches nothing else', () => {
  fc.assert(
    fc.property(text(20), text(20), edits, (head, tail, edit) => {
      const outcome = replaceIn(`${head}${edit.oldText}${tail}`, { ...edit, occurrences: 'one' })
      fc.pre(outcome.kind === 'replaced')
      expect(outcome.text).toBe(`${head}${edit.newText}${tail}`)
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['aaab', 'aab', 'ab', 'refused'],
  ['import a', 'import a', 'import a, b', 'replaced'],
  ['import a, b', 'import a', 'import a, b', 'already'],
  ['x = 2', 'x = 1', 'x = 2', 'already'],
  ['} }', 'typo', '}', 'refused'],
  ['keep', 'gone', '', 'refused'],
] as const)('in %j, %j to %j is %s', (before, oldText, newText, kind) => {
  expect(replaceIn(before, { oldText, newText, occurrences: 'one' }).kind).toBe(kind)
})
