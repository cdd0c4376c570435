import { expect, test } from 'vitest'
import { wildcard } from '../../src/tools/wildcard.ts'

test.each([
  ['*.md', 'a.md', true],
  ['*.md', 'docs/a.md', true],
  ['*.md', 'docs/a.mdx', false],
  ['**', 'a/b/c', true],
  ['./*.md', 'docs/a.md', true],
  ['docs/*.md', 'docs/a.md', true],
  ['docs/*.md', 'docs/x/a.md', false],
  ['docs/*.md', 'a.md', false],
  ['docs/**/*.md', 'docs/a.md', true],
  ['docs/**/*.md', 'docs/x/y/a.md', true],
  ['**/test/**', 'src/test/a/b.ts', true],
  ['**/test/**', 'src/tests/a.ts', false],
  ['a?c', 'abc', true],
  ['a?c', 'a/c', false],
  ['a?c', 'a😀c', true],
  ['[a-c]x', 'bx', true],
  ['[!a-c]x', 'bx', false],
  ['[]x', '[]x', true],
  ['[]]x', ']x', true],
  ['[!]x', '!x', true],
  ['[!]', '!', true],
  ['[a-]', '-', true],
  ['*.{ts,tsx}', 'a.tsx', true],
  ['{a,b{c,d}}.md', 'bd.md', true],
  ['{a}.md', '{a}.md', true],
  ['\\*.md', '*.md', true],
  ['\\*.md', 'a.md', false],
  ['a.md', 'aXmd', false],
  ['(a|b)+.md', 'a.md', false],
  ['*', '.hidden', true],
])('%j and %j: %j', (pattern, path, expected) => {
  expect(wildcard(pattern)(path)).toBe(expected)
})

test.each(['../*', '/etc/*', 'a/../b', '{a,b}'.repeat(7)])('the pattern %j is refused', (pattern) => {
  expect(() => wildcard(pattern)).toThrow(expect.objectContaining({ code: 'tool.invalid-input' }))
})

test('BAD 176: patterns made to be slow are not', () => {
  expect(wildcard(`${'*a'.repeat(200)}b`)('a'.repeat(250))).toBe(false)
  expect(wildcard(`${'**/a/'.repeat(80)}b`)('a/'.repeat(500))).toBe(false)
})
