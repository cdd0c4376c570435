import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { enabledCases } from './cases.ts'
import { testConformance } from './driver.ts'
import { createRuntimeDriver } from './runtime-driver.ts'

const onSqlite = () => {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-conformance-'))
  const openStore = () => sqliteStore(join(folder, 'store.db'))
  return createRuntimeDriver({ openStore, restarts: true, dispose: () => rmSync(folder, { recursive: true }) })
}

// Each opening of a file starts a thread: all 169 take minutes, so a sample stands for them.
const sample = enabledCases().filter((_, index) => index % 16 === 0)

describe('C43: a durable actor on a SQLite file, closed and opened again between every two events, carries out one SCXML case in sixteen', () =>
  testConformance(onSqlite, sample))
