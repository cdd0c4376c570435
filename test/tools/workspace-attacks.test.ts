import { execFileSync } from 'node:child_process'
import { link, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Directory, OpenDirectory } from '../../src/tools/directory.ts'
import { openByDescriptor } from '../../src/tools/directory-by-descriptor.ts'
import { createWorkspace } from '../../src/tools/workspace.ts'
import { denied, missing, never, scene, ways } from './scene.ts'

/** Runs `swap` right after the folder `name` was entered for the given time: between check and use. */
const swapping = (
  open: OpenDirectory,
  { name, time, swap }: { name: string; time: number; swap: () => Promise<void> },
): OpenDirectory => {
  let times = 0
  const watched = (directory: Directory): Directory => ({
    ...directory,
    enter: async (child) => {
      const entered = watched(await directory.enter(child))
      if (child === name) times += 1
      if (child === name && times === time) await swap()
      return entered
    },
  })
  return async (path) => watched(await open(path))
}

describe.each(ways)('a workspace opened %s', (_, open) => {
  test('BAD 169: no link leads anywhere, in any place of a path', async () => {
    const { root, input, outside, workspace } = await scene(open)
    await workspace.write('kept.md', 'kept')
    await symlink(join(outside, 'secret.txt'), join(root, 'link.txt'))
    await symlink(outside, join(root, 'folder'))
    await symlink('kept.md', join(root, 'inner.md'))
    await symlink(join(outside, 'secret.txt'), join(input, 'link.txt'))
    for (const path of ['link.txt', 'folder/secret.txt', 'inner.md', 'input/link.txt'])
      await expect(workspace.read(path), path).rejects.toMatchObject({ ...denied, place: path })
    for (const path of ['link.txt', 'folder/new.txt', 'folder/secret.txt', 'inner.md'])
      await expect(workspace.write(path, 'x'), path).rejects.toMatchObject(denied)
    await expect(workspace.list('folder')).rejects.toMatchObject(denied)
    await expect(workspace.stat('link.txt')).rejects.toMatchObject(denied)
    expect(await workspace.files('.', never)).toMatchObject({ files: ['input/facts.md', 'kept.md'], skipped: 4 })
    expect(await readdir(outside)).toEqual(['secret.txt'])
    expect(await readFile(join(outside, 'secret.txt'), 'utf8')).toBe('secret')
  })

  test('BAD 169: a root that is itself a link is refused', async () => {
    const { root, outside } = await scene(open)
    await mkdir(join(root, '..'), { recursive: true })
    await symlink(outside, root)
    const workspace = createWorkspace({ root: `${root}/`, openDirectory: open })
    await expect(workspace.read('secret.txt')).rejects.toMatchObject(denied)
    await expect(workspace.write('x.txt', 'x')).rejects.toMatchObject(denied)
  })

  test('BAD 169: a hard link is not read, and writing its name leaves the other file alone', async () => {
    const { root, outside, workspace } = await scene(open)
    await workspace.write('kept.md', 'kept')
    await link(join(outside, 'secret.txt'), join(root, 'hard.txt'))
    await expect(workspace.read('hard.txt')).rejects.toMatchObject(denied)
    await workspace.write('hard.txt', 'mine')
    expect(await workspace.read('hard.txt')).toBe('mine')
    expect(await readFile(join(outside, 'secret.txt'), 'utf8')).toBe('secret')
  })

  test.skipIf(process.platform === 'win32')(
    'BAD 169: a FIFO or device is refused and nobody waits for it',
    async () => {
      const { root, workspace } = await scene(open)
      await workspace.write('kept.md', 'kept')
      execFileSync('mkfifo', [join(root, 'pipe')])
      await expect(workspace.read('pipe')).rejects.toMatchObject(denied)
      await expect(workspace.write('pipe', 'x')).rejects.toMatchObject(denied)
      await expect(workspace.read('pipe/x')).rejects.toMatchObject(denied)
      const devices = createWorkspace({ root, mounts: { input: '/dev' }, openDirectory: open })
      await expect(devices.read('input/zero')).rejects.toMatchObject(denied)
    },
  )

  test('BAD 169: a folder is no file and a file is no folder', async () => {
    const { workspace } = await scene(open)
    await workspace.write('a/b.md', 'x')
    await expect(workspace.read('a')).rejects.toMatchObject(denied)
    await expect(workspace.write('a', 'x')).rejects.toMatchObject(denied)
    await expect(workspace.read('.')).rejects.toMatchObject(denied)
    await expect(workspace.read('a/b.md/c')).rejects.toMatchObject(denied)
    await expect(workspace.write('a/b.md/c', 'x')).rejects.toMatchObject(denied)
    await expect(workspace.read('none.md')).rejects.toMatchObject({ ...missing, place: 'none.md' })
  })

  test.each(['read', 'write', 'list', 'files'] as const)(
    'BAD 169: a folder swapped for a link after it was entered redirects nothing (%s)',
    async (operation) => {
      const { root, outside } = await scene(open)
      await mkdir(join(root, 'work'), { recursive: true })
      await writeFile(join(root, 'work', 'secret.txt'), 'mine')
      await writeFile(join(outside, 'other.txt'), 'x')
      let swapped = false
      const swap = async () => {
        swapped = true
        await rename(join(root, 'work'), join(root, 'moved'))
        await symlink(outside, join(root, 'work'))
      }
      const time = operation === 'write' ? 3 : 1 // a write first measures what is there, twice
      const workspace = createWorkspace({ root, openDirectory: swapping(open, { name: 'work', time, swap }) })
      const outcome = await {
        read: () => workspace.read('work/secret.txt'),
        write: () => workspace.write('work/secret.txt', 'overwritten'),
        list: () => workspace.list('work'),
        files: () => workspace.files('.', never),
      }
        [operation]()
        .catch((error: unknown) => error)
      expect(swapped).toBe(true)
      // Either the folder that was entered was used, or the operation was refused: never what the link leads to.
      const list = [{ name: 'secret.txt', kind: 'file', bytes: 4 }]
      const files = { files: ['work/secret.txt'], skipped: 0, complete: true }
      const used = { read: 'mine', write: 11, list, files }[operation]
      const refused =
        operation === 'files' ? { files: [], skipped: 1, complete: true } : expect.objectContaining(denied)
      expect(outcome).toEqual(open === openByDescriptor ? used : refused)
      expect(await readdir(outside)).toEqual(['other.txt', 'secret.txt'])
      expect(await readFile(join(outside, 'secret.txt'), 'utf8')).toBe('secret')
    },
  )

  test.skipIf(process.platform === 'win32').each([
    ['a link', (path: string, outside: string) => symlink(join(outside, 'secret.txt'), path)],
    ['a FIFO', async (path: string) => execFileSync('mkfifo', [path])],
  ])('BAD 169: a file swapped for %s between the look and the opening is refused', async (_, put) => {
    const { root, outside } = await scene(open)
    await mkdir(root, { recursive: true })
    await writeFile(join(root, 'a.txt'), 'mine')
    const swapping: OpenDirectory = async (path) => {
      const directory = await open(path)
      const stat: Directory['stat'] = async (name) => {
        const seen = await directory.stat(name)
        await rm(join(root, name))
        await put(join(root, name), outside)
        return seen
      }
      return { ...directory, stat }
    }
    const workspace = createWorkspace({ root, openDirectory: swapping })
    await expect(workspace.read('a.txt')).rejects.toMatchObject(denied)
  })

  test('a root that was replaced by another folder is refused, and one that was removed is not made again', async () => {
    const { root, outside, workspace } = await scene(open)
    await workspace.write('a.md', 'x')
    await rm(root, { recursive: true })
    await expect(workspace.write('a.md', 'x'), 'BAD 170').rejects.toMatchObject(missing)
    await rename(outside, root)
    await expect(workspace.read('secret.txt')).rejects.toMatchObject(denied)
  })

  test('BAD 171: what other programs obey is not written', async () => {
    const { root, workspace } = await scene(open)
    await workspace.write('kept.md', 'kept')
    for (const path of ['.git/hooks/pre-commit', '.claude/agents/x.md', 'a/node_modules/.bin/x'])
      await expect(workspace.write(path, 'x')).rejects.toMatchObject({ ...denied, place: path })
    expect(await readdir(root)).toEqual(['kept.md'])
  })
})
