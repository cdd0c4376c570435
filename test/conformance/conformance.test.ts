import { describe, expect, test } from 'vitest'
import { enabledCases } from './cases.ts'
import { testConformance } from './driver.ts'
import { createXStateDriver } from './xstate-driver.ts'

test('all 169 cases that XState enables are present', () => {
  expect(enabledCases()).toHaveLength(169)
})

describe('an XState actor in memory carries out the SCXML case', () => testConformance(createXStateDriver))
