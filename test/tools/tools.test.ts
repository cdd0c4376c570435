import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../src/runtime/clock.ts'
import type { Json } from '../../src/runtime/json.ts'
import type { Tool, ToolContext } from '../../src/runtime/tool.ts'
import { grepTool } from '../../src/tools/grep.ts'
import { createWorkspace, type WorkspaceLimits } from '../../src/tools/workspace.ts'
import { workspaceTools } from '../../src/tools/workspace-tools.ts'
import { temporaryFolder, toolContext, use } from './folders.ts'

const scene = async (limits: Partial<WorkspaceLimits> = {}) => {
  const folder = await temporaryFolder()
  const [root, input] = [join(folder, 'own'), join(folder, 'given')]
  await mkdir(join(input, 'docs'), { recursive: true })
  await writeFile(join(input, 'docs', 'b.md'), 'alpha\nBeta\ngamma beta\n')
  await writeFile(join(input, 'a.txt'), 'beta first\n')
  const artifacts = async (name: string) => (name === 'draft.md' ? 'a draft' : null)
  const workspace = createWorkspace({ root, mounts: { input }, limits, artifacts })
  const tools = new Map(workspaceTools(workspace).map((tool) => [tool.name, tool]))
  const run = async (name: string, given: Json, changes: Partial<ToolContext> = {}) =>
    use(tools.get(name)!, given, changes)
  return { input, workspace, tools, run }
}
const error = (start: string) => ({ isError: true, content: expect.stringMatching(new RegExp(`^${start}`)) })

