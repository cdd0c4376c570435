// Strict JSON for tool input. Owns what a tool may be handed; JSON.parse alone lets too much through:
//   J1. A key written twice is refused: the last one wins in JSON.parse, the first may be what a person approved.
//   J2. `__proto__` is refused. J3. A number that JavaScript would change (1e999, 1e-400, 2^53 + 2) is refused.
import { escapeText } from '../runtime/errors.ts'
import type { Json, JsonObject } from '../runtime/json.ts'

export type StrictJson = { ok: true; value: JsonObject } | { ok: false; problem: string }

const deepest = 100 // deeper values overflow the stack of whatever walks them later

const endOfString = (text: string, start: number): number => {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

const numberProblem = (literal: string): string | null => {
  const value = Number(literal)
  if (!Number.isFinite(value)) return `the number ${escapeText(literal, 40)} is too large`
  if (value === 0 && /^[^eE]*[1-9]/.test(literal)) return `the number ${escapeText(literal, 40)} is too small`
  const exact = Number.isSafeInteger(value) || !/^-?\d+$/.test(literal)
  return exact ? null : `the number ${escapeText(literal, 40)} has more digits than a number keeps; write it as text`
}

const keyProblem = (keys: Set<string>, literal: string): string | null => {
  // Decoded, so that "\u0061" and "a" are the same key. JSON.parse of a string literal gives a string.
  const key = JSON.parse(literal) as string
  if (key === '__proto__') return 'the key "__proto__" is not allowed'
  if (keys.has(key)) return `the key "${escapeText(key, 60)}" is written twice in one object`
  keys.add(key)
  return null
}

/** What is wrong with `text`, which JSON.parse has already accepted: the scan may trust its grammar. */
const findProblem = (text: string): string | null => {
  const open: (Set<string> | null)[] = [] // the keys of each open object; null for an array
  const number = /-?\d[-+.\deE]*/y
  let keyNext = false
  for (let at = 0; at < text.length; ) {
    const char = text[at]!
    const keys = open.at(-1)
    number.lastIndex = at
    const literal = char === '"' ? text.slice(at, endOfString(text, at)) : (number.exec(text)?.[0] ?? char)
    at += literal.length
    let problem: string | null = null
    if (char === '"') {
      if (keyNext && keys) problem = keyProblem(keys, literal)
      keyNext = false
    } else if (char === '{' || char === '[') {
      open.push(char === '{' ? new Set() : null)
      if (open.length > deepest) problem = `it is nested more than ${deepest} levels deep`
      keyNext = char === '{'
    } else if (char === '}' || char === ']') open.pop()
    else if (char === ',') keyNext = true
    else if (literal.length > 1 || (char >= '0' && char <= '9')) problem = numberProblem(literal)
    if (problem) return problem
  }
  return null
}

const parse = (text: string): { value: Json } | { problem: string } => {
  try {
    return { value: JSON.parse(text) as Json } // JSON.parse gives nothing but Json
  } catch (error) {
    return { problem: `it is not JSON: ${escapeText((error as SyntaxError).message, 120)}` }
  }
}

/** `text` as the object a tool takes, or what is wrong with it. */
export const readStrictJson = (text: string): StrictJson => {
  const parsed = parse(text)
  if ('problem' in parsed) return { ok: false, problem: parsed.problem }
  const problem = findProblem(text)
  if (problem) return { ok: false, problem }
  const { value } = parsed
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, problem: 'it is not a JSON object' }
  return { ok: true, value: value as JsonObject }
}
