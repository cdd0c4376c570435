// The log file of an execution.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TroupeEvent } from '../../src/runtime/events.ts'
import { createLog } from '../../src/telemetry/log.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'troupe-log-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const common = { at: '2026-01-02T03:04:05.678Z', run: 'a', address: 'a/b' }
const turn: TroupeEvent = { ...common, seq: 1, type: 'actor.turn', revision: 1, message: 'x', from: null, state: null }
const emitted = (text: string): TroupeEvent => ({
  ...common,
  seq: 2,
  type: 'actor.emitted',
  event: { type: 't', text },
})
const failed: TroupeEvent = {
  ...common,
  ...{ seq: 3, type: 'call.failed', call: 'a/b/1/1/0', attempt: 2, kind: 'model', name: 'm', error: null },
}

const logged = async (events: TroupeEvent[], options: Partial<Parameters<typeof createLog>[0]> = {}) => {
  const file = join(dir, 'logs', 'execution.log')
  const log = createLog({ file, ...options })
  for (const event of events) log.listener(event)
  await log.close()
  const text = readFileSync(file, 'utf8')
  return { file, text, lines: text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)])) }
}

test('every event is one line with its own time and a level; turns are left out', async () => {
  const { lines } = await logged([turn, emitted('hello'), failed])
  expect(lines).toEqual([
    { level: 'info', ...emitted('hello') },
    { level: 'error', ...failed },
  ])
})

test('level debug logs turns, level error only what went wrong', async () => {
  expect((await logged([turn, failed], { level: 'debug' })).lines).toHaveLength(2)
  rmSync(join(dir, 'logs'), { recursive: true })
  expect((await logged([turn, emitted('x'), failed], { level: 'error' })).lines).toEqual([
    { level: 'error', ...failed },
  ])
})

test('a key gets into no line, neither a known one nor one that looks like one', async () => {
  const { text } = await logged([emitted('sk-ant-api03-abcdefgh and my-own-secret-key')], {
    secrets: ['my-own-secret-key', undefined],
  })
  expect(text).toContain('[key] and [key]')
  expect(text).not.toMatch(/sk-ant|my-own/)
})

test('BAD 104: the file is its owner’s alone, whatever the umask', async () => {
  const { file } = await logged([failed])
  expect(statSync(file).mode & 0o777).toBe(0o600)
})
