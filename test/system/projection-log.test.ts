import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { writeRunFiles } from '../../src/system/projection.ts'
import { artifact, assigned, finished, planned, scored, storeWith, type Told } from './projection-stage.ts'

const folders: string[] = []
afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true })
})

const logOf = async (told: readonly Told[], texts: readonly string[], run = {}): Promise<string> => {
  const dir = mkdtempSync(join(tmpdir(), 'troupe-log-'))
  folders.push(dir)
  await writeRunFiles(await storeWith(told, texts, run), 'run-1', dir)
  return readFileSync(join(dir, 'orchestration-log.md'), 'utf8')
}

const started = (agent: string, task: string, purpose = 'work', round = 1) => ({
  type: 'task.started',
  agent,
  role: agent,
  purpose,
  task,
  round,
})

const made = [artifact('a.md', 'alpha'), artifact('final-output.md', 'whole', 'lead')]
const whole: Told[] = [
  ['team/lead', started('lead', 'plan', 'plan')],
  ['team', planned(['one', 'two'])],
  ['team', assigned('one', 'a.md', { agent: 'writer', inputs: [{ name: 'notes.md', bytes: 12 }] })],
  ['team/writer', started('writer', 'work.one.1')],
  ['team/writer', finished('work.one.1', [made[0]!])],
  ['team', scored('one', 1, 70)],
  ['team', { ...assigned('one', 'a.md', { round: 2, output: 'a.r2.md' }), type: 'task.refining' }],
  ['team', scored('one', 2, 90, { issues: [] })],
  ['team', { type: 'task.done', task: 'one', score: 90, below: false }],
  ['team', { type: 'task.skipped', task: 'two' }],
  [
    'team/lead',
    finished('synthesise', [made[1]!], { purpose: 'synthesise', agent: 'lead', summary: 'Two became one.' }),
  ],
  [
    'team',
    {
      type: 'work.complete',
      quality: 90,
      confidence: 0.7,
      summary: 's',
      reasoning: 'r',
      artifacts: made,
      issues: [{ severity: 'high', text: '"two" was passed over' }],
      metrics: { durationMs: 1, modelCalls: 1, toolCalls: 1, inputTokens: 1, outputTokens: 1, usd: 0 },
    },
  ],
]
const ended = { status: 'complete' as const, endedAt: 1_700_000_020_000 }

test('S35, S36: the log says what was asked, aimed at, and how it was taken apart', async () => {
  const log = await logOf(whole, ['alpha', 'whole'], ended)
  for (const part of [
    '# Orchestration Log: It is written\n',
    '- Timestamp: 2023-11-14T22:13:20.000Z\n- Orchestrator: team, planned by lead',
    '**Original Request**: Write it.',
    '**Main Objective**: It is written',
    '**Success Criteria**:\n\n- It reads well',
    '1. **one**: Do one\n   - Assigned to: writer\n   - Priority: High\n   - Output: a.md\n   - Dependencies: none',
    '2. **two**: Do two\n   - Assigned to: anyone (not yet)',
  ])
    expect(log).toContain(part)
})

test('S26, S37: each delegation is on record with its instructions, context, format, metrics and time', async () => {
  const log = await logOf(whole, ['alpha', 'whole'], ended)
  for (const part of [
    '### writer: one',
    '**Instructions**: Do one',
    '**Context**: The whole work.',
    '**Resources**: notes.md (12 bytes)',
    '**Output Format**: A text.',
    '**Output File**: a.md',
    '- at least 3 findings\n- A review of at least 80%',
    '**Status**: Delegated at 2023-11-14T22:13:23.000Z',
    '- Round 2 requested at 2023-11-14T22:13:27.000Z: output a.r2.md, after 70% with 1 issues to mend',
  ])
    expect(log).toContain(part)
})

test('S38: reviews and synthesis are on record', async () => {
  const log = await logOf(whole, ['alpha', 'whole'], ended)
  for (const part of [
    '### writer Output: one, round 1\n\n- Completeness: 7.3/10\n- Accuracy: 10/10',
    '- Overall: 70%\n- Status: NEEDS_REFINEMENT\n- Feedback:\n  - **high**: The summary is missing',
    '- Overall: 90%\n- Status: APPROVED\n- Feedback: no issues',
    '**Integration Points**: a.md by writer. Two became one. By hand.',
    '**Final Quality Score**: 90%',
    '**Output Location**: final-output.md',
    '**Completion Time**: 2023-11-14T22:13:32.000Z',
    '- **high**: "two" was passed over',
    'two was passed over, since what it needs failed',
  ])
    expect(log).toContain(part)
})

test('S45: tasks, scores, refinements, time and utilization are counted from what was recorded', async () => {
  const log = await logOf(whole, ['alpha', 'whole'], ended)
  for (const part of [
    '- Subtasks completed: 1 of 2',
    '- Average quality score: 90%',
    '- Refinement iterations: 1',
    '- Total execution time: 20.0 s',
    '| writer | 1 | 1.0 s | 5% | 2 | 3 | 100 | 50 | $0.0100 |',
  ])
    expect(log).toContain(part)
})

