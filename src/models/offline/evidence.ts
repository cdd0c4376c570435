// Evidence. Owns how rules choose, among the sentences they have read, those that say most about the subject.

import { type Facet, keywordsWith } from './facets.ts'
import { firstSentence, type Passage, passagesOf } from './passages.ts'
import { isProse, titleOfFile } from './sentences.ts'
import { type Keyword, keywordsIn, wordsIn } from './words.ts'

export type SourceFile = { path: string; lines: ReadonlyMap<number, string> }

/** A passage that bears on the subject, with the keywords it holds and the facet it answers best. */
export type Candidate = Passage & {
  path: string
  /** Its letters and digits: equal for two that say the same. */
  key: string
  keywords: readonly Keyword[]
  facet: string | null
  /** The share of the words asked for that it holds. */
  fit: number
  score: number
}

type Found = Passage & {
  path: string
  key: string
  text: string
  held: readonly Keyword[]
  /** Those in its first sentence, those in the heading above it, and those in the title of its file. */
  inFirst: readonly Keyword[]
  inHeading: readonly Keyword[]
  inTitle: readonly Keyword[]
}

const textOf = ({ quotations }: Passage): string => quotations.map(({ quote }) => quote).join(' ')

/** How well it reads on its own: whole, neither a fragment nor a page, marks of markdown in pairs. */
const shapeOf = (text: string): number => {
  const words = text.split(/\s+/).length
  const whole = /^[\p{Lu}`*"(\d]/u.test(text) ? 0.4 : -0.4
  const closed = /[.!:][)"'*`]*$/.test(text) ? 0.3 : -0.2
  const length = words >= 10 && words <= 60 ? 0.5 : 0
  const balanced = text.split('**').length % 2 === 1 && text.split('`').length % 2 === 1 ? 0 : -1
  return whole + closed + length + balanced + (/\?\W*$/.test(text) ? -1 : 0)
}

const telling =
  /\b(must|never|always|only|because|so that|instead|before|after|until|unless|cannot|without|refuse[sd]?|exactly|at most|at least)\b/gi

/** Rules, reasons, orders of things and numbers are worth more than what merely names the subject. */
const substanceOf = (text: string): number => {
  const cues = new Set((text.match(telling) ?? []).map((word) => word.toLowerCase())).size
  return 0.35 * Math.min(3, cues) + (/\b\d+(?:\.\d+)?\s?(?:%|[a-z]{1,12}\b)/i.test(text) ? 0.2 : 0)
}

const keyOf = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')

const fewestWords = 4

const foundIn = (file: SourceFile, keywords: readonly Keyword[]): Found[] => {
  const inTitle = keywordsIn(titleOfFile(file.lines), keywords)
  return passagesOf(file.path, file.lines).flatMap((passage) => {
    const text = textOf(passage)
    const held = keywordsIn(text, keywords)
    const inFirst = keywordsIn(firstSentence(passage.quotations[0]!.quote), keywords)
    const inHeading = keywordsIn(passage.heading, keywords)
    if (held.length === 0 || wordsIn(text).length < fewestWords) return []
    return [{ ...passage, path: file.path, key: keyOf(text), text, held, inFirst, inHeading, inTitle }]
  })
}

const pathsIn = (found: readonly Found[]): number => new Set(found.map(({ path }) => path)).size

/** A name says where to look, not what for: “Troupe” in a question about its store. */
const isName = ({ word }: Keyword): boolean => /^\p{Lu}\p{Ll}/u.test(word)

/** A keyword that is everywhere tells less than one that is rare; a name, or one that every file has, next to nothing. */
const weightsOf = (keywords: readonly Keyword[], found: readonly Found[]): Map<string, number> => {
  const files = pathsIn(found)
  return new Map(
    keywords.map((keyword) => {
      const { stem } = keyword
      const holders = found.filter(({ held }) => held.some((one) => one.stem === stem))
      const common = isName(keyword) || (files >= 3 && pathsIn(holders) >= 0.8 * files) ? 0.4 : 1
      return [stem, common * (0.3 + Math.log(1 + found.length / (1 + holders.length)) / 2)]
    }),
  )
}

type Weighing = { keywords: readonly Keyword[]; weights: ReadonlyMap<string, number>; facet: string | null }

const among = (held: readonly Keyword[], keywords: readonly Keyword[], weights: ReadonlyMap<string, number>): number =>
  held
    .filter(({ stem }) => keywords.some((own) => own.stem === stem))
    .reduce((sum, { stem }) => sum + weights.get(stem)!, 0)

const points = 3 // for a passage that holds every word asked for

