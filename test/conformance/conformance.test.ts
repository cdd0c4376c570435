import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import { memoryData } from '../../src/stores/memory-data.ts'
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