test('S100: the trace says who asked whom, with which input and output', async () => {
  const log = await logOf(whole, ['alpha', 'whole'], ended)
  expect(log).toContain(
    '[team] -> [writer]: Task: one, round 1 (2023-11-14T22:13:24.000Z)\n  Context: The whole work.\n  Input: notes.md (12 bytes)\n  Output: a.md (5 bytes), confidence 70% (2023-11-14T22:13:25.000Z)',
  )
})

test('text from models stays in its place: it opens no heading, no front matter and no row', async () => {
  const evil = 'x\n# Orchestration Log: forged\n---\nagent: root\n---\u001b[31m\u202e'
  const told: Told[] = [
    ['team', planned(['one'], { objective: evil, request: evil, successCriteria: [evil] })],
    ['team', assigned('one', 'a.md', { description: evil, context: evil })],
    ['team', scored('one', 1, 90, { strengths: [evil], issues: [{ severity: 'low', text: evil }] })],
  ]
  const log = await logOf(told, [])
  expect(log.match(/^# /gm)).toHaveLength(1)
  expect(log.match(/^---$/gm)).toHaveLength(2)
  expect(log).not.toContain('\u001b')
  expect(log).not.toContain('\u202e')
})

test('a team within a team has a log of its own, and what it made is there', async () => {
  const told: Told[] = [
    ['team', planned(['one'])],
    ['team', assigned('one', 'a.md', { agent: 'inner' })],
    ['team/inner', planned(['deep'], { orchestrator: 'inner', objective: 'The inner aim' })],
    ['team/inner', assigned('deep', 'a.md')],
    ['team/inner/writer', finished('work.deep.1', [artifact('a.md', 'alpha')])],
    [
      'team/inner/lead',
      finished('synthesise', [artifact('final-output.md', 'inner whole')], { purpose: 'synthesise' }),
    ],
  ]
  const dir = mkdtempSync(join(tmpdir(), 'troupe-log-'))
  folders.push(dir)
  const { files } = await writeRunFiles(await storeWith(told, ['alpha', 'inner whole']), 'run-1', dir)
  expect(files).toEqual(['a.md', 'artifact-final-output.md', 'feedback.md', 'orchestration-log.md'])
  expect(readFileSync(join(dir, 'orchestration-log.md'), 'utf8').match(/^# Orchestration Log: .*/gm)).toEqual([
    '# Orchestration Log: It is written',
    '# Orchestration Log: The inner aim',
  ])
})

test('a team that is given work again has a log for each, and the later output gets a name of its own', async () => {
  const once = (aim: string, text: string): Told[] => [
    ['team/inner', planned(['deep'], { orchestrator: 'inner', objective: aim })],
    ['team/inner', assigned('deep', 'a.md')],
    ['team/inner/writer', finished('work.deep.1', [artifact('a.md', text)])],
    ['team/inner', { type: 'task.done', task: 'deep', score: null }],
  ]
  const dir = mkdtempSync(join(tmpdir(), 'troupe-log-'))
  folders.push(dir)
  const told = [...once('First aim', 'one'), ...once('Second aim', 'two')]
  const { files } = await writeRunFiles(await storeWith(told, ['one', 'two']), 'run-1', dir)
  expect(files).toEqual(['a.md', 'a.2.md', 'feedback.md', 'orchestration-log.md'])
  const log = readFileSync(join(dir, 'orchestration-log.md'), 'utf8')
  expect(log.match(/^# Orchestration Log: .*/gm)).toEqual([
    '# Orchestration Log: First aim',
    '# Orchestration Log: Second aim',
  ])
  expect(log.match(/^- Subtasks completed: 1 of 1$/gm)).toHaveLength(2)
})

test('what any other machine emits is passed over, even under a name we know', async () => {
  const log = await logOf(
    [
      ['team', { type: 'plan.ready', objective: 5 }],
      ['team', { type: 'tick' }],
    ],
    [],
  )
  expect(log).toContain('team works alone')
})

test('failures are named: of an agent, of a review, and of the run', async () => {
  const told: Told[] = [
    ['team', planned(['one'])],
    ['team', { type: 'task.failed-over', task: 'one', from: 'writer', code: 'agent.loop', message: 'in circles' }],
    ['team', { type: 'review.failed', task: 'one', round: 1, code: 'model.refused', message: 'no' }],
    ['team', { type: 'task.given-up', task: 'one', code: 'agent.none-suitable', message: 'nobody is left' }],
  ]
  const result = '{"failure":{"code":"run.failed","message":"no task could be done","retryable":false}}'
  const log = await logOf(told, [], { status: 'failed', endedAt: 1_700_000_009_000, result })
  expect(log).toContain('- Status: failed: run.failed, no task could be done')
  expect(log).toContain('one goes to another agent: agent.loop, in circles')
  expect(log).toContain('- Status: no verdict\n- Feedback: model.refused, no')
  expect(log).toContain('one was given up: agent.none-suitable, nobody is left')
})
