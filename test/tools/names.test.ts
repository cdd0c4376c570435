import { expect, test } from 'vitest'
import { resolveToolName } from '../../src/tools/names.ts'

test.each([
  ['Read', 'Read'],
  ['read_file', 'Read'],
  ['Write', 'Write'],
  ['write_file', 'Write'],
  ['Edit', 'Edit'],
  ['Glob', 'Glob'],
  ['List_Files', 'Glob'],
  ['list_files', 'Glob'],
  [' Grep ', 'Grep'],
])('%j is our %s', (name, tool) => {
  expect(resolveToolName(name)).toEqual({ tool })
})

test.each(['Web_Search', 'web_search', 'Bash', 'execute_command', 'Bash(git *)', 'mcp__files__read', 'TodoWrite'])(
  '%j is known and not available, with the reason',
  (name) => {
    expect(resolveToolName(name)).toEqual({ unavailable: expect.any(String) })
  },
)

test('BAD 60: a part of a tool is not granted as the whole of it', () => {
  expect(resolveToolName('Edit(docs/**)')).toEqual({ unavailable: expect.stringContaining('Edit alone') })
})

test('BAD 61: an unknown tool is unknown, with what may have been meant', () => {
  expect(resolveToolName('Raed')).toEqual({ unknown: true, suggestion: 'Read' })
  expect(resolveToolName('R\u0435ad'), 'a Cyrillic letter').toEqual({ unknown: true, suggestion: 'Read' })
  expect(resolveToolName('teleport')).toEqual({ unknown: true })
  expect(resolveToolName('__proto__')).toEqual({ unknown: true })
  expect(resolveToolName('constructor')).toEqual({ unknown: true })
})
