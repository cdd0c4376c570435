// Suggest. Owns the "did you mean" of every message: the nearest known name by edit distance.

/** Names longer than this are not compared: a distance costs the product of both lengths. */
const longest = 64

const nextRow = (row: readonly number[], character: string, b: string): number[] => {
  const next = [row[0]! + 1]
  for (let j = 1; j <= b.length; j++) {
    const replaced = row[j - 1]! + (character === b[j - 1] ? 0 : 1)
    next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
  }
  return next
}

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (const character of a) row = nextRow(row, character, b)
  return row[b.length]!
}

/** The known name nearest to `name`, case aside; null when none is near enough to be meant. */
export const nearest = (name: string, known: Iterable<string>): string | null => {
  if (name.length > longest) return null
  const wanted = name.toLowerCase()
  let best: string | null = null
  let least = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= least || candidate.length > longest) continue
    const found = distance(wanted, candidate.toLowerCase())
    if (found < least && found < Math.max(wanted.length, candidate.length)) {
      best = candidate
      least = found
    }
  }
  return best
}

/** `did you mean "x"?`, or what else there is, ready to follow a semicolon. */
export const suggestion = (name: string, known: readonly string[]): string => {
  const near = nearest(name, known)
  if (near !== null) return `did you mean "${near}"?`
  if (known.length === 0) return 'none is known here'
  const shown = known.slice(0, 8).join(', ')
  return `known here: ${shown}${known.length > 8 ? `, … (${known.length} in all)` : ''}`
}
