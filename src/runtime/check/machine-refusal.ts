// Machine refusal. Owns how the checks of a machine speak: the place, the names in it, and the error.
import { type ErrorCode, escapeText, TroupeError } from '../errors.ts'
import { nearest, suggestion } from '../suggest.ts'

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** One or several or none, as XState lets most fields be written. */
export const list = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

/** A key as one step of a JSON pointer, safe to print. */
export const step = (key: string | number): string =>
  `/${escapeText(String(key), 80).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** A name in a message. */
export const quote = (name: unknown): string => `"${escapeText(String(name), 80)}"`

/** Throws at a place in the configuration. */
export const refuse = (place: string, message: string, code: ErrorCode = 'machine.invalid'): never => {
  throw new TroupeError(code, `${place || '/'}: ${message}`, { place: place || '/' })
}

/** A name that stands for nothing, with what may have been meant. */
export const unknownName = (what: string, name: string, known: readonly string[], register: string): string => {
  const near = nearest(name, known)
  const remedy =
    near === null ? `register it with ${register}, or ${suggestion(name, known)}` : `did you mean "${near}"?`
  return `there is no ${what} ${quote(name)}; ${remedy}`
}
