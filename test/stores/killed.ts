// Killed. Owns stores as they lie on disk, for tests that damage them.
import { copyFileSync, existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from '../../src/stores/index.ts'
import { commitOf, deadRow, everyWrite } from './rows.ts'

/** A sound store with rows in it, closed. */
export const makeStore = async (file: string): Promise<void> => {
  const store = sqliteStore(file)
  const { epoch } = await store.open({ now: 0 })
  await store.commit(commitOf(epoch, 22, everyWrite))
  await store.close()
}

type KilledOptions = { durability?: 'power' | 'process'; sql?: string }

/** A store as kill -9 leaves it: opened twice, 22 numbers in the main file, numbers 23 to 30 in the WAL alone. */
export const makeKilled = async (
  file: string,
  { durability = 'power', sql = '' }: KilledOptions = {},
): Promise<void> => {
  const original = `${file}-original`
  await makeStore(original)
  const store = sqliteStore(original, { durability })
  const { epoch } = await store.open({ now: 0 })
  for (let seq = 23; seq <= 30; seq += 1) {
    await store.commit(commitOf(epoch, seq, [{ do: 'dead.add', row: deadRow(seq) }]))
  }
  await store.commit(commitOf(epoch, 30, [])) // its answer tells that the mark of the one before is written
  if (sql !== '') {
    using db = new DatabaseSync(original)
    db.exec(sql)
  }
  for (const end of ['', '-wal', '.mark']) if (existsSync(original + end)) copyFileSync(original + end, file + end)
  await store.close()
}
