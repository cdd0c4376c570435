// Citations. Owns the one form in which rules quote: “literal text” (path:line), and how it is read back and checked.
//   Text that runs over several lines is quoted whole: “literal text” (path:3-5). Its lines joined by single spaces hold it, word for word.
import { bare } from './sentences.ts'

/** A reference to a line, or to the lines up to `end`; with `quote`, the text said to stand there. `path` is relative to the input folder. */
export type Citation = { path: string; line: number; end?: number; quote?: string }
export type QuotedCitation = Citation & { quote: string }

/** `true`: as quoted. `absent`: the line says something else. `missing`: no such file or line. `unchecked`: the line could not be read. */
export type CitationVerdict = 'true' | 'absent' | 'missing' | 'unchecked'

export const placeOf = ({ path, line, end }: Pick<Citation, 'path' | 'line' | 'end'>): string =>
  end === undefined || end === line ? `${path}:${line}` : `${path}:${line}-${end}`
export const cite = ({ quote, ...place }: QuotedCitation): string => `“${quote}” (${placeOf(place)})`

// A quotation with its place, or a place alone in brackets or backticks.
const pattern = /“([^”\n]+)” \(([^\n:“”]+):(\d+)(?:-(\d+))?\)|[(`]([^\s()`“”]+\.[A-Za-z0-9]+):(\d+)(?:-(\d+))?[)`]/g

/** Every citation of a text, in order; a place named twice with the same words is one citation. */
export const citationsIn = (text: string): Citation[] => {
  const found = new Map<string, Citation>()
  for (const [whole, quote, quotedPath, quotedLine, quotedEnd, barePath, bareLine, bareEnd] of text.matchAll(pattern)) {
    const end = quotedEnd ?? bareEnd
    const citation = {
      path: (quotedPath ?? barePath)!,
      line: Number(quotedLine ?? bareLine),
      ...(end !== undefined && { end: Number(end) }),
      ...(quote !== undefined && { quote }),
    }
    if (!found.has(whole)) found.set(whole, citation)
  }
  return [...found.values()]
}

export const quotationsIn = (text: string): QuotedCitation[] =>
  citationsIn(text).flatMap(({ quote, ...place }) => (quote === undefined ? [] : [{ ...place, quote }]))

const mostLines = 40 // a quotation of more is none

/** The numbers of the lines a citation names; none when that is no range. */
export const linesNamed = ({ line, end = line }: Pick<Citation, 'line' | 'end'>): number[] =>
  end < line || end - line >= mostLines ? [] : Array.from({ length: end - line + 1 }, (_, index) => line + index)

type LineAt = (path: string, line: number) => string | null | undefined

const verdictOn = (citation: Citation, lineAt: LineAt): CitationVerdict => {
  const lines = linesNamed(citation).map((line) => lineAt(citation.path, line))
  if (lines.length === 0 || lines.includes(null)) return 'missing'
  if (lines.includes(undefined)) return 'unchecked'
  const texts = lines as string[] // neither null nor undefined is among them
  const { quote } = citation
  const stands =
    quote === undefined ||
    (texts.length === 1
      ? texts[0]!.includes(quote)
      : texts.map(bare).join(' ').includes(quote) ||
        texts
          .map((text) => text.trim())
          .join(' ')
          .includes(quote))
  return stands ? 'true' : 'absent'
}

/** Checks every citation. `lineAt` gives the line's text, null when there is no such line, undefined when it could not be read. */
export const checkCitations = (
  citations: readonly Citation[],
  lineAt: LineAt,
): { citation: Citation; verdict: CitationVerdict }[] =>
  citations.map((citation) => ({ citation, verdict: verdictOn(citation, lineAt) }))

/** How many statements are quoted: quotations that follow each other with nothing between are one, and each counts once. */
export const statementsQuotedIn = (text: string): number =>
  new Set(text.match(/“[^”\n]+” \([^\n:“”]+:[\d-]+\)(?: “[^”\n]+” \([^\n:“”]+:[\d-]+\))*/g)).size

/** The longest part of a line that can stand between “ and ”. */
export const quotable = (text: string): string =>
  text
    .split(/[“”]/)
    .map((part) => part.trim())
    .reduce((longest, part) => (part.length > longest.length ? part : longest), '')
