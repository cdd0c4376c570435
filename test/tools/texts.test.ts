import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createWorkspace, type WorkspaceLimits } from '../../src/tools/workspace.ts'
import { denied, limit, missing, scene, ways } from './scene.ts'

describe('texts', () => {
  const texts = async (limits: Partial<WorkspaceLimits> = {}) => scene(ways[0]![1], limits)

  test('binary files and other encodings are refused, with the reason', async () => {
    const { input, workspace } = await texts()
    await writeFile(join(input, 'zero.bin'), Buffer.from([65, 0, 66]))
    await writeFile(join(input, 'latin.txt'), Buffer.from([71, 114, 252, 223, 101]))
    await writeFile(join(input, 'cut.txt'), Buffer.from('é').subarray(0, 1))
    for (const path of ['input/zero.bin', 'input/latin.txt', 'input/cut.txt'])
      await expect(workspace.read(path)).rejects.toMatchObject({ ...denied, message: expect.stringContaining('UTF-8') })
  })

  test('text that could not be read back is not written', async () => {
    const { workspace } = await texts()
    await expect(workspace.write('a.md', 'a\0b')).rejects.toMatchObject(denied)
    await expect(workspace.write('a.md', 'a\ud800')).rejects.toMatchObject(denied)
  })

  test('characters that lie across two parts of a file are whole', async () => {
    const { workspace } = await texts()
    const text = `x${'é'.repeat(70_000)}\n`
    await workspace.write('long.md', text)
    expect(await workspace.read('long.md')).toBe(text)
  })

  test('lines are counted from 1, whatever ends them', async () => {
    const { input, workspace } = await texts()
    await writeFile(join(input, 'lines.txt'), 'one\r\ntwo\n\nfour')
    const page = (offset: number, limit: number) => workspace.readLines('input/lines.txt', { offset, limit })
    expect(await page(1, 10)).toEqual({ lines: ['one', 'two', '', 'four'], first: 1, more: false, total: 4 })
    expect(await page(2, 2)).toEqual({ lines: ['two', ''], first: 2, more: true, total: null })
    expect(await page(1, 4)).toMatchObject({ lines: ['one', 'two', '', 'four'], more: false })
    expect(await page(9, 2)).toEqual({ lines: [], first: 9, more: false, total: 4 })
  })

  test('one page is bounded in bytes, and so is one line', async () => {
    const { input, workspace } = await texts({ readBytes: 100 })
    await writeFile(join(input, 'log.txt'), `${'x'.repeat(30)}\n`.repeat(50))
    await writeFile(join(input, 'line.txt'), 'y'.repeat(200_000))
    const page = await workspace.readLines('input/log.txt', { offset: 3, limit: 50 })
    expect(page).toMatchObject({ first: 3, more: true })
    expect(page.lines).toHaveLength(3)
    const long = await workspace.readLines('input/line.txt', { offset: 1, limit: 50 })
    expect(long.lines[0]).toMatch(/^y{2000}… \[line of 200000 characters cut\]$/)
  })

  test('a file above the limit is read by lines, never whole', async () => {
    const { input, workspace } = await texts({ fileBytes: 50 })
    await writeFile(join(input, 'log.txt'), 'line\n'.repeat(100))
    await expect(workspace.read('input/log.txt')).rejects.toMatchObject(limit)
    expect((await workspace.readLines('input/log.txt', { offset: 100, limit: 5 })).lines).toEqual(['line'])
  })

  test('a huge file ends at a bound', async () => {
    const { input, workspace } = await texts()
    await writeFile(join(input, 'huge.txt'), 'a\n')
    await truncate(join(input, 'huge.txt'), 10 * 1024 ** 3)
    await expect(workspace.read('input/huge.txt')).rejects.toMatchObject(denied)
  })

  test('artifacts are read by name, and nothing else is done to them', async () => {
    const { root } = await texts()
    const artifacts = async (name: string) => (name === 'draft.md' ? 'one\ntwo' : null)
    const workspace = createWorkspace({ root, artifacts })
    expect(await workspace.read('artifact:draft.md')).toBe('one\ntwo')
    expect((await workspace.readLines('artifact:draft.md', { offset: 2, limit: 1 })).lines).toEqual(['two'])
    await expect(workspace.read('artifact:../x')).rejects.toMatchObject(missing)
    await expect(workspace.write('artifact:draft.md', 'x')).rejects.toMatchObject(denied)
    await expect(workspace.list('artifact:draft.md')).rejects.toMatchObject(denied)
    await expect(createWorkspace({ root }).read('artifact:draft.md')).rejects.toMatchObject(missing)
  })

  test('without a mount, input/ is not there and is not made', async () => {
    const { root } = await texts()
    const workspace = createWorkspace({ root })
    await expect(workspace.read('input/a.md')).rejects.toMatchObject(missing)
    await expect(workspace.write('input/a.md', 'x')).rejects.toMatchObject(denied)
    expect(await workspace.list('.')).toEqual([])
  })
})
