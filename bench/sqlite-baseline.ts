// SQLite baseline. Owns what the disk and SQLite alone can do: the same logical bytes, one row a step, nothing around it.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileBytes, inFolder, timed } from './measure.ts'
import { resultOf } from './steps.ts'

const write = (db: DatabaseSync, { group, all }: { group: number; all: number }): number => {
  const insert = db.prepare('INSERT INTO steps (task, step, result, state) VALUES (?, ?, ?, ?)')
  let commits = 0
  for (let step = 0; step < all; ) {
    db.exec('BEGIN IMMEDIATE')
    for (let i = 0; i < group && step < all; i++, step++)
      insert.run(`t${Math.floor(step / 3)}`, step % 3, resultOf(`t${step}`), '{"value":"two","context":{"done":1}}')
    db.exec('COMMIT')
    commits++
  }
  return commits
}

/** Steps in transactions of `group`, in this thread, with FULL. */
export const sqliteSteps = ({ group, tasks }: { group: number; tasks: number }) =>
  inFolder(async (folder) => {
    const file = join(folder, 'plain.db')
    const db = new DatabaseSync(file)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    db.exec('CREATE TABLE steps (id INTEGER PRIMARY KEY, task TEXT, step INTEGER, result TEXT, state TEXT)')
    const all = tasks * 3
    let commits = 0
    const { ms, cpuMs } = await timed(() => {
      commits = write(db, { group, all })
    })
    db.close()
    return {
      stepsPerSecond: (all / ms) * 1000,
      cpuMsPerStep: cpuMs / all,
      commitsPerStep: commits / all,
      bytesPerStep: fileBytes(file) / all,
    }
  })
