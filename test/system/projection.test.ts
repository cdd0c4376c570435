import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { writeRunFiles } from '../../src/system/projection.ts'
import { artifact, assigned, finished, planned, scored, storeWith, type Told } from './projection-stage.ts'

const folders: string[] = []
const folder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'troupe-files-'))
  folders.push(dir)
  return join(dir, 'artifacts')
}
afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true })
})

const read = (dir: string, name: string): string => readFileSync(join(dir, name), 'utf8')
const headOf = (text: string): Record<string, unknown> =>
  parse(/^---\n([\s\S]*?)\n---\n/.exec(text)![1]!) as Record<string, unknown>
const bodyOf = (text: string): string => text.replace(/^---\n[\s\S]*?\n---\n\n/, '')

const refined: Told[] = [
  ['team/lead', { type: 'task.started', agent: 'lead', role: 'lead', purpose: 'plan', task: 'plan', round: 1 }],
  ['team', planned(['write'])],
  ['team', assigned('write', 'text.md')],
  [
    'team/writer',
    { type: 'task.started', agent: 'writer', role: 'writer', purpose: 'work', task: 'work.write.1', round: 1 },
  ],
  ['team/writer', finished('work.write.1', [artifact('text.md', 'first')], { confidence: 0.5 })],
  ['team', scored('write', 1, 61)],
  ['team', { ...assigned('write', 'text.md', { round: 2, output: 'text.r2.md' }), type: 'task.refining' }],
  ['team/writer', finished('work.write.2', [artifact('text.r2.md', 'second')], { round: 2, confidence: 0.8 })],
  ['team', scored('write', 2, 92, { issues: [] })],
  ['team', { type: 'task.done', task: 'write', score: 92, below: false }],
  [
    'team/lead',
    finished('synthesise', [artifact('final-output.md', 'whole', 'lead')], { purpose: 'synthesise', agent: 'lead' }),
  ],
]

test('S13, S30: every version stands under its own name, and the approved one under the name of the plan too', async () => {
  const dir = folder()
  const { files } = await writeRunFiles(await storeWith(refined, ['first', 'second', 'whole']), 'run-1', dir)
  expect([...files].sort()).toEqual([
    'feedback.md',
    'final-output.md',
    'orchestration-log.md',
    'text.md',
    'text.r1.md',
    'text.r2.md',
  ])
  expect(readdirSync(dir).sort()).toEqual([...files].sort())
  expect(['text.md', 'text.r1.md', 'text.r2.md', 'final-output.md'].map((name) => bodyOf(read(dir, name)))).toEqual([
    'second',
    'first',
    'second',
    'whole',
  ])
})

test('S15: each file begins with its agent, its time and its confidence', async () => {
  const dir = folder()
  const { files } = await writeRunFiles(await storeWith(refined, ['first', 'second', 'whole']), 'run-1', dir)
  for (const name of files) {
    const head = headOf(read(dir, name))
    expect(head, name).toMatchObject({ agent: expect.any(String), run: 'run-1' })
    expect(String(head.confidence), name).toMatch(/^(\d+%|unknown)$/)
    expect(new Date(String(head.timestamp)).toISOString(), name).toBeTruthy()
  }
  expect(headOf(read(dir, 'text.md'))).toMatchObject({
    agent: 'writer',
    confidence: '80%',
    task: 'write',
    round: 2,
    score: '92%',
    status: 'APPROVED',
  })
  expect(headOf(read(dir, 'text.r1.md'))).toMatchObject({ confidence: '50%', score: '61%', status: 'NEEDS_REFINEMENT' })
})

test('the same store gives the same bytes, and writing again touches nothing', async () => {
  const store = await storeWith(refined, ['first', 'second', 'whole'])
  const [one, two] = [folder(), folder()]
  const { files } = await writeRunFiles(store, 'run-1', one)
  const before = files.map((name) => statSync(join(one, name), { bigint: true }))
  await writeRunFiles(store, 'run-1', one)
  await writeRunFiles(store, 'run-1', two)
  expect(
    files.map((name) => statSync(join(one, name), { bigint: true })).map(({ ino, mtimeNs }) => [ino, mtimeNs]),
  ).toEqual(before.map(({ ino, mtimeNs }) => [ino, mtimeNs]))
  expect(files.map((name) => read(two, name))).toEqual(files.map((name) => read(one, name)))
})

test('files and folder are for their owner alone, and a file that was changed by hand is put right', async () => {
  const store = await storeWith(refined, ['first', 'second', 'whole'])
  const dir = folder()
  await writeRunFiles(store, 'run-1', dir)
  expect(statSync(dir).mode & 0o777).toBe(0o700)
  expect(statSync(join(dir, 'text.md')).mode & 0o777).toBe(0o600)
  const right = read(dir, 'text.md')
  writeFileSync(join(dir, 'text.md'), 'forged')
  await writeRunFiles(store, 'run-1', dir)
  expect(read(dir, 'text.md')).toBe(right)
  expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([])
})

test('a link in the folder is replaced, never followed', async () => {
  const dir = folder()
  mkdirSync(dir)
  const outside = join(dir, '..', 'outside.md')
  writeFileSync(outside, 'mine')
  symlinkSync(outside, join(dir, 'text.md'))
  await writeRunFiles(await storeWith(refined, ['first', 'second', 'whole']), 'run-1', dir)
  expect(readFileSync(outside, 'utf8')).toBe('mine')
  const text = read(dir, 'text.md')
  expect(bodyOf(text)).toBe('second')
  writeFileSync(outside, text)
  rmSync(join(dir, 'text.md'))
  symlinkSync(outside, join(dir, 'text.md'))
  await writeRunFiles(await storeWith(refined, ['first', 'second', 'whole']), 'run-1', dir)
  expect(lstatSync(join(dir, 'text.md')).isFile()).toBe(true)
})

