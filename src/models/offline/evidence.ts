// Evidence. Owns how rules choose, among the sentences they have read, those that say most about the subject.

import { quotable } from './citations.ts'
import type { Match } from './results.ts'
import { isProse, type Sentence, sentencesOf, titleOfFile } from './sentences.ts'
import { type Keyword, keywordsIn } from './words.ts'

export type SourceFile = { path: string; lines: ReadonlyMap<number, string> }

/** A sentence that bears on the subject, with the keywords it holds. */
export type Candidate = Sentence & { path: string; keywords: readonly Keyword[]; score: number }

const longestText = 600 // characters
const longestQuote = 3 // lines: beyond this the reader is better served by the file

/** A keyword that is everywhere tells less than one that is rare. */
const weightsOf = (keywords: readonly Keyword[], matches: readonly Match[]): Map<string, number> =>
  new Map(
    keywords.map(({ stem }) => {
      const hits = matches.filter(({ text }) => text.toLowerCase().includes(stem)).length
      return [stem, 1 + 1 / Math.sqrt(hits + 1)]
    }),
  )

/** How well it reads on its own: whole, neither a fragment nor a page, marks of markdown in pairs. */
const shapeOf = (text: string): number => {
  const words = text.split(/\s+/).length
  const whole = /^[\p{Lu}`*"(\d]/u.test(text) ? 0.4 : -0.4
  const closed = /[.!:][)"'*`]*$/.test(text) ? 0.3 : -0.2
  const length = words >= 8 && words <= 40 ? 0.5 : 0
  const balanced = text.split('**').length % 2 === 1 && text.split('`').length % 2 === 1 ? 0 : -1
  return whole + closed + length + balanced + (/\?\W*$/.test(text) ? -1 : 0)
}

const candidatesOf = (file: SourceFile, keywords: readonly Keyword[], weights: Map<string, number>): Candidate[] =>
  sentencesOf(file.path, file.lines).flatMap((sentence) => {
    const pieces = sentence.pieces
      .slice(0, longestQuote)
      .map(({ line, text }) => ({ line, text: quotable(text) }))
      .filter(({ text }) => text !== '')
    const text = pieces.map((piece) => piece.text).join(' ')
    const held = keywordsIn(text, keywords)
    if (held.length === 0 || text.length > longestText || text.split(/\s+/).length < 4) return []
    const inHeading = keywordsIn(sentence.heading, keywords).length
    const matter = held.reduce((sum, { stem }) => sum + weights.get(stem)!, 0) + inHeading / 2
    const score = matter + shapeOf(text) + (isProse(file.path) ? 0.5 : 0)
    return [{ ...sentence, pieces, path: file.path, keywords: held, score }]
  })

const textKey = ({ pieces }: Candidate): string =>
  pieces
    .map(({ text }) => text)
    .join(' ')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')

const better = (a: Candidate, b: Candidate): number =>
  b.score - a.score || (a.path < b.path ? -1 : a.path > b.path ? 1 : a.pieces[0]!.line - b.pieces[0]!.line)

/** The best `wanted` candidates; each further one from the same section or file counts a little less, so that all get a hearing. */
const varied = (candidates: readonly Candidate[], wanted: number): Candidate[] => {
  const left = [...candidates].sort(better)
  const chosen: Candidate[] = []
  const worth = (candidate: Candidate): number => {
    const sameFile = chosen.filter(({ path }) => path === candidate.path)
    const sameSection = sameFile.filter(({ heading }) => heading === candidate.heading)
    return candidate.score - 0.15 * sameFile.length - 0.3 * sameSection.length
  }
  while (chosen.length < wanted && left.length > 0) {
    const worths = left.map(worth)
    const best = worths.indexOf(Math.max(...worths))
    chosen.push(...left.splice(best, 1))
  }
  return chosen
}

/** The sentences that say most about the subject, best first, no two the same. */
export const bestCandidates = (options: {
  files: readonly SourceFile[]
  keywords: readonly Keyword[]
  matches: readonly Match[]
  wanted: number
}): Candidate[] => {
  const weights = weightsOf(options.keywords, options.matches)
  const all = options.files.flatMap((file) => candidatesOf(file, options.keywords, weights))
  const distinct = new Map<string, Candidate>()
  for (const candidate of all.sort(better))
    if (!distinct.has(textKey(candidate))) distinct.set(textKey(candidate), candidate)
  return varied([...distinct.values()].slice(0, 200), options.wanted)
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
