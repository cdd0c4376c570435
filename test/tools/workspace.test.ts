import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Directory, OpenDirectory } from '../../src/tools/directory.ts'
import { openByDescriptor } from '../../src/tools/directory-by-descriptor.ts'
import { createWorkspace } from '../../src/tools/workspace.ts'
import { denied, limit, never, scene, ways } from './scene.ts'

describe.each(ways)('a workspace opened %s', (_, open) => {
  test('keeps what is written, for its owner alone', async () => {
    const { root, workspace } = await scene(open)
    expect(await workspace.write('a/b/notes.md', 'Grüße\n')).toBe(8)
    expect(await workspace.read('a/b/notes.md')).toBe('Grüße\n')
    expect(await readdir(join(root, 'a/b'))).toEqual(['notes.md'])
    expect((await stat(root)).mode & 0o777).toBe(0o700)
    expect((await stat(join(root, 'a/b'))).mode & 0o777).toBe(0o700)
  })

  test('BAD 104: files are 0600 whatever the umask', async () => {
    const { root, workspace } = await scene(open)
    const before = process.umask(0)
    try {
      await workspace.write('notes.md', 'x')
    } finally {
      process.umask(before)
    }
    expect((await stat(join(root, 'notes.md'))).mode & 0o777).toBe(0o600)
  })

  test('lists, looks at and finds files, in one order', async () => {
    const { workspace } = await scene(open)
    for (const path of ['b.md', 'a/z.md', 'B.md', 'a.md']) await workspace.write(path, 'x')
    expect((await workspace.list('.')).map(({ name }) => name)).toEqual(['B.md', 'a', 'a.md', 'b.md', 'input'])
    expect(await workspace.list('a')).toEqual([{ name: 'z.md', kind: 'file', bytes: 1 }])
    expect(await workspace.stat('a')).toEqual({ kind: 'directory', bytes: 0 })
    expect(await workspace.files('.', never)).toEqual({
      files: ['B.md', 'a.md', 'a/z.md', 'b.md', 'input/facts.md'],
      skipped: 0,
      complete: true,
    })
    expect((await workspace.files('./a/z.md', never)).files).toEqual(['a/z.md'])
    await workspace.write('d/a/z.md', 'x')
    await workspace.write('d/a.md', 'x')
    expect((await workspace.files('d', never)).files).toEqual(['d/a.md', 'd/a/z.md'])
  })

  test('the mounted folder is read and never written', async () => {
    const { workspace, input } = await scene(open)
    expect(await workspace.read('input/facts.md')).toBe('one\ntwo\n')
    await expect(workspace.write('input/facts.md', 'x')).rejects.toMatchObject(denied)
    await expect(workspace.update('input/facts.md', () => 'x')).rejects.toMatchObject(denied)
    expect(await readFile(join(input, 'facts.md'), 'utf8')).toBe('one\ntwo\n')
  })

  test.skipIf(process.platform === 'win32')('names that no path can hold are counted, not shown', async () => {
    const { input, workspace } = await scene(open)
    await writeFile(join(input, 'two\nlines.md'), 'x')
    await writeFile(join(input, 'back\\slash.md'), 'x')
    expect(await workspace.files('input', never)).toEqual({ files: ['input/facts.md'], skipped: 2, complete: true })
    expect((await workspace.list('input')).map(({ name }) => name)).toEqual(['facts.md'])
  })

  test('BAD 168: a workspace holds its quota and no more, and is usable at the limit', async () => {
    const { workspace } = await scene(open, { bytes: 100, fileBytes: 60, entries: 4 })
    await workspace.write('a.md', 'x'.repeat(60))
    await expect(workspace.write('big.md', 'x'.repeat(61))).rejects.toMatchObject({ ...limit, place: 'big.md' })
    await expect(workspace.write('b.md', 'x'.repeat(41))).rejects.toMatchObject(limit)
    await workspace.write('b.md', 'x'.repeat(40))
    await workspace.write('a.md', 'y'.repeat(60))
    await workspace.write('a.md', '')
    await workspace.write('c.md', '')
    await workspace.write('d.md', '')
    await expect(workspace.write('e.md', '')).rejects.toMatchObject(limit)
    await workspace.write('d.md', 'still')
    expect(await workspace.usage()).toEqual({ bytes: 45, entries: 4 })
  })

  test('BAD 168: what others wrote into the folder counts too', async () => {
    const { root, workspace } = await scene(open, { bytes: 100 })
    await workspace.write('a.md', 'x')
    await writeFile(join(root, 'foreign.bin'), 'x'.repeat(99))
    await expect(workspace.write('b.md', 'x')).rejects.toMatchObject(limit)
  })

  test('BAD 168: writes at the same time do not pass the quota together', async () => {
    const { workspace } = await scene(open, { bytes: 100 })
    const writes = ['a', 'b', 'c', 'd'].map((name) => workspace.write(name, 'x'.repeat(40)))
    const outcomes = await Promise.allSettled(writes)
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
  })

  test('a write that was interrupted is hidden, and replaced by its repetition', async () => {
    const { root, workspace } = await scene(open)
    await workspace.write('a.md', 'old')
    const leftover = join(root, '.troupe-8ae7adbe1a2e3d1a5a1b0b5b.tmp')
    await writeFile(leftover, 'half')
    expect((await workspace.files('.', never)).files).toEqual(['a.md', 'input/facts.md'])
    const seen: string[] = []
    const watched: OpenDirectory = async (path) => {
      const directory = await open(path)
      const rename: Directory['rename'] = (from, to) => {
        seen.push(from)
        return directory.rename(from, to)
      }
      return { ...directory, rename }
    }
    const again = createWorkspace({ root, openDirectory: watched })
    await again.write('a.md', 'new')
    await writeFile(join(root, seen[0]!), 'half')
    await again.write('a.md', 'newer')
    expect(await again.read('a.md')).toBe('newer')
    expect((await readdir(root)).filter((name) => name === seen[0])).toEqual([])
  })

  test('a write that fails at its last step leaves the old text and nothing else', async () => {
    const { root, workspace } = await scene(open)
    await workspace.write('a.md', 'old')
    const failing: OpenDirectory = async (path) => ({
      ...(await open(path)),
      rename: () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })),
    })
    const broken = createWorkspace({ root, openDirectory: failing })
    await expect(broken.write('a.md', 'new')).rejects.toMatchObject(limit)
    expect(await readdir(root)).toEqual(['a.md'])
    expect(await workspace.read('a.md')).toBe('old')
  })
})

test.skipIf(process.platform !== 'linux')('no descriptor stays open, whether things go well or not', async () => {
  const { workspace } = await scene(openByDescriptor)
  await workspace.write('a/b.md', 'x')
  const before = (await readdir('/proc/self/fd')).length
  await workspace.files('.', never)
  for (const path of ['a/b.md', 'a', 'none', 'a/b.md/c', 'a/none/d']) {
    await workspace.readLines(path, { offset: 1, limit: 1 }).catch(() => undefined)
    await workspace.write(path, 'x').catch(() => undefined)
  }
  expect((await readdir('/proc/self/fd')).length).toBe(before)
})
