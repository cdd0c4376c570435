import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Worker } from 'node:worker_threads'
import { expect, test, vi } from 'vitest'
import { sqliteStore } from '../../src/stores/index.ts'
import {
  applySettings,
  connect,
  readerSettings,
  requireSqlite,
  writerSettings,
} from '../../src/stores/sqlite-connection.ts'
import { tempFolder } from './folder.ts'
import { actorRow, callRow, commitOf, deadRow, journalRow, outcomeRow, pendingRow } from './rows.ts'

test('C30, BAD 94: on a full disk the commit is store.full, later ones store.failed, and reading goes on', async () => {
  using folder = tempFolder()
  const small = sqliteStore(folder.file, { maxBytes: 300_000 })
  const { epoch } = await small.open({ now: 0 })
  const fill = async () => {
    for (let n = 1; ; n += 1) {
      const row = { hash: `h${n}`, data: 'x'.repeat(20_000) }
      await small.commit(commitOf(epoch, n, [{ do: 'blob.put', row }]))
    }
  }
  await expect(fill()).rejects.toMatchObject({ code: 'store.full' })
  const { seq } = await small.meta()
  expect(await small.blob(`h${seq}`)).toHaveLength(20_000)
  expect(await small.blob(`h${seq + 1}`)).toBeNull()
  const later = small.commit(commitOf(epoch, seq + 1, []))
  await expect(later).rejects.toMatchObject({ code: 'store.failed', cause: { code: 'store.full' } })
  await small.close()

  const large = sqliteStore(folder.file)
  const meta = await large.open({ now: 0 })
  expect(meta).toMatchObject({ seq })
  await large.commit(commitOf(meta.epoch, seq + 1, [{ do: 'dead.add', row: deadRow(seq + 1) }]))
  await large.close()
})

test('when the writing thread dies, waiting and later commits fail, reading goes on, and the store opens again', async () => {
  using folder = tempFolder()
  const workers: Worker[] = []
  const collect = (worker: Worker) => void workers.push(worker)
  process.on('worker', collect)
  const store = sqliteStore(folder.file)
  const { epoch } = await store.open({ now: 0 })
  process.off('worker', collect)
  await store.commit(commitOf(epoch, 1, [{ do: 'dead.add', row: deadRow(1) }]))
  const ended = workers[0]!.terminate()
  await expect(store.commit(commitOf(epoch, 2, []))).rejects.toMatchObject({ code: 'store.failed' })
  await ended
  await expect(store.commit(commitOf(epoch, 3, []))).rejects.toMatchObject({ code: 'store.failed' })
  expect(await store.dead()).toEqual([deadRow(1)])
  await store.close()
  expect((await store.open({ now: 0 })).epoch).toBe(epoch + 1)
  await store.close()
})

test('C3: a connection that does not take a setting is refused, and each setting is read back', () => {
  using folder = tempFolder()
  using memory = new DatabaseSync(':memory:') // it has no WAL
  const refused = expect.objectContaining({
    code: 'store.invalid',
    details: expect.objectContaining({ found: 'memory' }),
  })
  expect(() => applySettings(memory, writerSettings('power'))).toThrow(refused)
  using db = connect(folder.file, 'write')
  for (const [durability, synchronous] of [
    ['power', 2],
    ['process', 1],
  ] as const) {
    applySettings(db, writerSettings(durability))
    const read = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0]
    expect([read('journal_mode'), read('synchronous'), read('busy_timeout')]).toEqual(['wal', synchronous, 5000])
  }
  applySettings(db, readerSettings)
  expect(() => db.exec('CREATE TABLE t (a)')).toThrow('readonly')
})

test('C3: a store connection can attach no other file', () => {
  using folder = tempFolder()
  using db = connect(folder.file, 'write')
  expect(() => db.exec(`ATTACH '${folder.path}/other.db' AS other`)).toThrow('too many attached')
})

test('BAD 100: a SQLite that can damage a file is refused with the remedy', () => {
  for (const version of ['3.51.2', '3.50.9', '2.99.99', '']) {
    expect(() => requireSqlite(version)).toThrow(expect.objectContaining({ code: 'store.invalid' }))
  }
  expect(() => requireSqlite('3.50.0')).toThrow(/newer Node/)
  for (const version of ['3.51.3', '3.52.0', '4.0.0', process.versions.sqlite])
    expect(() => requireSqlite(version)).not.toThrow()
})

