import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadAgentFiles, type Problem } from '../../src/actors/agent-file.ts'

const file = (fields: string, body = 'You write.') => `---\n${fields}\n---\n${body}\n`
const valid = (extra = '', body?: string) => file(`name: writer\ndescription: Writes.${extra && `\n${extra}`}`, body)

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'troupe-agents-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

describe('a folder of agent files', () => {
  const put = (name: string, text: string | Uint8Array) => writeFile(join(dir, name), text)
  const onlyProblem = async () => {
    const { agents, problems } = await loadAgentFiles(dir)
    expect(agents).toEqual([])
    expect(problems).toHaveLength(1)
    return problems[0] as Problem // the length is checked above
  }

  test('gives its agents in the order of their names and skips what is no markdown', async () => {
    await put('b.md', file('name: b\ndescription: d'))
    await put('a.md', file('name: a\ndescription: d'))
    await put('notes.txt', 'x')
    const { agents, problems } = await loadAgentFiles(dir)
    expect(agents.map(({ name, path }) => [name, path])).toEqual([
      ['a', join(dir, 'a.md')],
      ['b', join(dir, 'b.md')],
    ])
    expect(problems).toEqual([])
  })

  test('a bad file hides no other', async () => {
    await put('a.md', 'x')
    await put('b.md', file('name: b\ndescription: d'))
    const { agents, problems } = await loadAgentFiles(dir)
    expect(agents).toHaveLength(1)
    expect(problems).toMatchObject([{ path: join(dir, 'a.md') }])
  })

  test.each<[string, Uint8Array, number]>([
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x2d, 0]), 1],
    ['UTF-16 without a mark', new Uint8Array([0x2d, 0, 0x2d, 0]), 1],
    ['invalid UTF-8', Buffer.concat([Buffer.from(valid()), Buffer.from([0x61, 0xe4, 0x0a])]), 6],
    ['invalid UTF-8 after a mark', Buffer.concat([Buffer.from('\ufeff---\n'), Buffer.from([0xc0, 0x80])]), 2],
  ])('BAD 54: %s is an error with its line', async (_, bytes, line) => {
    await put('a.md', bytes)
    expect(await onlyProblem()).toMatchObject({ line, message: expect.stringContaining('UTF-8') })
  })

  test('BAD 55: a file of 1 GB is refused before it is read', async () => {
    await put('a.md', '')
    await truncate(join(dir, 'a.md'), 1024 ** 3)
    expect((await onlyProblem()).message).toContain('64 KB')
  })

  test('BAD 55: a file of just over 64 KB is refused, one of 64 KB is read', async () => {
    const text = valid('', 'x'.repeat(64 * 1024 - valid('', '').length))
    await put('a.md', text)
    expect((await loadAgentFiles(dir)).agents).toHaveLength(1)
    await put('a.md', `${text}x`)
    expect((await onlyProblem()).message).toContain('64 KB')
  })

  test('BAD 55: a pipe is refused without waiting for a writer', async () => {
    execFileSync('mkfifo', [join(dir, 'a.md')])
    expect((await onlyProblem()).message).toContain('a pipe')
  })

  test('BAD 55: a directory is refused', async () => {
    await mkdir(join(dir, 'a.md'))
    expect((await onlyProblem()).message).toContain('a directory')
  })

  test('BAD 55: a link to a device is refused', async () => {
    await symlink('/dev/zero', join(dir, 'a.md'))
    expect((await onlyProblem()).message).toContain('out of the folder')
  })

  test('BAD 56: a link out of the folder is refused, one within is followed', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'troupe-outside-'))
    await writeFile(join(outside, 'x.md'), valid())
    await symlink(join(outside, 'x.md'), join(dir, 'a.md'))
    expect((await onlyProblem()).message).toContain('out of the folder')
    await rm(outside, { recursive: true })
    await rm(join(dir, 'a.md'))
    await put('kept.text', valid())
    await symlink('kept.text', join(dir, 'a.md'))
    expect((await loadAgentFiles(dir)).agents).toHaveLength(1)
  })

  test('BAD 56: a link that leads nowhere is an error', async () => {
    await symlink('nowhere.md', join(dir, 'a.md'))
    expect((await onlyProblem()).message).toContain('ENOENT')
  })

  test('BAD 57: one name in two files is an error that names both, and both are left out', async () => {
    await put('a.md', valid())
    await put('b.md', file('name: Writer\ndescription: Another.'))
    await put('c.md', file('name: other\ndescription: d'))
    const { agents, problems } = await loadAgentFiles(dir)
    expect(agents.map(({ name }) => name)).toEqual(['other'])
    expect(problems.map(({ path }) => path)).toEqual([join(dir, 'a.md'), join(dir, 'b.md')])
    for (const { message } of problems) {
      expect(message).toContain(join(dir, 'a.md'))
      expect(message).toContain(join(dir, 'b.md'))
    }
  })

  test('a folder that is missing throws with its path', async () => {
    const missing = join(dir, 'none')
    await expect(loadAgentFiles(missing)).rejects.toMatchObject({ code: 'agent-file.invalid', place: missing })
  })
})
