import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { loadAgentFiles } from '../../src/actors/agent-file.ts'
import { agentFromFile } from '../../src/actors/agent-from-file.ts'
import { defineTeam } from '../../src/actors/define-team.ts'
import { checkCitations, citationsIn, quotationsIn } from '../../src/models/offline/citations.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { writeRunFiles } from '../../src/system/projection.ts'
import { readFacts } from '../../src/system/projection-facts.ts'
import { createSystem } from '../../src/system/system.ts'
import { manualClock } from '../support/manual-clock.ts'

const input = fileURLToPath(new URL('../fixtures/input', import.meta.url))
const teamFolder = fileURLToPath(new URL('../../examples/team', import.meta.url))
const task =
  'Write a guide to surviving crashes: how a durable program recovers, what it does about calls that were under way, and how timers and messages survive. For engineers.'

const folders: string[] = []
afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true })
})

/** The whole job: the team of the examples, rules for a model, files for a result. Time stands still. */
const performJob = async (description = task) => {
  const base = mkdtempSync(join(tmpdir(), 'troupe-job-'))
  folders.push(base)
  const { agents, problems } = await loadAgentFiles(teamFolder)
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const team = defineTeam({ agents: agents.map(agentFromFile) })
  const store = memoryStore()
  await using system = await createSystem({
    agents: [team],
    store,
    workspaces: join(base, 'workspaces'),
    clock: manualClock(1_700_000_000_000),
  })
  const result = await system.run(team, description, { id: 'job', input })
  const dir = join(base, 'artifacts')
  const { files } = await writeRunFiles(store, 'job', dir)
  const texts = new Map(files.map((name) => [name, readFileSync(join(dir, name), 'utf8')]))
  return { result, texts, facts: await readFacts(store, 'job') }
}

const lineAt = (path: string, line: number): string | null => {
  try {
    return readFileSync(join(input, path), 'utf8').split('\n')[line - 1] ?? null
  } catch {
    return null
  }
}

/** Checked without the code under test: each quotation, between its marks, against the lines it names. */
const falseQuotations = (text: string): string[] =>
  [...text.matchAll(/“([^”]+)” \(([^():]+):(\d+)(?:-(\d+))?\)/g)].flatMap(
    ([whole, quote, path, first, last = first]) => {
      const lines = readFileSync(join(input, path!), 'utf8')
        .split('\n')
        .slice(Number(first) - 1, Number(last))
      const said = lines.length === 1 ? lines[0]! : lines.map((line) => line.trim()).join(' ')
      return said.includes(quote!) ? [] : [whole]
    },
  )

const cited = ['research-output.md', 'synthesis-output.r1.md', 'synthesis-output.md', 'final-output.md']

test('S4, S20, S56: the team plans, researches, writes, reviews, refines and brings it together', async () => {
  const { result, texts, facts } = await performJob()
  expect(result).toMatchObject({ status: 'complete', issues: [] })
  expect([...texts.keys()].sort()).toEqual([
    'feedback.md',
    'final-output.md',
    'orchestration-log.md',
    'research-output.md',
    'synthesis-output.md',
    'synthesis-output.r1.md',
    'synthesis-output.r2.md',
  ])
  const reviews = facts.teams[0]!.reviews.flatMap((review) =>
    review.type === 'review.scored' ? [[review.task, review.round, review.score >= 80]] : [],
  )
  expect(reviews).toEqual([
    ['research', 1, true],
    ['write', 1, false],
    ['write', 2, true],
  ])
})

test('every citation of every artifact stands in the input at its file and line, word for word', async () => {
  const { texts } = await performJob()
  for (const name of cited) {
    const text = texts.get(name)!
    expect(quotationsIn(text).length, name).toBeGreaterThan(2)
    expect(falseQuotations(text), name).toEqual([])
    const wrong = checkCitations(citationsIn(text), lineAt).filter(({ verdict }) => verdict !== 'true')
    expect(wrong, name).toEqual([])
  }
  // A sentence that runs over lines is quoted whole.
  expect(texts.get('final-output.md')).toMatch(/” \(\w+\.md:\d+-\d+\)/)
})

test('the sections of the result follow the task, and each has something to say', async () => {
  const { texts } = await performJob()
  const final = texts.get('final-output.md')!
  expect(final).toMatch(/^# Surviving crashes$/m)
  expect(final).toContain('Audience: engineers')
  const asked = [
    'How a durable program recovers',
    'What it does about calls that were under way',
    'How timers and messages survive',
  ]
  const headings = [...final.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading!)
  expect(headings.filter((heading) => asked.includes(heading))).toEqual(asked)
  for (const heading of asked) {
    const section = final.split(`## ${heading}\n`)[1]!.split(/^## /m)[0]!
    expect(quotationsIn(section).length, heading).toBeGreaterThan(2)
  }
  expect(headings.slice(0, 2)).toEqual(['Executive Summary', 'Overview'])
  expect(headings.slice(-2)).toEqual(['Sources', 'What Was Not Covered'])
})

test('S34: nothing is quoted twice in the result', async () => {
  const { texts } = await performJob()
  const quotes = [...texts.get('final-output.md')!.matchAll(/“[^”]+” \([^)]+\)/g)].map(([whole]) => whole)
  expect(quotes.length).toBeGreaterThan(10)
  expect(new Set(quotes).size).toBe(quotes.length)
})

test('the same job gives the same bytes in every file', async () => {
  const [one, two] = [await performJob(), await performJob()]
  expect([...two.texts]).toEqual([...one.texts])
})

test('S40, S45: the log counts what was done', async () => {
  const { texts, facts } = await performJob()
  const log = texts.get('orchestration-log.md')!
  for (const part of [
    '- Subtasks completed: 2 of 2',
    '- Refinement iterations: 1',
    '### writer: write',
    '### researcher: research',
  ])
    expect(log).toContain(part)
  const calls = facts.finished.reduce((sum, { metrics }) => sum + metrics.modelCalls, 0)
  const counted = [...log.matchAll(/^\| \w+ \| \d+ \| [^|]+ \| [^|]+ \| (\d+) \|/gm)].map(([, n]) => Number(n))
  expect(counted.reduce((sum, n) => sum + n, 0)).toBe(calls)
})

test('a task about what the input does not hold ends honestly: little confidence, nothing quoted', async () => {
  const { result, texts } = await performJob('Write a report on arctic terns and their chicks.')
  expect(result.status === 'complete' && result.confidence).toBeLessThan(0.2)
  expect(quotationsIn(texts.get('final-output.md')!)).toEqual([])
})

test('a word of the task that the input does not hold is named at the head of the result', async () => {
  const { texts } = await performJob('Write a report on timers and zebras.')
  const [, summary] = /## Executive Summary\n([\s\S]*?)\n## /.exec(texts.get('final-output.md')!)!
  expect(summary).toContain('Nothing was found about “zebras”.')
})
