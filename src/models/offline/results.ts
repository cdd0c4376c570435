// Results. Owns how rules read what the workspace tools answer: numbered lines, paths, matches.
import type { Outcome } from './procedure.ts'

const folder = 'input/'

/** A path as citations show it: relative to the folder the user gave. */
export const citedPath = (path: string): string => {
  const plain = path.replace(/^\.\//, '')
  return plain.startsWith(folder) ? plain.slice(folder.length) : plain
}

/** A cited path as the tools know it. */
export const toolPath = (path: string): string => `${folder}${path}`

/** What Read puts at the end of a line it had to cut: not part of the file. */
const cutMark = /… \[line of \d+ characters cut\]$/

/** Line number to text, from the answer of Read. */
export const linesOf = ({ content, isError }: Outcome): Map<number, string> => {
  const lines = new Map<number, string>()
  if (isError) return lines
  for (const line of content.split('\n')) {
    const match = /^\s*(\d+)\t(.*)$/.exec(line)
    if (match) lines.set(Number(match[1]), match[2]!.replace(cutMark, ''))
  }
  return lines
}

/** The text that Read showed, without its numbers. */
export const textOf = (outcome: Outcome): string => [...linesOf(outcome).values()].join('\n')

export const pathsOf = ({ content, isError }: Outcome): string[] => {
  if (isError) return []
  const paths = content.split('\n').map((line) => line.trim())
  return paths.filter((line) => line.startsWith(folder) || line.startsWith(`./${folder}`)).map(citedPath)
}

export type Match = { path: string; line: number; text: string }

export const matchesOf = ({ content, isError }: Outcome): Match[] => {
  if (isError) return []
  return content.split('\n').flatMap((line) => {
    const match = /^(.+?):(\d+): ?(.*)$/.exec(line)
    return match ? [{ path: citedPath(match[1]!), line: Number(match[2]), text: match[3]! }] : []
  })
}
