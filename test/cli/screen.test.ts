// What a person sees while a run is under way.
import { expect, test } from 'vitest'
import { createProgress } from '../../src/cli/progress.ts'
import { clip, count, duration, money, table, wrap } from '../../src/cli/text.ts'
import type { TroupeEvent } from '../../src/runtime/events.ts'
import type { Json } from '../../src/runtime/json.ts'
import { systemRandom } from '../../src/runtime/random.ts'
import { manualClock } from '../support/manual-clock.ts'

let seq = 0
const spawned = (address: string): TroupeEvent => ({ ...common(address), type: 'actor.spawned', machine: 'm' })
const emitted = (address: string, event: Json): TroupeEvent => ({ ...common(address), type: 'actor.emitted', event })
const common = (address: string) => ({ seq: ++seq, at: '2026-01-01T00:00:00.000Z', run: 'a', address })

const story: TroupeEvent[] = [
  spawned('a'),
  spawned('a/team'),
  spawned('a/team/writer'),
  emitted('a/team', {
    type: 'plan.ready',
    objective: 'Explain it',
    tasks: [{ id: 'write', description: 'Write.', dependencies: ['research'], priority: 'high', role: 'writer' }],
  }),
  emitted('a/team', { type: 'task.assigned', task: 'write', agent: 'writer', round: 1, output: 'o.md' }),
  emitted('a/team/writer', { type: 'task.started', agent: 'writer', purpose: 'work', task: 'work.write.1', round: 1 }),
  emitted('a/team/writer', { type: 'tool.used', agent: 'writer', tool: 'Read', about: 'input/\u001b[31mx.md' }),
  {
    ...{ ...common('a/team/writer'), type: 'call.completed', call: 'c', attempt: 1, kind: 'model', name: 'm' },
    ...{ inputTokens: 12_000, outputTokens: 400, usd: 0.25 },
  },
  emitted('a/team', {
    ...{ type: 'review.scored', task: 'write', agent: 'writer', round: 1, status: 'NEEDS_REFINEMENT', score: 79 },
    issues: [{ severity: 'high', text: 'The summary is missing' }],
  }),
]

const watch = async (columns: number, live: boolean): Promise<string> => {
  let text = ''
  const clock = manualClock()
  const host = {
    ...{ out: () => {}, outIsTerminal: false, env: {}, cwd: () => '/', random: systemRandom(), command: 'troupe' },
    ...{ onInterrupt: () => () => {}, onStill: () => () => {}, leave: () => {}, clock },
    err: (said: string) => {
      text += said
    },
    screen: { live, colour: false, columns: () => columns },
  }
  const progress = createProgress(host, { json: false, since: clock.now() })
  for (const event of story) progress.take(event, true)
  await clock.advance(150)
  progress.close()
  progress.take(story.at(-1)!, true) // what comes while it is being saved
  await clock.advance(5000)
  return text
}

test('the plan, each review with its score, and one live line an agent', async () => {
  const text = await watch(100, true)
  expect(text).toContain('Plan  Explain it\n  write  writer  high  after research\n')
  expect(text).toContain('review  79/100  write: needs refinement\n        high: The summary is missing\n')
  expect(text).toMatch(/\nwriter {2}working {3}write: Read input\/\S+x\.md +12\.4k tokens {4}\$0\.25\n/)
})

test('once the live lines are taken away, nothing is drawn in place any more', async () => {
  const text = await watch(100, true)
  const after = text.slice(text.lastIndexOf('\u001b[J') + '\u001b[J'.length)
  expect(after).toBe('review  79/100  write: needs refinement\n        high: The summary is missing\n')
})

test('what an agent says cannot control the terminal', async () => {
  expect(await watch(100, true)).toContain('\\u{1b}[31mx.md')
  expect(await watch(100, true)).not.toContain('\u001b[31m')
})

test('no line is wider than a narrow terminal', async () => {
  for (const columns of [20, 40, 60]) {
    const lines = (await watch(columns, true)).replaceAll(/\u001b\[\d*[AJ]|\r/g, '').split('\n')
    for (const line of lines) expect(line.length, line).toBeLessThan(columns)
  }
})

test('without a terminal the story is plain lines, beginnings included, and nothing is drawn again', async () => {
  const text = await watch(100, false)
  expect(text).toContain('begins  writer, write\n')
  expect(text).not.toContain('\u001b')
  expect(text).not.toContain('tokens')
})

test('numbers are short, texts are clipped, wrapped and aligned', () => {
  expect([999, 1000, 99_949, 123_456, 2_500_000].map(count)).toEqual(['999', '1.0k', '99.9k', '123k', '2.5M'])
  expect([40, 400, 12_000, 185_000, 7_440_000].map(duration)).toEqual([
    '40 ms',
    '0.4 s',
    '12 s',
    '3 min 5 s',
    '2 h 4 min',
  ])
  expect([null, 0, 0.0012, 1.5].map(money)).toEqual(['cost unknown', '$0.00', '$0.0012', '$1.50'])
  expect(clip('one  two\nthree', 9)).toBe('one two …')
  expect(wrap('one two three', 8)).toEqual(['one two', 'three'])
  expect(
    table([
      ['a', 1],
      ['long', 22],
    ]),
  ).toEqual(['a      1', 'long  22'])
})
