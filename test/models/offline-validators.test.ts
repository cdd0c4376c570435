import { describe, expect, test } from 'vitest'
import { shareOf } from '../../src/models/offline/chance.ts'
import { citationsIn } from '../../src/models/offline/citations.ts'
import { findingsIn } from '../../src/models/offline/finding.ts'
import { sentencesOf } from '../../src/models/offline/sentences.ts'
import {
  checkCitations,
  checkCriteria,
  clarityFaults,
  coherenceFaults,
  criteriaIn,
  findingsLeftOut,
  formatFaults,
  missingSections,
  requiredSections,
  sectionsAskedFor,
  uncitedSections,
  wantsEveryClaimCited,
} from '../../src/models/offline/validators.ts'
import { verdictOf } from '../../src/models/offline/verdict.ts'
import { keywordsOf, stem } from '../../src/models/offline/words.ts'

const lines = (text: string) => new Map(text.split('\n').map((line, index) => [index + 1, line]))

describe('citations', () => {
  test('are read with and without a quotation, each once', () => {
    const text = '“a b” (docs/x y.md:3) and “a b” (docs/x y.md:3), see (a.md:1) or `b.ts:20`, not (10:30) nor “alone”'
    expect(citationsIn(text)).toEqual([
      { path: 'docs/x y.md', line: 3, quote: 'a b' },
      { path: 'a.md', line: 1 },
      { path: 'b.ts', line: 20 },
    ])
  })

  test('hold only when the line holds the very words', () => {
    const at = (_: string, line: number) => (line === 1 ? 'The store keeps its word.' : line === 2 ? undefined : null)
    const cited = ['keeps its word', 'keeps his word'].map((quote) => ({ path: 'a.md', line: 1, quote }))
    const verdicts = checkCitations([...cited, { path: 'a.md', line: 2 }, { path: 'a.md', line: 9 }], at)
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['true', 'absent', 'unchecked', 'missing'])
  })
})

describe('sections', () => {
  test('that are required and missing are named; numbers before headings and code do not matter', () => {
    const text = '# T\n\n## 1. Summary and next steps\n\n```\n## Limits\n```\n'
    expect(missingSections(text, ['Summary', 'Limits'])).toEqual(['Limits'])
  })

  test('an executive summary is no summary', () => {
    expect(missingSections('# T\n\n## Executive Summary\n', ['Summary'])).toEqual(['Summary'])
  })

  test('are required by the kind of the text and by the words of the task', () => {
    expect(sectionsAskedFor(['Markdown. Sections: Overview, Known Limits and Costs.'])).toEqual([
      'Overview',
      'Known Limits',
      'Costs',
    ])
    expect(requiredSections('# T\n\nType: guide\n', ['Sections: Costs'])).toEqual([
      'Table of Contents',
      'Summary',
      'Additional Resources',
      'Costs',
    ])
    expect(requiredSections('# T\n\nplain', [])).toEqual([])
  })
})

describe('criteria', () => {
  test('are read from requirements in figures and in words', () => {
    const read = criteriaIn([
      'Minimum 10 key concepts identified',
      'at least five cited findings',
      'no more than 300 words',
      'at least 5 findings',
    ])
    expect(read.map(({ text }) => text)).toEqual(['at least 10 concepts', 'at least 5 findings', 'at most 300 words'])
  })

  test('are counted, and those that rules cannot count are left to a person', () => {
    const text = '# T\n\n### Finding 1: a\n\n“x” (a.md:1)\n\n### Finding 2: b\n\n“y” (b.md:1) “z” (b.md:2)\n'
    const criteria = criteriaIn([
      'at least 2 findings',
      'at least 3 citations',
      'at least 2 sources',
      'at least 3 diagrams',
      'at most 1 file',
    ])
    expect(checkCriteria(text, criteria).map(({ actual, met }) => [actual, met])).toEqual([
      [2, true],
      [2, false],
      [2, true],
      [null, true],
      [2, false],
    ])
  })

  test('“sources cited for all claims” looks at every finding, or else at every section that claims something', () => {
    expect(wantsEveryClaimCited(['Sources cited for all claims'])).toBe(true)
    expect(wantsEveryClaimCited(['Be brief'])).toBe(false)
    expect(uncitedSections('# T\n\n## Overview\n\nwords\n\n## Cost\n\nmuch\n\n## Speed\n\n“fast” (a.md:1)\n')).toEqual([
      'Cost',
    ])
    expect(uncitedSections('## Key\n\n### Finding 1: a\n\nnone\n\n## Analysis\n\nwords')).toEqual(['Finding 1: a'])
  })
})