describe('the five tools', () => {
  test('declare objects with described fields, and may be made again after an interruption', async () => {
    const { tools } = await scene()
    expect([...tools.keys()]).toEqual(['Read', 'Write', 'Edit', 'Glob', 'Grep'])
    for (const tool of tools.values()) {
      expect(tool).toMatchObject({ interrupted: 'retry', timeoutMs: 60_000 })
      expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
      const fields = Object.values(tool.inputSchema.properties as Record<string, unknown>)
      expect(fields).toEqual(fields.map(() => expect.objectContaining({ description: expect.any(String) })))
    }
    expect(tools.get('Glob')!.inputSchema.required ?? []).toEqual([])
    expect(tools.get('Read')!.inputSchema.required).toEqual(['path'])
  })

  test.each([
    ['Read', {}, '/path'],
    ['Read', { path: 'a', offset: 0 }, '/offset'],
    ['Read', { path: 'a', ofset: 3 }, '/ofset'],
    ['Write', { path: 'a', content: 5 }, '/content'],
    ['Edit', { path: 'a', oldText: 'x', newText: 'x' }, '/newText'],
    ['Grep', { pattern: '(' }, '/pattern'],
    ['Grep', 'x', '/'],
  ] as [string, Json, string][])('%s refuses %j and names %s', async (name, input, place) => {
    const { tools } = await scene()
    const refusal = expect.objectContaining({ code: 'tool.invalid-input', place })
    expect(() => tools.get(name)!.parse(input)).toThrow(refusal)
  })

  test('BAD 147: a key named __proto__ is refused', async () => {
    const { tools } = await scene()
    const input = JSON.parse('{"path":"a","__proto__":{"limit":1}}') as Json
    const refusal = expect.objectContaining({ code: 'tool.invalid-input', place: '/__proto__' })
    expect(() => tools.get('Read')!.parse(input)).toThrow(refusal)
  })

  test('BAD 169: a refusal is an answer that the model can read', async () => {
    const { run } = await scene({ fileBytes: 10 })
    expect(await run('Read', { path: '../x' })).toEqual(error('workspace.denied: '))
    expect(await run('Read', { path: 'none.md' })).toEqual(error('workspace.not-found: '))
    expect(await run('Write', { path: 'a.md', content: 'x'.repeat(11) })).toEqual(error('workspace.limit: '))
    expect(await run('Glob', { path: '/etc' })).toEqual(error('workspace.denied: '))
    expect(await run('Grep', { pattern: 'x', path: '..' })).toEqual(error('workspace.denied: '))
    expect(await run('Edit', { path: 'input/a.txt', oldText: 'a', newText: 'b' })).toEqual(error('workspace.denied: '))
  })

  test('an abort is no answer: its reason is thrown', async () => {
    const { tools } = await scene()
    const reason = new Error('stop')
    for (const [name, input] of [
      ['Read', { path: 'input/a.txt' }],
      ['Glob', {}],
      ['Grep', { pattern: 'b' }],
    ] as [string, Json][])
      await expect(use(tools.get(name)!, input, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('Read', () => {
  test('shows numbered lines, and says when more follow', async () => {
    const { run } = await scene()
    const path = 'input/docs/b.md'
    expect(await run('Read', { path })).toEqual({ content: '1\talpha\n2\tBeta\n3\tgamma beta' })
    expect((await run('Read', { path, offset: 2, limit: 1 })).content).toBe(
      '2\tBeta\n[lines 2 to 2; more follow: read on with offset 3]',
    )
    expect((await run('Read', { path, offset: 9 })).content).toBe('[the file has 3 lines; use a smaller offset]')
  })

  test('says that a file is empty, and reads artifacts', async () => {
    const { run } = await scene()
    await run('Write', { path: 'empty.md', content: '' })
    expect((await run('Read', { path: 'empty.md' })).content).toBe('[the file is empty]')
    expect((await run('Read', { path: 'artifact:draft.md' })).content).toBe('1\ta draft')
    expect(await run('Read', { path: 'artifact:other' })).toEqual(error('workspace.not-found: '))
  })
})

describe('Write and Edit', () => {
  test('writing twice leaves the same file and gives the same answer', async () => {
    const { run, workspace } = await scene()
    const input = { path: 'a/notes.md', content: 'été\n' }
    expect(await run('Write', input)).toEqual({ content: 'wrote a/notes.md: 6 bytes' })
    expect(await run('Write', input)).toEqual({ content: 'wrote a/notes.md: 6 bytes' })
    expect(await workspace.read('a/notes.md')).toBe('été\n')
  })

  test('an edit replaces the one place, or all when asked to', async () => {
    const { run, workspace } = await scene()
    await run('Write', { path: 'a.md', content: 'one two two' })
    expect(await run('Edit', { path: 'a.md', oldText: 'two', newText: '2' })).toEqual(
      error('tool.invalid-input: .*more than once'),
    )
    expect(await run('Edit', { path: 'a.md', oldText: 'one', newText: '$& 1' })).toEqual({
      content: 'edited a.md: 1 replaced',
    })
    const all = await run('Edit', { path: 'a.md', oldText: 'two', newText: '2', occurrences: 'all' })
    expect(all).toEqual({ content: 'edited a.md: 2 replaced' })
    expect(await workspace.read('a.md')).toBe('$& 1 2 2')
    expect(await run('Edit', { path: 'a.md', oldText: 'gone', newText: 'x' })).toEqual(
      error('tool.invalid-input: .*not in the file'),
    )
  })

  test('edits at the same time are all kept', async () => {
    const { run, workspace } = await scene()
    await run('Write', { path: 'a.md', content: 'a b c d' })
    const edits = ['a', 'b', 'c', 'd'].map((letter) =>
      run('Edit', { path: 'a.md', oldText: letter, newText: letter.toUpperCase() }),
    )
    await Promise.all(edits)
    expect(await workspace.read('a.md')).toBe('A B C D')
  })

  test('a multi-line edit fits a file with Windows line endings', async () => {
    const { run, workspace } = await scene()
    await run('Write', { path: 'a.md', content: 'one\r\ntwo\r\nthree\r\n' })
    await run('Edit', { path: 'a.md', oldText: 'one\ntwo', newText: '1\n2' })
    expect(await workspace.read('a.md')).toBe('1\r\n2\r\nthree\r\n')
  })

  test('an edit that was made already changes nothing and says so', async () => {
    const { run, workspace } = await scene()
    await run('Write', { path: 'a.md', content: 'import a\n' })
    const edit = { path: 'a.md', oldText: 'import a', newText: 'import a\nimport b' }
    await run('Edit', edit)
    expect((await run('Edit', edit)).content).toMatch(/already reads so/)
    expect(await workspace.read('a.md')).toBe('import a\nimport b\n')
  })
})

describe('Glob', () => {
  test('lists paths by pattern, sorted, the mounted folder among them', async () => {
    const { run } = await scene()
    for (const path of ['z.md', 'src/x.ts', 'src/deep/y.ts']) await run('Write', { path, content: '' })
    const list = async (input: Json) => (await run('Glob', input)).content.split('\n')
    expect(await list({})).toEqual(['input/a.txt', 'input/docs/b.md', 'src/deep/y.ts', 'src/x.ts', 'z.md'])
    expect(await list({ pattern: '*.md' })).toEqual(['input/docs/b.md', 'z.md'])
    expect(await list({ pattern: 'src/*.ts' })).toEqual(['src/x.ts'])
    expect(await list({ pattern: 'docs/*', path: './input/' })).toEqual(['input/docs/b.md'])
    expect(await list({ pattern: '*.zip' })).toEqual(['[no file fits]'])
    expect(await list({ limit: 2 })).toEqual([
      'input/a.txt',
      'input/docs/b.md',
      '[3 more; use a narrower pattern or path]',
    ])
    expect(await run('Glob', { pattern: '../*' })).toEqual(error('tool.invalid-input: '))
  })

  test('says when a folder holds too much to be looked at', async () => {
    const { run } = await scene({ searchEntries: 2 })
    expect((await run('Glob', { path: 'input' })).content).toMatch(/^input\/a\.txt\n\[not all was looked at/)
  })
})

describe('Grep', () => {
  test.each(['beta', 'b[e]ta'])('finds %s line by line, by path and line', async (pattern) => {
    const { run } = await scene()
    await run('Write', { path: 'notes.md', content: 'x\nbeta' })
    const find = async (input: { [key: string]: Json }) =>
      (await run('Grep', { pattern, ...input })).content.split('\n')
    expect(await find({})).toEqual(['input/a.txt:1: beta first', 'input/docs/b.md:3: gamma beta', 'notes.md:2: beta'])
    expect(await find({ case: 'insensitive', glob: '*.md' })).toEqual([
      'input/docs/b.md:2: Beta',
      'input/docs/b.md:3: gamma beta',
      'notes.md:2: beta',
    ])
    expect(await find({ path: 'input/docs/b.md' })).toEqual(['input/docs/b.md:3: gamma beta'])
    expect(await find({ limit: 2 })).toEqual([
      'input/a.txt:1: beta first',
      'input/docs/b.md:3: gamma beta',
      '[the first 2 matches; use a narrower pattern, path or glob for more]',
    ])
    expect(await find({ path: 'input', glob: 'none' })).toEqual(['[no match in 0 files]'])
  })

  test('anchors are those of a line, and long lines are cut around the match', async () => {
    const { run } = await scene()
    await run('Write', { path: 'long.md', content: `${'x'.repeat(1_000)}needle${'y'.repeat(1_000)}\r\nlast` })
    expect((await run('Grep', { pattern: '^last$', path: 'long.md' })).content).toBe('long.md:2: last')
    const { content } = await run('Grep', { pattern: 'needle', path: 'long.md' })
    expect(content).toMatch(/^long\.md:1: …x{100}needley{194}…$/)
  })

  test('passes over binary files and says so', async () => {
    const { run, input } = await scene()
    await writeFile(join(input, 'x.bin'), Buffer.from([0, 1, 2]))
    const { content } = await run('Grep', { pattern: 'beta first', path: 'input' })
    expect(content).toBe('input/a.txt:1: beta first\n[1 not searched: binary, too large or closed]')
  })

  const evil = '(a+)+$'
  const evilText = `${'a'.repeat(60)}!`

  test('BAD 176: an evil expression ends at the deadline of the clock, which nothing else moves', async () => {
    const { run } = await scene()
    await run('Write', { path: 'evil.txt', content: evilText })
    const armed = Promise.withResolvers<() => void>()
    const setTimer: Clock['setTimer'] = (_, wake) => {
      armed.resolve(wake)
      return { clear: () => undefined }
    }
    const clock: Clock = { now: () => 0, setTimer }
    const running = run('Grep', { pattern: evil, path: 'evil.txt' }, { clock })
    ;(await armed.promise)()
    expect(await running).toEqual(error('tool.invalid-input: the pattern took longer'))
  })

  test('BAD 176: no thread outlives its search', async () => {
    const { run } = await scene()
    const started: Worker[] = []
    const watch = (message: unknown) => started.push((message as { worker: Worker }).worker) // what this channel carries
    subscribe('worker_threads', watch)
    await run('Grep', { pattern: 'b.ta' })
    await run('Grep', { pattern: 'beta' })
    unsubscribe('worker_threads', watch)
    expect(started.map(({ threadId }) => threadId)).toEqual([-1])
  })

  test('BAD 176: an evil expression ends in the middle of its work, by deadline or abort', async () => {
    const { workspace } = await scene()
    await workspace.write('evil.txt', evilText)
    const tool: Tool = grepTool(workspace, { budgetMs: 300 })
    const input = tool.parse({ pattern: evil, path: 'evil.txt' })
    expect(await tool.run(input, toolContext())).toEqual(error('tool.invalid-input: the pattern took longer'))
    await expect(
      grepTool(workspace).run(input, toolContext({ signal: AbortSignal.timeout(300) })),
    ).rejects.toMatchObject({
      name: 'TimeoutError',
    })
  })
})
