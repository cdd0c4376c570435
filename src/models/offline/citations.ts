// Citations. Owns the one form in which rules quote: “literal text” (path:line), and how it is read back and checked.

/** A reference to a line; with `quote`, the text said to stand there. `path` is relative to the input folder. */
export type Citation = { path: string; line: number; quote?: string }

/** `true`: as quoted. `absent`: the line says something else. `missing`: no such file or line. `unchecked`: the line could not be read. */
export type CitationVerdict = 'true' | 'absent' | 'missing' | 'unchecked'

export const cite = (quote: string, path: string, line: number): string => `“${quote}” (${path}:${line})`
export const placeOf = ({ path, line }: Citation): string => `${path}:${line}`

// A quotation with its place, or a place alone in brackets or backticks.
const pattern = /“([^”\n]+)” \(([^\n:“”]+):(\d+)\)|[(`]([^\s()`“”]+\.[A-Za-z0-9]+):(\d+)[)`]/g

/** Every citation of a text, in order; a place named twice with the same words is one citation. */
export const citationsIn = (text: string): Citation[] => {
  const found = new Map<string, Citation>()
  for (const [whole, quote, quotedPath, quotedLine, barePath, bareLine] of text.matchAll(pattern)) {
    const citation =
      quote === undefined
        ? { path: barePath!, line: Number(bareLine) }
        : { path: quotedPath!, line: Number(quotedLine), quote }
    if (!found.has(whole)) found.set(whole, citation)
  }
  return [...found.values()]
}

export const quotationsIn = (text: string): Required<Citation>[] =>
  citationsIn(text).flatMap(({ quote, ...place }) => (quote === undefined ? [] : [{ ...place, quote }]))

/** Checks every citation. `lineAt` gives the line's text, null when there is no such line, undefined when it could not be read. */
export const checkCitations = (
  citations: readonly Citation[],
  lineAt: (path: string, line: number) => string | null | undefined,
): { citation: Citation; verdict: CitationVerdict }[] =>
  citations.map((citation) => {
    const text = lineAt(citation.path, citation.line)
    if (text === undefined) return { citation, verdict: 'unchecked' }
    if (text === null) return { citation, verdict: 'missing' }
    return { citation, verdict: citation.quote === undefined || text.includes(citation.quote) ? 'true' : 'absent' }
  })

/** How many statements are quoted: quotations that follow each other with nothing between are one, and each counts once. */
export const statementsQuotedIn = (text: string): number =>
  new Set(text.match(/“[^”\n]+” \([^\n:“”]+:\d+\)(?: “[^”\n]+” \([^\n:“”]+:\d+\))*/g)).size

/** The longest part of a line that can stand between “ and ”. */
export const quotable = (text: string): string =>
  text
    .split(/[“”]/)
    .map((part) => part.trim())
    .reduce((longest, part) => (part.length > longest.length ? part : longest), '')
