import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { describeStore, sqliteReader, sqliteStore } from '../../src/stores/index.ts'
import { tempFolder } from './folder.ts'
import { makeKilled, makeStore } from './killed.ts'

const sql = (file: string, text: string): void => {
  using db = new DatabaseSync(file)
  db.exec(text)
}

const overwrite = (file: string, at: number, bytes: readonly number[]): void => {
  const content = readFileSync(file)
  content.set(bytes, at)
  writeFileSync(file, content)
}

type Bad = { name: string; code: string; make: (file: string) => void | Promise<void> }

const spoilt = (name: string, code: string, spoil: (file: string) => void): Bad => ({
  name,
  code,
  make: async (file) => {
    await makeStore(file)
    spoil(file)
  },
})

const half = (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2))

const bad: readonly Bad[] = [
  { name: 'BAD 122: a short text file', code: 'store.corrupt', make: (file) => writeFileSync(file, 'hello\n') },
  {
    name: 'BAD 122: a long text file',
    code: 'store.corrupt',
    make: (file) => writeFileSync(file, 'hello\n'.repeat(9999)),
  },
  { name: 'BAD 123: an empty file', code: 'store.corrupt', make: (file) => writeFileSync(file, '') },
  spoilt('BAD 124: a store cut to half', 'store.corrupt', half),
  spoilt('BAD 124: a store cut within its header', 'store.corrupt', (file) => truncateSync(file, 60)),
  spoilt('BAD 124: a store cut within its first page', 'store.corrupt', (file) => truncateSync(file, 5000)),
  spoilt('a store with a damaged magic number', 'store.corrupt', (file) => overwrite(file, 3, [0])),
  spoilt('a store with a damaged page size', 'store.corrupt', (file) => overwrite(file, 16, [7, 7])),
  spoilt('a store with a damaged table of tables', 'store.corrupt', (file) =>
    overwrite(file, 100, [255, 255, 255, 255]),
  ),
  spoilt('BAD 129: a store of a newer schema', 'store.version', (file) => sql(file, 'PRAGMA user_version = 2')),
  spoilt('a store without a schema version', 'store.corrupt', (file) => sql(file, 'PRAGMA user_version = 0')),
  spoilt('a store that lost its meta row', 'store.corrupt', (file) => sql(file, 'DELETE FROM meta')),
  spoilt('BAD 130: a store with a planted trigger', 'store.corrupt', (file) =>
    sql(file, 'CREATE TRIGGER t AFTER INSERT ON mail BEGIN DELETE FROM journal; END'),
  ),
  spoilt('BAD 130: a store with a planted view', 'store.corrupt', (file) => sql(file, 'CREATE VIEW v AS SELECT 1')),
  spoilt('a store with an altered table', 'store.corrupt', (file) => sql(file, 'ALTER TABLE mail ADD COLUMN x TEXT')),
  spoilt('a store with a missing index', 'store.corrupt', (file) => sql(file, 'DROP INDEX mail_actor')),
  {
    name: 'a database of another program',
    code: 'store.invalid',
    make: (file) => sql(file, 'PRAGMA journal_mode = WAL; CREATE TABLE meta (epoch); INSERT INTO meta VALUES (1)'),
  },
  {
    name: 'a database of another program with an application id',
    code: 'store.invalid',
    make: (file) => sql(file, 'PRAGMA application_id = 77; PRAGMA user_version = 1; CREATE TABLE t (a)'),
  },
  {
    name: 'BAD 130: a killed store with a trigger in its WAL',
    code: 'store.corrupt',
    make: (file) => makeKilled(file, { sql: 'CREATE TRIGGER t AFTER INSERT ON mail BEGIN DELETE FROM journal; END' }),
  },
  {
    name: 'BAD 128: a store with the WAL of another store',
    code: 'store.corrupt',
    make: async (file) => {
      await makeKilled(file)
      await makeStore(`${file}-other`)
      copyFileSync(`${file}-other`, file)
    },
  },
]

for (const { name, code, make } of bad) {
  test(`C30: ${name} is refused and keeps every byte`, async () => {
    using folder = tempFolder()
    await make(folder.file)
    const before = folder.contents()
    const refused = expect.objectContaining({ code, message: expect.stringContaining('store.db') })
    await expect(sqliteStore(folder.file).open({ now: 0 })).rejects.toEqual(refused)
    expect(folder.contents()).toEqual(before)
    await expect(sqliteReader(folder.file)).rejects.toEqual(refused)
    expect(folder.contents()).toEqual(before)
  })
}

test('a store left by kill -9 opens with what its WAL holds', async () => {
  using folder = tempFolder()
  await makeKilled(folder.file)
  const store = sqliteStore(folder.file)
  expect(await store.open({ now: 0 })).toMatchObject({ seq: 30, epoch: 3 })
  await store.close()
})

test('BAD 94: a folder, a path below a file, and a path below a missing folder are refused', async () => {
  using folder = tempFolder()
  mkdirSync(folder.file)
  writeFileSync(`${folder.path}/file`, 'text')
  for (const path of [folder.file, `${folder.path}/file/store.db`, `${folder.path}/a/b/store.db`]) {
    await expect(sqliteStore(path).open({ now: 0 })).rejects.toMatchObject({ code: 'store.invalid' })
    await expect(sqliteReader(path)).rejects.toMatchObject({ code: 'store.invalid' })
  }
  expect(Object.keys(folder.contents())).toEqual(['file'])
})

test('BAD 94: the folder of a new store is created when its parent is there', async () => {
  using folder = tempFolder()
  const file = `${folder.path}/new/store.db`
  await makeStore(file)
  expect(await describeStore(file)).toMatchObject({ exists: true, schema: 1 })
  expect((statSync(`${folder.path}/new`).mode & 0o777).toString(8)).toBe('700')
})

test.skipIf(process.getuid?.() === 0)('BAD 94: a store that cannot be written is refused', async () => {
  using folder = tempFolder()
  await makeStore(folder.file)
  chmodSync(folder.file, 0o400)
  await expect(sqliteStore(folder.file).open({ now: 0 })).rejects.toMatchObject({ code: 'store.invalid' })
})

test('BAD 136: a store with two hard links is refused, since its owners could miss each other', async () => {
  using folder = tempFolder()
  await makeStore(folder.file)
  linkSync(folder.file, `${folder.path}/other.db`)
  await expect(sqliteStore(folder.file).open({ now: 0 })).rejects.toMatchObject({ code: 'store.invalid' })
})

test('a new store is not created over the -wal file of one that is gone', async () => {
  using folder = tempFolder()
  writeFileSync(`${folder.file}-wal`, 'left over')
  const before = folder.contents()
  await expect(sqliteStore(folder.file).open({ now: 0 })).rejects.toMatchObject({ code: 'store.corrupt' })
  expect(folder.contents()).toEqual(before)
})

test('a refused store is free for others, and opens once it is mended', async () => {
  using folder = tempFolder()
  await makeStore(folder.file)
  const store = sqliteStore(folder.file)
  sql(folder.file, 'CREATE VIEW v AS SELECT 1')
  await expect(store.open({ now: 0 })).rejects.toMatchObject({ code: 'store.corrupt' })
  sql(folder.file, 'DROP VIEW v')
  await store.open({ now: 0 })
  await store.close()
})
