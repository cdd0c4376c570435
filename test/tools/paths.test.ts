import { describe, expect, test } from 'vitest'
import { parseNewPath, parsePath } from '../../src/tools/paths.ts'

const refused = { code: 'workspace.denied' }

describe('reading a path', () => {
  test.each([
    ['upwards', '../secret'],
    ['upwards in the middle', 'a/../../secret'],
    ['upwards through the mount', 'input/../secret'],
    ['absolute', '/etc/passwd'],
    ['absolute, doubled', '//etc/passwd'],
    ['a drive', 'C:notes'],
    ['NUL', 'notes\0.md'],
    ['a newline', 'notes\n.md'],
    ['300 characters', `${'x'.repeat(300)}.md`],
    ['300 bytes in fewer characters', 'é'.repeat(150)],
    ['a very long path', 'a/'.repeat(600)],
    ['a very deep path', `${'a/'.repeat(40)}b`],
    ['backslashes', '..\\secret'],
    ['half of a surrogate pair', 'a\ud800'],
    ['a device of Windows', 'CON'],
    ['a device with an ending', 'docs/nul.txt'],
    ['a device with a space', 'com1 .txt'],
    ['a dot at the end', 'notes.'],
    ['three dots', '...'],
    ['a write that is under way', '.troupe-0123456789abcdef.tmp'],
  ])('BAD 169: %s is refused', (_, path) => {
    expect(() => parsePath(path)).toThrow(expect.objectContaining(refused))
  })

  test('BAD 169: what is refused is named, and cannot drive a terminal', () => {
    const attempt = () => parsePath('../\u001b[2Jx\u202e')
    expect(attempt).toThrow(expect.objectContaining({ place: '../\\u{1b}[2Jx\\u{202e}' }))
    expect(attempt).toThrow(/^[^\u001b\u202e]*$/u)
  })

  test.each([
    ['notes.md', ['notes.md']],
    ['./a//b/./c.md', ['a', 'b', 'c.md']],
    ['.', []],
    ['', []],
    ['..notes', ['..notes']],
    ['console.log', ['console.log']],
    ['Bücher/été.md', ['Bücher', 'été.md']],
  ])('%j is a path below the workspace', (path, names) => {
    expect(parsePath(path)).toMatchObject({ area: 'own', names })
  })

  test('input/ is the mount and artifact: is an artifact', () => {
    expect(parsePath('./input/a/b.md')).toMatchObject({ area: 'input', names: ['a', 'b.md'] })
    expect(parsePath('artifact:draft.md')).toMatchObject({ area: 'artifact', name: 'draft.md' })
  })
})

describe('a path to write to', () => {
  test.each([
    '.git/hooks/post-commit',
    'a/.git/config',
    '.GIT/config',
    '．git/config',
    'git~1/config',
    'CLAUDE~1/agents/x.md',
    '.claude/agents/evil.md',
    'node_modules/.bin/tsc',
    'app/node_modules/x/index.js',
    '.github/workflows/ci.yml',
    '.vscode/tasks.json',
    '.npmrc',
    '.gi\u200ct/config',
    '.git::$INDEX_ALLOCATION/config',
  ])('BAD 171: %j is refused', (path) => {
    expect(() => parseNewPath(path)).toThrow(expect.objectContaining(refused))
  })

  test.each(['', '.', 'folder/', 'input/x.md', 'input', 'artifact:x', 'notes.md:stream'])(
    '%j is no new file',
    (path) => {
      expect(() => parseNewPath(path)).toThrow(expect.objectContaining(refused))
    },
  )

  test.each(['notes.md', 'git/config', '.gitignore', 'docs/.env.example'])('%j may be written', (path) => {
    expect(parseNewPath(path).name).toBe(path.split('/').at(-1))
  })
})
