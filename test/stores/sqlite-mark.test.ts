import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sqliteStore } from '../../src/stores/index.ts'
import { type Folder, tempFolder } from './folder.ts'
import { makeKilled, makeStore } from './killed.ts'

const flip = (file: string, share: number): void => {
  const content = readFileSync(file)
  const at = Math.floor(content.length * share)
  content[at] = content[at]! ^ 1
  writeFileSync(file, content)
}

const damages: readonly [string, (file: string) => void][] = [
  ['BAD 126: a flipped bit early in the -wal file', (file) => flip(`${file}-wal`, 0.1)],
  ['BAD 126: a flipped bit late in the -wal file', (file) => flip(`${file}-wal`, 0.99)],
  ['BAD 127: a missing -wal file', (file) => rmSync(`${file}-wal`)],
]

const refuses = async (folder: Folder) => {
  const before = folder.contents()
  const refused = expect.objectContaining({
    code: 'store.corrupt',
    message: expect.stringContaining('store.db.mark'),
    details: expect.objectContaining({ acknowledged: 30 }),
  })
  await expect(sqliteStore(folder.file).open({ now: 0 })).rejects.toEqual(refused)
  expect(folder.contents()).toEqual(before)
}

for (const [name, damage] of damages) {
  test(`${name} loses acknowledged commits, which is noticed`, async () => {
    using folder = tempFolder()
    await makeKilled(folder.file)
    damage(folder.file)
    await refuses(folder)
  })
}

test('after the mark is deleted, a store that lost its WAL goes on with what is left', async () => {
  using folder = tempFolder()
  await makeKilled(folder.file)
  rmSync(`${folder.file}-wal`)
  await refuses(folder)
  rmSync(`${folder.file}.mark`)
  const store = sqliteStore(folder.file)
  expect(await store.open({ now: 0 })).toMatchObject({ seq: 22 })
  await store.close()
})

test('a sound store left by kill -9 opens, and so does one whose mark was torn', async () => {
  using folder = tempFolder()
  for (const spoil of [() => {}, () => writeFileSync(`${folder.file}.mark`, '{"store')]) {
    rmSync(folder.file, { force: true })
    await makeKilled(folder.file)
    spoil()
    const store = sqliteStore(folder.file)
    expect(await store.open({ now: 0 })).toMatchObject({ seq: 30 })
    await store.close()
    rmSync(`${folder.file}-original`)
  }
})

test('a clean closing leaves no mark, and the mark of another store says nothing', async () => {
  using folder = tempFolder()
  await makeKilled(`${folder.file}-killed`)
  await makeStore(folder.file)
  expect(folder.contents()).not.toHaveProperty(['store.db.mark'])
  copyFileSync(`${folder.file}-killed.mark`, `${folder.file}.mark`)
  const store = sqliteStore(folder.file)
  expect(await store.open({ now: 0 })).toMatchObject({ seq: 22 })
  await store.close()
})

test('C2: level process, which may lose a suffix on power loss, opens without it', async () => {
  using folder = tempFolder()
  await makeKilled(folder.file, { durability: 'process' })
  rmSync(`${folder.file}-wal`)
  const store = sqliteStore(folder.file, { durability: 'process' })
  expect(await store.open({ now: 0 })).toMatchObject({ seq: 22 })
  await store.close()
})
