// Front matter lines. Owns the last resort for front matter that is no YAML: known keys, line by line, everything as text.
import { knownKeys } from './agent-keys.ts'

/** A value and its line in the file, from 1. */
export type Field = { value: unknown; line: number }
export type Fault = { line: number; message: string }

type Entry = { key: string; line: number; parts: string[] }

const unquote = (text: string): string => /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text

const readValue = (parts: readonly string[]): unknown => {
  const filled = parts.map((part) => part.trim()).filter((part) => part !== '')
  if (filled.length === 0) return null
  if (filled.every((part) => part.startsWith('- '))) return filled.map((part) => unquote(part.slice(2).trim()))
  if (/^[|>][+-]?$/.test(filled[0]!)) return filled.slice(1).join(filled[0]!.startsWith('|') ? '\n' : ' ')
  const text = unquote(filled.join('\n'))
  return /^\d{1,9}$/.test(text) ? Number(text) : text
}

/** The known keys at the beginning of lines; any other line goes on with the value before it. */
export const readLines = (text: string, firstLine: number): { fields: Map<string, Field> } | { fault: Fault } => {
  const entries: Entry[] = []
  for (const [i, line] of text.split('\n').entries()) {
    const [, key = '', rest = ''] = /^([A-Za-z]\w*):(?:\s+(.*))?$/.exec(line) ?? []
    if (!knownKeys.includes(key)) {
      entries.at(-1)?.parts.push(line)
      continue
    }
    if (entries.some((entry) => entry.key === key))
      return { fault: { line: firstLine + i, message: `the key "${key}" is there twice; keep one` } }
    entries.push({ key, line: firstLine + i, parts: [rest] })
  }
  return { fields: new Map(entries.map(({ key, line, parts }) => [key, { value: readValue(parts), line }])) }
}