test('both levels say what they are, and both keep what was committed', async () => {
  for (const durability of ['power', 'process'] as const) {
    using folder = tempFolder()
    const store = sqliteStore(folder.file, { durability })
    expect(store.durability).toBe(durability)
    const { epoch } = await store.open({ now: 0 })
    await store.commit(commitOf(epoch, 1, [{ do: 'dead.add', row: deadRow(1) }]))
    await store.close()
    expect(Object.keys(folder.contents())).toEqual(['store.db'])
    await store.open({ now: 0 })
    expect(await store.dead()).toEqual([deadRow(1)])
    await store.close()
  }
})

test('the WAL is taken over into the file while work goes on, so that it stays small', async () => {
  using folder = tempFolder()
  const store = sqliteStore(folder.file, { durability: 'process' })
  const { epoch } = await store.open({ now: 0 })
  const megabytes = 1024 * 1024
  const data = 'x'.repeat(2 * megabytes)
  for (let n = 1; n <= 25; n += 1) {
    await store.commit(commitOf(epoch, n, [{ do: 'blob.put', row: { hash: `h${n}`, data } }]))
  }
  expect(statSync(`${folder.file}-wal`).size).toBeLessThan(20 * megabytes)
  expect(await store.blob('h1')).toBe(data)
  await store.close()
})

test('the WAL is taken over into the file when the store is idle', async () => {
  using folder = tempFolder()
  const store = sqliteStore(folder.file)
  const { epoch } = await store.open({ now: 0 })
  const before = statSync(folder.file).size
  await store.commit(commitOf(epoch, 1, [{ do: 'blob.put', row: { hash: 'h', data: 'x'.repeat(100_000) } }]))
  await vi.waitFor(() => expect(statSync(folder.file).size).toBeGreaterThan(before + 90_000), { timeout: 5000 })
  await store.close()
})

test('a text may hold any character, also none', async () => {
  using folder = tempFolder()
  const store = sqliteStore(folder.file)
  const { epoch } = await store.open({ now: 0 })
  const texts = ['', 'a\0b', '🎭', "'; DROP TABLE mail; --", '\u2028']
  const writes = texts.map((data, n) => ({ do: 'blob.put' as const, row: { hash: `h${n}`, data } }))
  await store.commit(commitOf(epoch, 1, writes))
  expect(await Promise.all(texts.map((_, n) => store.blob(`h${n}`)))).toEqual(texts)
  await store.close()
})

test('C22: a step with a result of 1 KB costs less than 1,700 bytes of the file', async () => {
  using folder = tempFolder()
  const store = sqliteStore(folder.file, { durability: 'process' })
  const { epoch } = await store.open({ now: 0 })
  await store.commit(commitOf(epoch, 1, [{ do: 'actor.add', row: actorRow(1) }]))
  const result = 'r'.repeat(1024)
  const steps = 2000
  const size = async () => {
    using db = connect(folder.file, 'read')
    return Number(Object.values(db.prepare('PRAGMA page_count').get()!)[0]) * 8192
  }
  const before = await size()
  for (let n = 1; n <= steps; n += 1) {
    const [call, outcome, turn] = [n * 3, n * 3 + 1, n * 3 + 2]
    const commit = commitOf(epoch, turn, [
      { do: 'call.add', row: callRow(call, 1) },
      { do: 'pending.put', row: pendingRow(call) },
      { do: 'outcome.add', row: outcomeRow(outcome, call, { result }) },
      { do: 'pending.drop', call },
      { do: 'journal.add', row: journalRow(turn, 1, n + 1, { patch: 'p'.repeat(150) }) },
      {
        do: 'actor.set',
        ...{ id: 1, incarnation: 1, revision: n, nextIncarnation: 1, nextRevision: n + 1 },
        ...{ status: 'active', state: '"working"' },
      },
    ])
    if (n % 100 === 0) await store.commit(commit)
    else void store.commit(commit)
  }
  expect(((await size()) - before) / steps).toBeLessThan(1700)
  await store.close()
})
