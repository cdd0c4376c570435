// Match lines. Owns which lines of a text fit an expression.
export type LineMatch = { line: number; text: string }

const shownCharacters = 300
const before = 100

/** A long line is cut around what fits. */
const shown = (line: string, at: number): string => {
  if (line.length <= shownCharacters) return line
  const start = Math.max(0, Math.min(at - before, line.length - shownCharacters))
  const end = start + shownCharacters
  return `${start > 0 ? '…' : ''}${line.slice(start, end)}${end < line.length ? '…' : ''}`
}

/** The first `most` lines that fit, from line 1. */
export const matchLines = (text: string, expression: RegExp, most: number): LineMatch[] => {
  const found: LineMatch[] = []
  let [number, from] = [0, 0]
  while (from < text.length && found.length < most) {
    const next = text.indexOf('\n', from)
    const end = next === -1 ? text.length : next
    const line = text.slice(from, text[end - 1] === '\r' && end > from ? end - 1 : end)
    number += 1
    from = end + 1
    const at = line.search(expression)
    if (at !== -1) found.push({ line: number, text: shown(line, at) })
  }
  return found
}
