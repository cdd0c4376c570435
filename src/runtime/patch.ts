// Patch. Owns RFC 6902 patches between JSON values: made by following references, so that a difference costs what has changed.
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'

export type Operation = { op: 'add' | 'replace'; path: string; value: Json } | { op: 'remove'; path: string }

type JsonMap = { readonly [key: string]: Json }
const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const escapeKey = (key: string) => (/[~/]/.test(key) ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key)
const unescapeKey = (key: string) => (key.includes('~') ? key.replaceAll('~1', '/').replaceAll('~0', '~') : key)

const diffMaps = (before: JsonMap, after: JsonMap, path: string, out: Operation[]): void => {
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) out.push({ op: 'remove', path: `${path}/${escapeKey(key)}` })
  }
  for (const key of Object.keys(after)) {
    const value = after[key]!
    if (!Object.hasOwn(before, key)) out.push({ op: 'add', path: `${path}/${escapeKey(key)}`, value })
    else if (before[key] !== value) diffInto(before[key]!, value, `${path}/${escapeKey(key)}`, out)
  }
}

const diffArrays = (before: readonly Json[], after: readonly Json[], path: string, out: Operation[]): void => {
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && before[head] === after[head]) head++
  let tail = 0
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  const old = before.length - head - tail
  const fresh = after.length - head - tail
  const common = Math.min(old, fresh)
  for (let i = head; i < head + common; i++) diffInto(before[i]!, after[i]!, `${path}/${i}`, out)
  for (let i = head + old - 1; i >= head + common; i--) out.push({ op: 'remove', path: `${path}/${i}` })
  for (let i = head + common; i < head + fresh; i++) out.push({ op: 'add', path: `${path}/${i}`, value: after[i]! })
}

const diffInto = (before: Json, after: Json, path: string, out: Operation[]): void => {
  if (before === after) return
  if (isMap(before) && isMap(after)) diffMaps(before, after, path, out)
  else if (Array.isArray(before) && Array.isArray(after)) diffArrays(before, after, path, out)
  else out.push({ op: 'replace', path, value: after })
}

/** The operations that turn `before` into `after`; none when they are equal. */
export const diff = (before: Json, after: Json): Operation[] => {
  const out: Operation[] = []
  diffInto(before, after, '', out)
  return out
}

const bad = (operation: Operation): never => {
  throw new TroupeError(
    'store.corrupt',
    `a stored patch does not fit its snapshot at ${operation.path}; restore the store from a copy`,
    {
      place: operation.path,
    },
  )
}

const applyArray = (target: readonly Json[], key: string, rest: readonly string[], operation: Operation): Json => {
  const index = key === '-' ? target.length : Number(key)
  if (!Number.isInteger(index) || index < 0 || index > target.length) return bad(operation)
  const copy = [...target]
  if (rest.length > 0) copy[index] = applyAt(target[index], rest, operation)
  else if (operation.op === 'remove') copy.splice(index, 1)
  else copy.splice(index, operation.op === 'add' ? 0 : 1, operation.value)
  return copy
}

const applyAt = (target: Json | undefined, path: readonly string[], operation: Operation): Json => {
  if (path.length === 0) return operation.op === 'remove' ? null : operation.value
  const [first, ...rest] = path
  const key = unescapeKey(first!)
  if (Array.isArray(target)) return applyArray(target, key, rest, operation)
  if (!isMap(target)) return bad(operation)
  if (rest.length > 0) return { ...target, [key]: applyAt(target[key], rest, operation) }
  if (operation.op !== 'remove') return { ...target, [key]: operation.value }
  const { [key]: _gone, ...others } = target
  return others
}

/** `value` with the operations applied in order; unchanged branches stay the same references. */
export const apply = (value: Json, operations: readonly Operation[]): Json =>
  operations.reduce<Json>(
    (current, operation) => applyAt(current, operation.path.split('/').slice(1), operation),
    value,
  )