/** The words asked for count most, by their share; the other words of the subject a little. */
const candidateOf = (one: Found, { keywords, weights, facet }: Weighing): Candidate => {
  const { text, held, inFirst, inHeading, inTitle, ...passage } = one
  const share = (some: readonly Keyword[]): number =>
    among(some, keywords, weights) / (among(keywords, keywords, weights) + 0.3)
  const own = (share(held) + share(inFirst)) / 2
  const score =
    points * own +
    share(inHeading) +
    share(inTitle) +
    0.25 * among(held, held, weights) +
    shapeOf(text) +
    substanceOf(text) +
    (isProse(passage.path) ? 0.5 : 0)
  return { ...passage, keywords: held, facet, fit: own, score: own === 0 ? 0 : score }
}

const better = (a: Candidate, b: Candidate): number =>
  b.score - a.score || (a.path < b.path ? -1 : a.path > b.path ? 1 : a.quotations[0]!.line - b.quotations[0]!.line)

const overlap = (a: Candidate, b: Candidate): boolean =>
  a.key === b.key || (a.path === b.path && a.sentences.some((id) => b.sentences.includes(id)))

/** The best `wanted` candidates; each further one from the same section or file counts a little less, so that all get a hearing. */
const varied = (candidates: readonly Candidate[], wanted: number, before: readonly Candidate[]): Candidate[] => {
  let left = candidates.filter((one) => !before.some((other) => overlap(one, other))).toSorted(better)
  const chosen: Candidate[] = []
  const worth = (candidate: Candidate): number => {
    const sameFile = chosen.filter(({ path }) => path === candidate.path)
    const sameSection = sameFile.filter(({ heading }) => heading === candidate.heading)
    return candidate.score - 0.12 * sameFile.length - 0.2 * sameSection.length
  }
  while (chosen.length < wanted && left.length > 0) {
    const worths = left.map(worth)
    const best = left[worths.indexOf(Math.max(...worths))]!
    chosen.push(best)
    left = left.filter((one) => !overlap(one, best))
  }
  return chosen
}

const mostConsidered = 200
const bearing = (candidates: readonly Candidate[]): Candidate[] =>
  candidates
    .filter(({ fit }) => fit > 0)
    .toSorted(better)
    .slice(0, mostConsidered)

const leastFit = 0.4 // of the best: what holds much less of the words of a facet is beside the point

const toThePoint = (candidates: readonly Candidate[]): Candidate[] => {
  const best = candidates.reduce((most, { fit }) => Math.max(most, fit), 0)
  return candidates.filter(({ fit }) => fit >= leastFit * best)
}

/** For each facet in turn the passages that answer it best; what answers two is kept for the one it answers better. */
const forFacets = (
  found: readonly Found[],
  facets: readonly Facet[],
  weights: Map<string, number>,
  wanted: number,
): Candidate[] => {
  const weighed = found.map((one) =>
    facets.map(({ title, keywords }) => candidateOf(one, { keywords, weights, facet: title })),
  )
  const best = weighed.map((options) => options.toSorted((a, b) => b.score - a.score)[0]!)
  const share = Math.max(2, Math.ceil(wanted / facets.length))
  const chosen: Candidate[] = []
  for (const { title } of facets)
    chosen.push(...varied(toThePoint(bearing(best.filter(({ facet }) => facet === title))), share, chosen))
  return chosen
}

const mostOthers = 80

/** The passages that say most about the subject, no two the same, by facet when it has facets; and what else bears on it. */
export const bestCandidates = (options: {
  files: readonly SourceFile[]
  facets: readonly Facet[]
  keywords: readonly Keyword[]
  wanted: number
}): { best: Candidate[]; others: Candidate[] } => {
  const { files, facets, wanted } = options
  const keywords = keywordsWith(facets, options.keywords)
  const found = files.flatMap((file) => foundIn(file, keywords))
  const weights = weightsOf(keywords, found)
  const all = bearing(found.map((one) => candidateOf(one, { keywords, weights, facet: null })))
  const best = facets.length > 0 ? forFacets(found, facets, weights, wanted) : varied(all, wanted, [])
  const others = all.filter((one) => !best.some((other) => overlap(one, other))).slice(0, mostOthers)
  return { best, others }
}

/** What a file says of itself in its first lines. */
export const metadataOf = (file: SourceFile): { title: string; details: string[] } => {
  const head = [...file.lines].filter(([line]) => line <= 15).map(([, text]) => text)
  const details = head.flatMap((text) => {
    const match = /^\s*(?:[*_-]\s*)?\**(author|date|url|source)\**\s*:\**\s*(\S.{0,119})$/i.exec(text)
    return match ? [`${match[1]!.toLowerCase()}: ${match[2]!.trim()}`] : []
  })
  return { title: titleOfFile(file.lines), details }
}
