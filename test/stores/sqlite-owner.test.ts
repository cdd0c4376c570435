import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { describeStore, sqliteReader, sqliteStore } from '../../src/stores/index.ts'
import { tempFolder } from './folder.ts'
import { commitOf, deadRow } from './rows.ts'

const children: ChildProcess[] = []

/** A process that has the store open and has committed one dead letter. */
const startHolder = async (
  file: string,
  then: 'open' | 'stay' | 'leave' = 'stay',
): Promise<ChildProcess & { pid: number }> => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./holder.ts', import.meta.url)), file, then])
  children.push(child)
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error(`the holder ended: ${said}`))),
  ])
  return child as ChildProcess & { pid: number }
}

const kill = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child)
})

test('C28, BAD 99: another process is refused with the pid of the holder, also while that is paused, and opens after kill -9', async () => {
  using folder = tempFolder()
  const child = await startHolder(folder.file)
  const store = sqliteStore(folder.file)
  const refused = expect.objectContaining({
    code: 'store.locked',
    message: expect.stringContaining(`process ${child.pid}`),
    details: expect.objectContaining({ pid: child.pid, since: 4321 }),
  })
  await expect(store.open({ now: 0 })).rejects.toEqual(refused)
  child.kill('SIGSTOP')
  await expect(store.open({ now: 0 })).rejects.toEqual(refused)
  expect(await describeStore(folder.file)).toMatchObject({ exists: true, holder: { pid: child.pid, since: 4321 } })
  await kill(child)
  expect(await store.open({ now: 0 })).toMatchObject({ epoch: 2, seq: 1 })
  expect(await store.dead()).toEqual([deadRow(1)])
  await store.close()
})

test('C28: readers are allowed beside an owner, see its commits, and do not keep it from closing', async () => {
  using folder = tempFolder()
  const child = await startHolder(folder.file)
  const outside = await sqliteReader(folder.file)
  expect(await outside.dead()).toEqual([deadRow(1)])
  await outside.close()
  await kill(child)

  const store = sqliteStore(folder.file)
  const { epoch } = await store.open({ now: 0 })
  const reader = await sqliteReader(folder.file)
  await store.commit(commitOf(epoch, 2, [{ do: 'dead.add', row: deadRow(2) }]))
  expect(await reader.dead()).toEqual([deadRow(1), deadRow(2)])
  expect(await reader.meta()).toMatchObject({ epoch: 2, seq: 2 })
  await store.close()
  expect(await reader.dead({ after: 1 })).toEqual([deadRow(2)])
  await reader.close()
})

test('C28: an owner that refused a second opening in its own process still refuses other processes', async () => {
  using folder = tempFolder()
  const store = sqliteStore(folder.file)
  await store.open({ now: 0 })
  await expect(sqliteStore(folder.file).open({ now: 0 })).rejects.toMatchObject({ code: 'store.locked' })
  await describeStore(folder.file)
  await (await sqliteReader(folder.file)).close()
  await expect(startHolder(folder.file)).rejects.toThrow('store.locked')
  await store.close()
  await startHolder(folder.file)
})

test('C28: of several processes that open a new store at once, exactly one gets it', async () => {
  using folder = tempFolder()
  const answers = await Promise.allSettled([1, 2, 3].map(() => startHolder(folder.file)))
  const refusals = answers.filter((answer) => answer.status === 'rejected').map((answer) => String(answer.reason))
  expect(refusals).toEqual([expect.stringContaining('store.locked'), expect.stringContaining('store.locked')])
})

for (const then of ['open', 'leave'] as const) {
  test(`an open store does not keep a process alive that has nothing left to do (${then})`, async () => {
    using folder = tempFolder()
    const child = await startHolder(folder.file, then)
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
    expect(code).toBe(0)
    const store = sqliteStore(folder.file)
    await store.open({ now: 0 })
    expect(await store.dead()).toEqual(then === 'leave' ? [deadRow(1)] : [])
    await store.close()
  })
}

test('BAD 104: the files of a store may be read by their owner alone, whatever the umask', async () => {
  using folder = tempFolder()
  await startHolder(folder.file) // it sets its umask to 000
  expect(folder.modes()).toEqual({
    'store.db': '600',
    'store.db-shm': '600',
    'store.db-wal': '600',
    'store.db.lock': '600',
    'store.db.mark': '600',
    'store.db.owner': '600',
  })
})

test('BAD 136: a store named by a symbolic link has the same owner', async () => {
  using folder = tempFolder()
  const store = sqliteStore(folder.file)
  await store.open({ now: 0 })
  symlinkSync(folder.file, `${folder.path}/link`)
  await expect(sqliteStore(`${folder.path}/link`).open({ now: 0 })).rejects.toMatchObject({ code: 'store.locked' })
  await store.close()
})

test('a store is described without being opened: whether it is there, its schema, its size, its holder', async () => {
  using folder = tempFolder()
  expect(await describeStore(folder.file)).toEqual({ exists: false, schema: null, bytes: 0 })
  const store = sqliteStore(folder.file)
  await store.open({ now: 77 })
  const held = await describeStore(folder.file)
  expect(held).toMatchObject({ exists: true, schema: 1, holder: { pid: process.pid, since: 77 } })
  expect(held.bytes).toBeGreaterThan(0)
  await expect(sqliteStore(folder.file).open({ now: 0 })).rejects.toMatchObject({ code: 'store.locked' })
  await store.close()
  expect(await describeStore(folder.file)).not.toHaveProperty('holder')
})
