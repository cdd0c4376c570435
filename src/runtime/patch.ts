// Patch. Owns RFC 6902 patches between JSON values: made by following references, so that a difference costs what has changed.
//   P1. Applying a difference gives the very text of the new value, the order of keys included: a machine may go through
//       the keys of its context, and must find them after a restart as it would have found them without.
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'

export type Operation = { op: 'add' | 'replace'; path: string; value: Json } | { op: 'remove'; path: string }

type JsonMap = { readonly [key: string]: Json }
const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const escapeKey = (key: string) => (/[~/]/.test(key) ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key)
const unescapeKey = (key: string) => (key.includes('~') ? key.replaceAll('~1', '/').replaceAll('~0', '~') : key)

/** Keys that a JavaScript object holds first and in their own order, however they came. */
const isIndex = (key: string): boolean => /^(0|[1-9]\d{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1

const none: ReadonlySet<string> = new Set()

const haveSameKeys = (before: JsonMap, after: JsonMap): boolean => {
  const keys = Object.keys(before)
  const others = Object.keys(after)
  return keys.length === others.length && keys.every((key, i) => key === others[i])
}

/** The keys that cannot stay where they are: what is added comes last, so all behind the first that moved move too. */
const movedKeys = (before: JsonMap, after: JsonMap): ReadonlySet<string> => {
  if (haveSameKeys(before, after)) return none
  const kept = Object.keys(before).filter((key) => Object.hasOwn(after, key) && !isIndex(key))
  const wanted = Object.keys(after).filter((key) => !isIndex(key))
  if (kept.every((key, i) => key === wanted[i])) return none
  const positions = new Map(kept.map((key, i) => [key, i]))
  let last = -1
  const firstMoved = wanted.findIndex((key) => {
    const position = positions.get(key) ?? -1
    if (position <= last) return true
    last = position
    return false
  })
  return new Set(firstMoved < 0 ? [] : wanted.slice(firstMoved).filter((key) => positions.has(key)))
}

const diffMaps = (before: JsonMap, after: JsonMap, path: string, out: Operation[]): void => {
  const moved = movedKeys(before, after)
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key) || moved.has(key)) out.push({ op: 'remove', path: `${path}/${escapeKey(key)}` })
  }
  for (const key of Object.keys(after)) {
    const value = after[key]!
    const at = `${path}/${escapeKey(key)}`
    if (!Object.hasOwn(before, key) || moved.has(key)) out.push({ op: 'add', path: at, value })
    else if (before[key] !== value) diffInto(before[key]!, value, at, out)
  }
}

const diffArrays = (before: readonly Json[], after: readonly Json[], path: string, out: Operation[]): void => {
  const shorter = Math.min(before.length, after.length)
  if (shorter === 0) return void (before.length !== after.length && out.push({ op: 'replace', path, value: after }))
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

/** Containers that were copied for this application, and may be changed in place. */
type Own = WeakSet<object>

const ownCopy = <Container extends Json[] | Record<string, Json>>(container: Container, own: Own): Container => {
  if (own.has(container)) return container
  const copy = (Array.isArray(container) ? [...container] : { ...container }) as Container
  own.add(copy)
  return copy
}

const indexIn = (length: number, key: string, operation: Operation): number => {
  if (key === '-') return length
  return /^(0|[1-9]\d*)$/.test(key) && Number(key) <= length ? Number(key) : bad(operation)
}

const applyArray = (target: Json[], path: readonly string[], operation: Operation, own: Own): Json => {
  const [key, ...rest] = path as [string, ...string[]]
  const index = indexIn(target.length, key, operation)
  const adds = rest.length === 0 && operation.op === 'add'
  if (index === target.length && !adds) return bad(operation)
  const copy = ownCopy(target, own)
  if (rest.length > 0) copy[index] = applyAt(copy[index], rest, operation, own)
  else if (operation.op === 'remove') copy.splice(index, 1)
  else copy.splice(index, adds ? 0 : 1, operation.value)
  return copy
}

/** Sets a key also when it is `__proto__`. */
const put = (target: Record<string, Json>, key: string, value: Json): void =>
  void Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })

const applyMap = (target: Record<string, Json>, path: readonly string[], operation: Operation, own: Own): Json => {
  const [first, ...rest] = path as [string, ...string[]]
  const key = unescapeKey(first)
  const adds = rest.length === 0 && operation.op === 'add'
  if (!adds && !Object.hasOwn(target, key)) return bad(operation)
  const copy = ownCopy(target, own)
  if (rest.length > 0) put(copy, key, applyAt(copy[key], rest, operation, own))
  else if (operation.op === 'remove') delete copy[key]
  else put(copy, key, operation.value)
  return copy
}

const applyAt = (target: Json | undefined, path: readonly string[], operation: Operation, own: Own): Json => {
  if (path.length === 0) return operation.op === 'remove' ? null : operation.value
  // Both are changed only where they are copies of our own.
  if (Array.isArray(target)) return applyArray(target as Json[], path, operation, own)
  return isMap(target) ? applyMap(target as Record<string, Json>, path, operation, own) : bad(operation)
}

const stepsOf = (operation: Operation): string[] => {
  const [start, ...steps] = operation.path.split('/')
  return start === '' ? steps : bad(operation)
}

/** `value` with the operations applied in order; unchanged branches stay the same references. */
export const apply = (value: Json, operations: readonly Operation[]): Json => {
  const own: Own = new WeakSet()
  return operations.reduce<Json>((current, operation) => applyAt(current, stepsOf(operation), operation, own), value)
}