test('names that models chose stay in the folder, never stand for our own files, and never share one', async () => {
  const names = [
    '../../escape.md',
    '/etc/passwd',
    'a\\b.md',
    '..',
    'CON.md',
    'feedback.md',
    'final-output.md',
    'X.md',
    'x.md',
    ' .hidden ',
    'é'.repeat(150),
  ]
  const told = names.map(
    (name, index): Told => ['solo', finished(`t${index}`, [artifact(name, `text ${index}`, 'solo')])],
  )
  const dir = folder()
  const { files } = await writeRunFiles(
    await storeWith(
      told,
      names.map((_, index) => `text ${index}`),
    ),
    'run-1',
    dir,
  )
  expect(files.slice(0, 10)).toEqual([
    '__.._escape.md',
    '_etc_passwd',
    'a_b.md',
    '_',
    '_CON.md',
    'artifact-feedback.md',
    'artifact-final-output.md',
    'X.md',
    'x.2.md',
    '_hidden_',
  ])
  expect(readdirSync(dir)).toHaveLength(names.length + 1)
  expect(readdirSync(join(dir, '..'))).toEqual(['artifacts'])
  for (const file of files) expect(Buffer.byteLength(file)).toBeLessThan(255)
})

test('what is no markdown is written as it was handed in', async () => {
  const dir = folder()
  await writeRunFiles(
    await storeWith([['solo', finished('run', [artifact('data.json', '{"a":1}')])]], ['{"a":1}']),
    'run-1',
    dir,
  )
  expect(read(dir, 'data.json')).toBe('{"a":1}')
})

test('a run under way gives what there is so far, and later more under the same names', async () => {
  const dir = folder()
  const { files } = await writeRunFiles(await storeWith(refined.slice(0, 5), ['first']), 'run-1', dir)
  expect([...files].sort()).toEqual(['feedback.md', 'orchestration-log.md', 'text.md'])
  expect(bodyOf(read(dir, 'text.md'))).toBe('first')
  expect(read(dir, 'orchestration-log.md')).toContain('- Status: under way')
  expect(read(dir, 'orchestration-log.md')).toContain('Not done yet.')
  await writeRunFiles(await storeWith(refined, ['first', 'second', 'whole']), 'run-1', dir)
  expect(bodyOf(read(dir, 'text.md'))).toBe('second')
})

test('a run in which nothing happened yet gives a log', async () => {
  const dir = folder()
  expect((await writeRunFiles(await storeWith([], []), 'run-1', dir)).files).toEqual(['orchestration-log.md'])
  expect(headOf(read(dir, 'orchestration-log.md'))).toMatchObject({ confidence: 'unknown' })
})

test('an agent that works alone gives its output and a small log', async () => {
  const told: Told[] = [
    ['solo', { type: 'task.started', agent: 'solo', role: 'solo', purpose: 'work', task: 'run', round: 1 }],
    ['solo', finished('run', [artifact('output.md', 'hello', 'solo')], { agent: 'solo' })],
  ]
  const dir = folder()
  const { files } = await writeRunFiles(
    await storeWith(told, ['hello'], { agent: 'solo', status: 'complete', endedAt: 1_700_000_009_000 }),
    'run-1',
    dir,
  )
  expect(files).toEqual(['output.md', 'orchestration-log.md'])
  const log = read(dir, 'orchestration-log.md')
  expect(log).toContain('- Total execution time: 9.0 s')
  expect(log).toContain('solo handed in output.md (5 bytes), confidence 70%: Done.')
  expect(log).toMatch(/\| solo \| 1 \| 1\.0 s \| 11% \|/)
})

test('the end of a team without a lead is its last work', async () => {
  const complete = {
    type: 'work.complete',
    quality: 92,
    confidence: 0.8,
    summary: 's',
    reasoning: 'r',
    artifacts: [artifact('text.md', 'second')],
    issues: [],
    metrics: { durationMs: 1, modelCalls: 1, toolCalls: 1, inputTokens: 1, outputTokens: 1, usd: null },
  }
  const dir = folder()
  await writeRunFiles(await storeWith([...refined.slice(1, 10), ['team', complete]], ['first', 'second']), 'run-1', dir)
  expect(bodyOf(read(dir, 'final-output.md'))).toBe('second')
})

test('S31–S33: feedback.md holds every review with its scores, issues and strengths', async () => {
  const dir = folder()
  await writeRunFiles(await storeWith(refined, ['first', 'second', 'whole']), 'run-1', dir)
  const text = read(dir, 'feedback.md')
  for (const part of [
    'Reviews: 2. Approved: 1. Sent back: 1.',
    '## write, round 1: NEEDS_REFINEMENT',
    '## write, round 2: APPROVED',
    '| Completeness | 7.3/10 |',
    '| **Overall** | **61%** |',
    '- **high**: The summary is missing\n  - Recommendation: Add it.',
    '- Every source is cited',
    '**Issues**: none',
  ])
    expect(text).toContain(part)
})

test('an unknown run, a lost artifact and a folder that cannot be written are refused by name', async () => {
  const store = await storeWith(refined, ['first'])
  await expect(writeRunFiles(store, 'other', folder())).rejects.toMatchObject({ code: 'run.unknown', place: 'other' })
  await expect(writeRunFiles(store, 'run-1', folder())).rejects.toMatchObject({ code: 'store.corrupt' })
  const dir = folder()
  mkdirSync(join(dir, 'text.md', 'full'), { recursive: true })
  const whole = await storeWith(refined, ['first', 'second', 'whole'])
  await expect(writeRunFiles(whole, 'run-1', dir)).rejects.toMatchObject({ code: 'workspace.denied', place: dir })
  expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([])
})
