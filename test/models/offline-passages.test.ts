import { expect, test } from 'vitest'
import { taskSchema } from '../../src/actors/messages.ts'
import { checkCitations, citationsIn, cite } from '../../src/models/offline/citations.ts'
import { facetsOf } from '../../src/models/offline/facets.ts'
import { jobOf } from '../../src/models/offline/job.ts'
import { titleOf } from '../../src/models/offline/kind.ts'
import { passagesOf } from '../../src/models/offline/passages.ts'
import { headline, keywordsIn, keywordsOf } from '../../src/models/offline/words.ts'
import { requestFor } from './offline-stage.ts'

const lines = (text: string) => new Map(text.split('\n').map((line, index) => [index + 1, line]))
const quotedIn = (text: string) =>
  passagesOf('a.md', lines(text)).map(({ quotations }) => quotations.map((quotation) => cite(quotation)).join(' '))
const jobFor = (description: string) => jobOf(requestFor(taskSchema.parse({ description }), { role: 'researcher' }))

test('a quotation may run over lines: it names them, and holds when they hold it word for word', () => {
  const text = '> The store keeps\n> its word.\n\nOther.'
  const at = (_: string, line: number) => lines(text).get(line) ?? null
  const cited =
    '“The store keeps its word.” (a.md:1-2) “The store keeps his word.” (a.md:1-2) “x” (a.md:4-9) “x” (a.md:2-1) “x” (a.md:1-9999999999)'
  expect(citationsIn(cited)[0]).toEqual({ path: 'a.md', line: 1, end: 2, quote: 'The store keeps its word.' })
  expect(checkCitations(citationsIn(cited), at).map(({ verdict }) => verdict)).toEqual([
    'true',
    'absent',
    'missing',
    'missing',
    'missing',
  ])
})

test('a sentence that leans on the one before it is quoted with it, or not at all', () => {
  expect(quotedIn('A lock is not enough. It can be lost while\nits holder sleeps.\n\nThis stands alone here.')).toEqual(
    ['“A lock is not enough.” (a.md:1)', '“A lock is not enough. It can be lost while its holder sleeps.” (a.md:1-2)'],
  )
})

test('a list is quoted with the sentence that introduces it, each item at its own line', () => {
  expect(quotedIn('Recovery has an order:\n\n1. Take the store.\n2. Load the runs.\n')[0]).toBe(
    '“Recovery has an order:” (a.md:1) “Take the store.” (a.md:3) “Load the runs.” (a.md:4)',
  )
})

test('a cell of a table that says something is quoted, a label is not', () => {
  expect(quotedIn('| id | what |\n| -- | -- |\n| C1 | A message is durable before send resolves |')).toEqual([
    '“A message is durable before send resolves” (a.md:3)',
  ])
})

test('quotation marks of the file never stand within ours', () => {
  expect(quotedIn('Operators say “the gate” and nobody knows why they do.')).toEqual([
    '“and nobody knows why they do.” (a.md:1)',
  ])
})

test.each([
  [
    'Write a guide to crashes: how a run recovers, what becomes of its calls, and how timers survive. For engineers.',
    ['How a run recovers', 'What becomes of its calls', 'How timers survive'],
    'Crashes',
  ],
  ['Explain how journals work and why replay needs them.', ['How journals work', 'Why replay needs them'], ''],
  [
    'Explain journals, durable timers and recovery. Cite file and line.',
    ['Journals', 'Durable timers', 'Recovery'],
    '',
  ],
  ['Write a guide to how the ledger keeps its journal durable', [], 'How the ledger keeps its journal durable'],
])('the parts of %j are its facets', (description, facets, title) => {
  expect(facetsOf(jobFor(description)).map((facet) => facet.title)).toEqual(facets)
  if (title) expect(titleOf(jobFor(description))).toBe(title)
})

test('a headline is a whole sentence, or a first clause that stands without the rest', () => {
  expect(headline('Short and whole.')).toBe('Short and whole')
  const long = 'The key must be derived from the position of the call in the journal, never from a fresh random number'
  expect(headline(long, 90)).toBe('The key must be derived from the position of the call in the journal')
  expect(headline(`If ${long}`, 60)).toMatch(/…$/)
})

test('a short word is found in its forms, not in other words that begin with it', () => {
  const keywords = keywordsOf('calls')
  expect(keywordsIn('it called twice', keywords)).toHaveLength(1)
  expect(keywordsIn('a callback', keywords)).toHaveLength(0)
})
