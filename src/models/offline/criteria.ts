// Criteria. Owns what rules can count of a requirement (“at least 5 findings”), and the count.
import { citationsIn, quotationsIn, statementsQuotedIn } from './citations.ts'
import { headingsOf, listItemsIn, partNamed, sectionsOf, withoutCode } from './outline.ts'

export type Criterion = { text: string; bound: 'at least' | 'at most'; n: number; noun: string }
/** `actual` is null when rules do not know how to count the noun. */
export type CriterionResult = { criterion: Criterion; actual: number | null; met: boolean }

const numbers = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
]

const distinctPaths = (text: string): number => new Set(quotationsIn(text).map(({ path }) => path)).size
const findings = (text: string): number =>
  headingsOf(text).filter(({ text: heading }) => /^Finding \d+/.test(heading)).length || statementsQuotedIn(text)
const sections = (text: string): number => headingsOf(text).filter(({ level }) => level === 2).length
const quotations = statementsQuotedIn
const words = (text: string): number => withoutCode(text).match(/[\p{L}\p{N}]+/gu)?.length ?? 0
const examples = (text: string): number =>
  Math.floor((text.match(/^\s*(```|~~~)/gm)?.length ?? 0) / 2) + (text.match(/^\*\*Example\*\*/gm)?.length ?? 0)
const paragraphs = (text: string): number =>
  text.split(/\n\s*\n/).filter((block) => /^[\p{L}*“]/u.test(block.trim())).length
const themes = (text: string): number =>
  headingsOf(text).filter(({ text: heading }) => /^Theme \d+/.test(heading)).length || sections(text)
const steps = (text: string): number =>
  headingsOf(text).filter(({ text: heading }) => /^step \d+/i.test(heading)).length ||
  (text.match(/^\s*\d+[.)]\s/gm)?.length ?? 0)
const itemsUnder =
  (name: RegExp) =>
  (text: string): number =>
    listItemsIn(partNamed(text, name)).length
const questions = (text: string): number => listItemsIn(text).filter((item) => item.trim().endsWith('?')).length

const counters: Record<string, (text: string) => number> = {
  finding: findings,
  result: findings,
  source: distinctPaths,
  file: distinctPaths,
  citation: quotations,
  quotation: quotations,
  quote: quotations,
  reference: quotations,
  section: sections,
  heading: sections,
  theme: themes,
  word: words,
  example: examples,
  paragraph: paragraphs,
  step: steps,
  question: questions,
  recommendation: itemsUnder(/^recommendation/i),
  concept: (text) => listItemsIn(text).length,
  point: (text) => listItemsIn(text).length,
  takeaway: (text) => listItemsIn(text).length,
}

const phrase =
  /\b(at least|(?:a )?minimum(?: of)?|no fewer than|not less than|at most|(?:a )?maximum(?: of)?|no more than)\s+(\d+|[a-z]+)\s+((?:[\p{L}-]+\s+){0,2}?)([\p{L}]+)/giu

const singular = (noun: string): string => noun.toLowerCase().replace(/s$/, '')
const numberOf = (text: string): number => (/^\d+$/.test(text) ? Number(text) : numbers.indexOf(text.toLowerCase()))

/** The noun that is counted: the first known one of up to three words, else the first. */
const nounOf = (words: string[]): string => words.map(singular).find((word) => word in counters) ?? singular(words[0]!)

/** Every countable demand of the statements, each once. */
export const criteriaIn = (statements: readonly string[]): Criterion[] => {
  const found = new Map<string, Criterion>()
  for (const match of statements.flatMap((statement) => [...statement.matchAll(phrase)])) {
    const n = numberOf(match[2]!)
    if (n < 0) continue
    const start = match.input.slice(match.index + match[0].length - match[3]!.length - match[4]!.length)
    const noun = nounOf((start.match(/[\p{L}-]+/gu) ?? [match[4]!]).slice(0, 3))
    const bound = /most|max|more/i.test(match[1]!) ? 'at most' : 'at least'
    found.set(`${bound} ${n} ${noun}`, { text: `${bound} ${n} ${noun}${n === 1 ? '' : 's'}`, bound, n, noun })
  }
  return [...found.values()]
}

/** The greatest number of `nouns` that is asked for, or 0. */
export const leastOf = (statements: readonly string[], nouns: readonly string[]): number =>
  Math.max(
    0,
    ...criteriaIn(statements)
      .filter(({ bound, noun }) => bound === 'at least' && nouns.includes(noun))
      .map(({ n }) => n),
  )

export const checkCriteria = (text: string, criteria: readonly Criterion[]): CriterionResult[] =>
  criteria.map((criterion) => {
    const actual = Object.hasOwn(counters, criterion.noun) ? counters[criterion.noun]!(text) : null
    const met = actual === null || (criterion.bound === 'at least' ? actual >= criterion.n : actual <= criterion.n)
    return { criterion, actual, met }
  })

/** Whether the statements ask that every claim be cited. */
export const wantsEveryClaimCited = (statements: readonly string[]): boolean =>
  statements.some((text) =>
    /\b(every|each|all)\b[^.\n]{0,60}\b(cit|sourc|quot)|\b(cit|sourc|quot)\w*[^.\n]{0,60}\b(every|each|all)\b/i.test(
      text,
    ),
  )

/** Sections that frame what others claim. */
const framing =
  /^(table of contents|contents|overview|introduction|prerequisites|methodology|research scope|source bibliography|additional resources|recommendations|for immediate|for further|conflicting viewpoints|sources|limits|what was not covered)/i

/** Findings without a citation; in a text that has no blocks of findings, sections that claim something and cite nothing. */
export const uncitedSections = (text: string): string[] => {
  const sections = sectionsOf(text).filter(({ level, body }) => level > 1 && body !== '')
  const findings = sections.filter(({ text: heading }) => /^Finding \d+/.test(heading))
  const claiming = findings.length > 0 ? findings : sections.filter(({ text: heading }) => !framing.test(heading))
  return claiming.filter(({ body }) => citationsIn(body).length === 0).map(({ text: heading }) => heading)
}
