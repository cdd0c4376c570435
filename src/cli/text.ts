// Text. Owns how words and numbers are laid out for a terminal: clipped, padded, wrapped, short.
import { escapeText } from '../runtime/errors.ts'

/** Columns a text takes. Wide letters count as one: a terminal then clips, nothing breaks. */
export const widthOf = (text: string): number => [...text].length

/** Untrusted text on one line of at most `width` columns. */
export const clip = (text: string, width: number): string => {
  const line = escapeText(text.replaceAll(/\s+/g, ' ').trim(), 2000)
  const letters = [...line]
  return letters.length <= width ? line : `${letters.slice(0, Math.max(0, width - 1)).join('')}…`
}

export const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))
export const padLeft = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text))) + text

/** Lines of at most `width` columns, broken between words. */
export const wrap = (text: string, width: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of escapeText(text.replaceAll(/\s+/g, ' ').trim(), 4000).split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** Rows as aligned columns, two spaces between; numbers go to the right. The last column is not padded. */
export const table = (rows: readonly (readonly (string | number)[])[]): string[] => {
  const texts = rows.map((row) => row.map(String))
  const columns = Math.max(0, ...texts.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...texts.map((row) => widthOf(row[column] ?? ''))),
  )
  return texts.map((row, index) =>
    row
      .map((cell, column) => {
        if (typeof rows[index]![column] === 'number') return padLeft(cell, widths[column]!)
        return column === row.length - 1 ? cell : pad(cell, widths[column]!)
      })
      .join('  ')
      .trimEnd(),
  )
}

/** `843`, `12.4k`, `1.3M`. */
export const count = (value: number): string => {
  if (value < 1000) return String(Math.round(value))
  return value < 1_000_000
    ? `${(value / 1000).toFixed(value < 100_000 ? 1 : 0)}k`
    : `${(value / 1_000_000).toFixed(1)}M`
}

/** `40 ms`, `0.4 s`, `12 s`, `3 min 5 s`, `2 h 4 min`. */
export const duration = (ms: number): string => {
  const seconds = ms / 1000
  if (ms > 0 && ms < 100) return `${Math.round(ms)} ms`
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** US dollars; null is a price nobody knows. */
export const money = (usd: number | null): string =>
  usd === null ? 'cost unknown' : usd > 0 && usd < 0.1 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`

export const bytes = (size: number): string =>
  size < 1024
    ? `${size} B`
    : size < 1024 * 1024
      ? `${(size / 1024).toFixed(1)} KB`
      : `${(size / 1024 / 1024).toFixed(1)} MB`

export const percent = (share: number): string => `${Math.round(share * 100)} %`

export const plural = (amount: number, one: string, many = `${one}s`): string =>
  `${amount} ${amount === 1 ? one : many}`