describe('build', () => {
  test('finds two titles, a skipped level, a section twice, an empty one, and contents that lead nowhere', () => {
    const text = '# A\n\n[x](#nowhere)\n\n### Deep\n\nt\n\n# B\n\n## C\n\nt\n\n## C\n'
    const faults = coherenceFaults(text).join('\n')
    for (const part of ['2 titles', 'level 3 follows', '"C" stands twice', '"C" is empty', '#nowhere'])
      expect(faults).toContain(part)
    expect(coherenceFaults('# A\n\n[B c](#b-c)\n\n## B c\n\nt\n')).toEqual([])
  })

  test('finds open code, a missing title or author, and blanks left in a template', () => {
    expect(formatFaults('# T\n\nAuthor: w\n\ntext')).toEqual([])
    expect(formatFaults('text\n```\n{target-reader}')).toHaveLength(3)
    expect(formatFaults('# T\n\nAuthor: w\n\n{target-reader}')).toEqual(['a blank of the template was left unfilled'])
  })

  test('measures sentences of its own, never what is quoted', () => {
    const long = `${'word '.repeat(60)}end.`
    expect(clarityFaults(`# T\n\nIt says “${long}” (a.md:1)\n`)).toEqual([])
    expect(clarityFaults(`# T\n\nWords ${long}\n`)).toHaveLength(1)
  })
})

test('findings that a document leaves out are those it cites at no line', () => {
  const report =
    '# R\n\n### Finding 1: a\n\n**Evidence**: “x” (a.md:1) “y” (a.md:2)\n\n### Finding 2: b\n\n**Evidence**: “z” (b.md:1)\n'
  expect(findingsLeftOut('see “y” (a.md:2)', findingsIn(report)).map(({ title }) => title)).toEqual(['b'])
})

test('a verdict is computed from the checks alone; a high issue keeps it below the threshold', () => {
  const citation = { path: 'a.md', line: 1, quote: 'x' }
  const clean = {
    citations: Array.from({ length: 40 }, () => ({ citation, verdict: 'true' as const })),
    required: ['Summary'],
    missing: [],
    criteria: [],
    uncited: [],
    findings: 0,
    leftOut: [],
    coherence: [],
    format: [],
    clarity: [],
    threshold: 90,
  }
  expect(verdictOf(clean)).toMatchObject({ score: 100, issues: [] })
  const forged = [...clean.citations.slice(1), { citation, verdict: 'absent' as const }]
  expect(verdictOf({ ...clean, citations: forged })).toMatchObject({ score: 89, dimensions: { accuracy: 9.8 } })
  expect(verdictOf({ ...clean, citations: [] }).dimensions).toMatchObject({ accuracy: 0, completeness: 5 })
  expect(verdictOf({ ...clean, coherence: ['a', 'b'], format: ['c'] }).dimensions).toMatchObject({
    coherence: 6,
    format: 7,
  })
})

describe('sentences', () => {
  test('are put together over lines, each piece literal, without headings, tables, code and front matter', () => {
    const text =
      '---\ntitle: x\n---\n# The store\n\n- It keeps its\n  word. Then it rests.\n\n| a | b |\n\n```\ncode here\n```\n1. One step, e.g. this one.'
    expect(sentencesOf('a.md', lines(text))).toEqual([
      {
        heading: 'The store',
        pieces: [
          { line: 6, text: 'It keeps its' },
          { line: 7, text: 'word.' },
        ],
      },
      { heading: 'The store', pieces: [{ line: 7, text: 'Then it rests.' }] },
      { heading: 'The store', pieces: [{ line: 14, text: 'One step, e.g. this one.' }] },
    ])
  })
})

test('keywords are the words of the subject, in any form, without those that speak of the work', () => {
  const words = keywordsOf(
    'Please write a detailed guide about how the ledgers keep journals durable, with at least 5 findings',
  )
  expect(words.map(({ word }) => word)).toEqual(['ledgers', 'journals', 'durable'])
  expect([stem('durability'), stem('writes'), stem('bus')]).toEqual(['durabil', 'writ', 'bus'])
})

test('a share depends on its parts alone and is spread over the whole range', () => {
  expect(shareOf(7, 'call-1', 1)).toBe(shareOf(7, 'call-1', 1))
  const shares = Array.from({ length: 2000 }, (_, index) => shareOf(7, `run/agent/1/${index}/0`, 1))
  const low = shares.filter((share) => share < 0.2).length / shares.length
  expect(low).toBeGreaterThan(0.17)
  expect(low).toBeLessThan(0.23)
  expect(shares.every((share) => share >= 0 && share < 1)).toBe(true)
})
