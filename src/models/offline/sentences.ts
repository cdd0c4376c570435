// Sentences. Owns how rules find whole sentences in a file and keep, for each, the exact piece of every line it stands on.

/** A literal part of one line. */
export type Piece = { line: number; text: string }
/** `heading` is the section it stands under, plain text, or ''. */
export type Sentence = { pieces: readonly Piece[]; heading: string }

/** A paragraph, or one item of a list. */
type Block = { heading: string; lines: Piece[]; item: boolean }
export type SentenceBlock = Pick<Block, 'item' | 'heading'> & { sentences: readonly Sentence[] }

const marker = /^\s*(?:>\s*)*(?:(?:[-*+]|\d+[.)])\s+)?(?:\[[ xX]\]\s+)?/
const prose = /\.(md|markdown|mdx|txt|text|rst|adoc|org)$|(^|\/)[^./]+$/i

/** A line as a quotation of several lines shows it: without the marks of a list or a quotation before it. */
export const bare = (line: string): string => line.replace(marker, '').trim()

export const isProse = (path: string): boolean => prose.test(path)

/** Text without the marks of markdown, for headings and titles. Never used for quotations. */
export const plain = (text: string): string =>
  text
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*_`~“”]+/g, '')
    .replace(/\s+/g, ' ')
    .trim()

const headingText = (line: string): string | undefined => {
  const match = /^#{1,6}\s+(.+?)\s*#*$/.exec(line)
  return match ? plain(match[1]!).replace(/^(?:§\s*)?[\dA-Z]{1,2}(?:\.\d+)*[.)]\s+/, '') : undefined
}

const fewestCellWords = 5 // less is a label, not a statement

/** The cell of a table row that says something, or undefined. */
const cellIn = (text: string): string | undefined => {
  if (!/^\s*\|/.test(text)) return undefined
  const cells = text.split(/(?<!\\)\|/).map((cell) => cell.trim())
  const longest = cells.reduce((best, cell) => (cell.length > best.length ? cell : best), '')
  return longest.split(/\s+/).length >= fewestCellWords ? longest : undefined
}

const skipped = (text: string): boolean => /^\s*(\||<|={3,}|-{3,}|\[[^\]]+\]:)/.test(text) || text.trim() === ''

/** Paragraphs, list items and the fullest cell of each table row, without headings, fenced code and front matter. */
const blocksOf = (lines: ReadonlyMap<number, string>): Block[] => {
  const blocks: Block[] = []
  let [heading, fenced, frontMatter, last] = ['', false, lines.get(1)?.trim() === '---', 0]
  let open: Block | undefined
  for (const [line, text] of lines) {
    if (line !== last + 1) open = undefined
    last = line
    if (frontMatter) {
      frontMatter = line === 1 || text.trim() !== '---'
      continue
    }
    const fence = /^\s*(```|~~~)/.test(text)
    if (fence) fenced = !fenced
    const title = fenced ? undefined : headingText(text)
    heading = title ?? heading
    const indent = marker.exec(text)![0]
    const cell = fenced ? undefined : cellIn(text)
    if (cell !== undefined) blocks.push({ heading, lines: [{ line, text: cell }], item: false })
    if (fence || fenced || title !== undefined || skipped(text)) open = undefined
    else if (open && indent.trim() === '') open.lines.push({ line, text: text.trim() })
    else {
      open = { heading, lines: [{ line, text: text.slice(indent.length).trimEnd() }], item: /[-*+\d]/.test(indent) }
      blocks.push(open)
    }
  }
  return blocks
}

const ends = /[.!?][)"'*`]*\s+(?=[\p{Lu}"“(*`[\d])/gu
const abbreviation = /(?:\b(?:e\.g|i\.e|etc|vs|cf|no|fig|dr|mr|ms)|\b\p{L})$/iu

const rangesOf = (text: string): [number, number][] => {
  const ranges: [number, number][] = []
  let start = 0
  for (const match of text.matchAll(ends)) {
    if (abbreviation.test(text.slice(0, match.index))) continue
    ranges.push([start, match.index + match[0].length])
    start = match.index + match[0].length
  }
  return [...ranges, [start, text.length]]
}

const sentencesOfBlock = ({ heading, lines }: Pick<Block, 'heading' | 'lines'>): Sentence[] => {
  let offset = 0
  const placed = lines.map((piece) => {
    const start = offset
    offset += piece.text.length + 1
    return { ...piece, start }
  })
  return rangesOf(lines.map((piece) => piece.text).join(' ')).map(([from, to]) => ({
    heading,
    pieces: placed.flatMap(({ line, text, start }) => {
      const part = text.slice(Math.max(0, from - start), Math.max(0, to - start)).trim()
      return part ? [{ line, text: part }] : []
    }),
  }))
}

const codeBlocks = (lines: ReadonlyMap<number, string>): SentenceBlock[] =>
  [...lines].map(([line, text]) => ({
    heading: '',
    item: false,
    sentences: [{ heading: '', pieces: [{ line, text: text.trim() }] }],
  }))

/** The paragraphs and list items of a prose file, the lines of any other, each as its sentences. */
export const sentenceBlocksOf = (path: string, lines: ReadonlyMap<number, string>): SentenceBlock[] =>
  isProse(path)
    ? blocksOf(lines).map(({ heading, item, lines: own }) => ({
        heading,
        item,
        sentences: sentencesOfBlock({ heading, lines: own }),
      }))
    : codeBlocks(lines)

/** Every sentence of a prose file, every line of any other. */
export const sentencesOf = (path: string, lines: ReadonlyMap<number, string>): Sentence[] =>
  sentenceBlocksOf(path, lines).flatMap(({ sentences }) => [...sentences])

/** The first heading of level one, plain, or ''. */
export const titleOfFile = (lines: ReadonlyMap<number, string>): string => {
  for (const text of lines.values()) if (/^#\s/.test(text)) return headingText(text) ?? ''
  return ''
}
