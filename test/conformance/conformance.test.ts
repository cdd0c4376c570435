import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import { memoryData } from '../../src/stores/memory-data.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { enabledCases } from './cases.ts'
import { testConformance } from './driver.ts'
import { createRuntimeDriver } from './runtime-driver.ts'
import { createXStateDriver } from './xstate-driver.ts'

test('all 169 cases that XState enables are present', () => {
  expect(enabledCases()).toHaveLength(169)
})

describe('an XState actor in memory carries out the SCXML case', () => testConformance(createXStateDriver))

const onMemory = (restarts: boolean) => () => {
  const data = memoryData()
  return createRuntimeDriver({ openStore: () => memoryStore({ data }), restarts })
}

describe('a durable actor carries out the SCXML case', () => testConformance(onMemory(false)))

describe('C43: a durable actor carries out the SCXML case, its store closed and opened again between every two events', () =>
  testConformance(onMemory(true)))

const onSqlite = () => {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-conformance-'))
  const openStore = () => sqliteStore(join(folder, 'store.db'))
  return createRuntimeDriver({ openStore, restarts: true, dispose: () => rmSync(folder, { recursive: true }) })
}

// Each opening of a file starts a thread: all 169 take minutes, so a sample stands for them.
const sample = enabledCases().filter((_, index) => index % 16 === 0)

describe('C43: the same on a SQLite file, for one case in sixteen', () => testConformance(onSqlite, sample))
