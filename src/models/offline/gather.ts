// Gather. Owns how rules look into the input folder: list it, search it for the subject's words, read around the best matches.
import { leastOf } from './criteria.ts'
import { bestCandidates, type SourceFile } from './evidence.ts'
import { type Facet, facetsOf, keywordsWith } from './facets.ts'
import { type Finding, findingsOf } from './finding.ts'
import { type Job, statementsOf, subjectOf } from './job.ts'
import { audienceOf } from './kind.ts'
import type { Outcome, Procedure } from './procedure.ts'
import { linesOf, type Match, matchesOf, pathsOf, toolPath } from './results.ts'
import { isProse, plain } from './sentences.ts'
import { type Keyword, keywordsOf, wordsIn } from './words.ts'

export type Gathered = {
  /** The parts of the subject, when it has parts. */
  facets: readonly Facet[]
  keywords: readonly Keyword[]
  /** Keywords that occur nowhere in the input. */
  missing: readonly Keyword[]
  /** Every file of the input folder, and those that were read. */
  listed: readonly string[]
  files: readonly SourceFile[]
  findings: readonly Finding[]
  /** What else bears on the subject: not reported, but compared. */
  others: readonly Finding[]
}

const filesRead = 8
const linesRead = 800
const matchesWanted = 200

/** The lines to read of a file: from the top when all its matches are there, else where most of them are. */
const windowOf = (lines: readonly number[]): { offset?: number; limit: number } => {
  if (Math.max(0, ...lines) <= linesRead) return { limit: linesRead }
  const starts = lines.map((line) => Math.max(1, line - 40))
  const held = (start: number): number => lines.filter((line) => line >= start && line < start + linesRead).length
  const offset = starts.reduce((best, start) => (held(start) > held(best) ? start : best))
  return { offset, limit: linesRead }
}

/** Files by how many of the subject's words they hold, then by how often, prose first among equals. */
const ranked = (matches: readonly Match[], keywords: readonly Keyword[]): [string, Match[]][] => {
  const kinds = (list: readonly Match[]): number =>
    keywords.filter(({ stem }) => list.some(({ text }) => text.toLowerCase().includes(stem))).length
  const worth = ([path, list]: [string, Match[]]): number =>
    kinds(list) * 1000 + Math.min(list.length, 400) + (isProse(path) ? 450 : 0)
  const byPath = [...Map.groupBy(matches, ({ path }) => path)]
  return byPath.sort((a, b) => worth(b) - worth(a) || (a[0] < b[0] ? -1 : 1))
}

const read = (path: string, lines: readonly number[]) => ({
  name: 'Read',
  input: { path: toolPath(path), ...windowOf(lines) },
})

function* readAll(list: readonly [string, readonly Match[]][]): Procedure<SourceFile[]> {
  if (list.length === 0) return []
  const outcomes = yield {
    note: `Reading ${list.map(([path]) => path).join(', ')}.`,
    uses: list.map(([path, matches]) =>
      read(
        path,
        matches.map(({ line }) => line),
      ),
    ),
  }
  return list.map(([path], index) => ({ path, lines: linesOf(outcomes[index]!) }))
}

/** When the task names no subject, the headings of the files do. */
const subjectOfFiles = (files: readonly SourceFile[]): Keyword[] => {
  const headings = files.flatMap(({ lines }) => [...lines.values()].filter((text) => /^#{1,3}\s/.test(text)).map(plain))
  const counts = Map.groupBy(headings.flatMap(wordsIn), (word) => word.toLowerCase())
  const frequent = [...counts].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1)).map(([word]) => word)
  return keywordsOf(frequent.join(' '), 6)
}

const searchFor = (keywords: readonly Keyword[]) => ({
  note: `Searching the input for: ${keywords.map(({ word }) => word).join(', ')}.`,
  uses: keywords.map(({ stem }) => ({
    name: 'Grep',
    input: { pattern: stem, path: 'input', case: 'insensitive', limit: matchesWanted },
  })),
})

const distinct = (outcomes: readonly Outcome[]): Match[] => {
  const found = new Map(outcomes.flatMap(matchesOf).map((match) => [`${match.path}:${match.line}`, match]))
  return [...found.values()]
}

/** A refinement looks further than the first round did. */
const wantedFindings = (job: Job, facets: number): number =>
  Math.min(
    24,
    Math.max(
      8,
      5 * facets,
      leastOf(statementsOf(job), ['finding', 'citation', 'quotation', 'quote', 'concept', 'point']),
    ) + (job.round > 1 ? 4 : 0),
  )

const mostKeywords = 16

const keywordsFor = (job: Job, facets: readonly Facet[]): Keyword[] => {
  // For whom it is written is not what it is about.
  const own = keywordsOf(subjectOf(job).replaceAll(`for ${audienceOf(job)}`, ' '))
  const all = keywordsWith(facets, own).slice(0, mostKeywords)
  return all.length > 1 ? all : keywordsOf([subjectOf(job), ...job.requirements].join('\n'))
}

export function* gather(job: Job): Procedure<Gathered> {
  const facets = facetsOf(job)
  const named = keywordsFor(job, facets)
  const [listing] = yield {
    note: 'Looking at what there is to read.',
    uses: [{ name: 'Glob', input: { pattern: '**', path: 'input' } }],
  }
  const listed = pathsOf(listing!)
  if (listed.length === 0) return { facets, keywords: named, missing: [], listed, files: [], findings: [], others: [] }
  const outcomes = named.length > 0 ? yield searchFor(named) : []
  const matches = distinct(outcomes)
  const first = listed
    .filter(isProse)
    .concat(listed)
    .slice(0, filesRead)
    .map((path): [string, Match[]] => [path, []])
  const files = yield* readAll(named.length > 0 ? ranked(matches, named).slice(0, filesRead) : [...new Map(first)])
  const keywords = named.length > 0 ? named : subjectOfFiles(files)
  const { best, others } = bestCandidates({ files, facets, keywords, wanted: wantedFindings(job, facets.length) })
  const missing = named.filter((_, index) => matchesOf(outcomes[index]!).length === 0)
  return { facets, keywords, missing, listed, files, findings: findingsOf(best), others: findingsOf(others) }
}
