// Passages. Owns what can be quoted so that it is understood on its own: a sentence, with the one it leans on or the list it introduces.
import { checkCitations, quotable } from './citations.ts'
import { type Piece, type SentenceBlock, sentenceBlocksOf } from './sentences.ts'

export type Quotation = { path: string; line: number; end?: number; quote: string }
/** Quotations that belong together, in their order. `sentences` says which sentences they use. */
export type Passage = { heading: string; quotations: readonly Quotation[]; sentences: readonly string[] }

/** Of a quotation that may hold two. */
export const firstSentence = (text: string): string => /^.{20,}?[.!?](?=\s+[\p{Lu}`*"])/u.exec(text)?.[0] ?? text

const longest = 420 // characters: beyond this the reader is better served by the file
const mostItems = 6

/** Words with which a sentence refers to the one before it. */
const leaning =
  /^[*_`]*(it|they|this|these|that|those|such|then|otherwise|there|both|here|its|their|so|but|and|yet|however|neither|instead|one (?:that|of|which)|without (?:it|that|this)|the (?:first|second|third|former|latter|other|same|gentle|hard)\b)/i

/** One of them near the start: “Everything above it …”. */
const leaningSoon = /^(?:\S+\s+){1,3}(?:it|them|this|these|those)\b/i
const leans = (text: string): boolean => leaning.test(text) || leaningSoon.test(text)

type Placed = { id: string; pieces: readonly Piece[]; text: string }

const placedOf = (pieces: readonly Piece[], id: string): Placed => ({
  id,
  pieces,
  text: pieces.map(({ text }) => text).join(' '),
})

const joined = (path: string, parts: readonly Placed[]): Quotation => {
  const pieces = parts.flatMap((part) => part.pieces)
  const [line, end] = [pieces[0]!.line, pieces.at(-1)!.line]
  return { path, line, ...(end > line && { end }), quote: parts.map(({ text }) => text).join(' ') }
}

/** Quotation marks of the file itself cannot stand within ours: then the longest part of one line is quoted. */
const quotationOf = (path: string, parts: readonly Placed[]): Quotation => {
  const whole = joined(path, parts)
  if (!/[“”]/.test(whole.quote)) return whole
  const pieces = parts.flatMap((part) => part.pieces).map(({ line, text }) => ({ path, line, quote: quotable(text) }))
  return pieces.reduce((best, piece) => (piece.quote.length > best.quote.length ? piece : best))
}

/** The items right after a block that ends with a colon. */
const itemsAfter = (blocks: readonly SentenceBlock[], index: number): { block: SentenceBlock; index: number }[] => {
  const { heading } = blocks[index]!
  const after = blocks.slice(index + 1, index + 2 + mostItems)
  const end = after.findIndex((block) => !block.item || block.heading !== heading)
  return (end < 0 ? after : after.slice(0, end)).map((block, offset) => ({ block, index: index + 1 + offset }))
}

const placedIn = ({ sentences }: SentenceBlock, index: number): Placed[] =>
  sentences.map(({ pieces }, n) => placedOf(pieces, `${index}.${n}`))

const lengthOf = (parts: readonly Placed[]): number => parts.reduce((sum, { text }) => sum + text.length + 1, 0)

const introduction = (path: string, blocks: readonly SentenceBlock[], index: number, last: Placed): Passage[] => {
  const items = itemsAfter(blocks, index)
  if (items.length < 2 || items.length > mostItems) return []
  const parts = items.map((item) => placedIn(item.block, item.index))
  if (parts.some((part) => lengthOf(part) > longest / 2)) return []
  return [
    {
      heading: blocks[index]!.heading,
      quotations: [quotationOf(path, [last]), ...parts.map((part) => quotationOf(path, part))],
      sentences: [last.id, ...parts.flat().map(({ id }) => id)],
    },
  ]
}

const passagesOfBlock = (path: string, blocks: readonly SentenceBlock[], index: number): Passage[] => {
  const { heading } = blocks[index]!
  const placed = placedIn(blocks[index]!, index)
  return placed.flatMap((own, n) => {
    if (/:[*_`]*$/.test(own.text)) return n === placed.length - 1 ? introduction(path, blocks, index, own) : []
    const before = placed[n - 1]
    const needsBefore = leans(own.text)
    if (needsBefore && (!before || leans(before.text))) return []
    const parts = needsBefore && before ? [before, own] : [own]
    if (lengthOf(parts) > longest) return []
    return [{ heading, quotations: [quotationOf(path, parts)], sentences: parts.map(({ id }) => id) }]
  })
}

/** The passages of a file; what would not be found again at its lines, word for word, is left out. */
export const passagesOf = (path: string, lines: ReadonlyMap<number, string>): Passage[] => {
  const blocks = sentenceBlocksOf(path, lines)
  return blocks
    .flatMap((_, index) => passagesOfBlock(path, blocks, index))
    .filter(({ quotations }) =>
      checkCitations(quotations, (_path, line) => lines.get(line) ?? null).every(({ verdict }) => verdict === 'true'),
    )
}
