// Codec encode. Owns values on their way into the store: what is plain stays itself, the rest gets a tag or is refused.
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'

/** The key under which JSON says what it stands for. */
export const tag = '$type'
const maxDepth = 500
/** Up to so many values, going through them again costs less than remembering them. */
const fewValues = 16

/** Anything that stands for an actor in a context or an event: it crosses the store as its address. */
type Reference = { readonly sessionId: string }
const isReference = (value: object): value is Reference =>
  'sessionId' in value && 'send' in value && 'ref' in value && typeof value.sessionId === 'string'

const shownSteps = 8

const pointer = (path: readonly string[]): string => {
  const shown = path.length > maxDepth ? path.slice(0, shownSteps) : path
  return `/${shown.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}${shown === path ? '' : '/…'}`
}

const refuse = (what: string, path: readonly string[]): never => {
  const place = pointer(path)
  throw new TroupeError(
    'message.unserialisable',
    `${place} is ${what}, which cannot be stored; keep plain data here and build the rest when it is used`,
    { place },
  )
}

const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** What has been encoded before. `plain`: what is its own encoding, by its height. Without `keep` nothing is remembered or frozen. */
export type Memory = {
  readonly keep: boolean
  readonly plain: WeakMap<object, number>
  readonly tagged: WeakMap<object, { encoded: Json; height: number }>
}

/** `seen` counts the values on the way. */
type Walk = { memory: Memory; volatile: boolean; deepest: number; seen: number; path: string[]; open: object[] }

const encodeNumber = (value: number): Json =>
  Number.isFinite(value) && !Object.is(value, -0)
    ? value
    : { [tag]: 'Number', value: Object.is(value, -0) ? '-0' : String(value) }

const child = (value: unknown, key: string, walk: Walk): Json => {
  walk.seen++
  walk.path.push(key)
  const encoded = encodeAny(value, walk)
  walk.path.pop()
  return encoded
}

const encodeError = (error: Error, walk: Walk): Json => {
  const { name, message } = error
  const extra: Record<string, unknown> = { ...error }
  delete extra.name
  if (error.cause !== undefined) extra.cause = error.cause instanceof Error ? error.cause.message : error.cause
  return { [tag]: 'Error', value: { name, message, extra: child(extra, 'error', walk) } }
}

const encodeExotic = (value: object, walk: Walk): Json => {
  walk.volatile = true
  if (isReference(value)) return { [tag]: 'Actor', value: value.sessionId }
  if (value instanceof Date) return { [tag]: 'Date', value: encodeNumber(value.getTime()) }
  if (value instanceof Map)
    return {
      [tag]: 'Map',
      value: [...value].map(([k, v], i) => [child(k, `key ${i}`, walk), child(v, `value ${i}`, walk)]),
    }
  if (value instanceof Set) return { [tag]: 'Set', value: [...value].map((v, i) => child(v, String(i), walk)) }
  if (value instanceof Error) return encodeError(value, walk)
  return refuse(`an instance of ${value.constructor?.name ?? 'a class'}`, walk.path)
}

const encodeArray = (value: readonly unknown[], walk: Walk): Json => {
  const last = Object.keys(value).at(-1) // indexes come before names
  if (last !== undefined && !/^\d+$/.test(last)) refuse('a property of an array', [...walk.path, last])
  let copy: Json[] | null = null
  for (let i = 0; i < value.length; i++) {
    const encoded = child(value[i], String(i), walk)
    if (copy) copy.push(encoded)
    else if (encoded !== value[i]) copy = [...(value.slice(0, i) as Json[]), encoded]
  }
  return copy ?? (value as readonly Json[])
}

const encodeObject = (value: Record<string, unknown>, walk: Walk): Json => {
  let copy: Record<string, Json> | null = null
  const symbol = Object.getOwnPropertySymbols(value)[0]
  if (symbol) refuse('a symbol as a key', [...walk.path, String(symbol)])
  for (const key of Object.keys(value)) {
    if (key === '__proto__') refuse('a key that would change the prototype', [...walk.path, key])
    const encoded = child(value[key], key, walk)
    if (!copy && encoded !== value[key]) copy = { ...value } as Record<string, Json>
    if (copy) copy[key] = encoded
  }
  const result = (copy ?? value) as Record<string, Json>
  return tag in value ? { [tag]: 'Object', value: result } : result
}

const tooDeep = (walk: Walk): never => refuse(`nested deeper than ${maxDepth} levels`, walk.path)

const remember = (
  { plain, tagged }: Memory,
  value: object,
  { encoded, height, seen }: { encoded: Json; height: number; seen: number },
): void => {
  if (encoded !== value) tagged.set(value, { encoded, height })
  else if (seen > fewValues) plain.set(value, height)
}

const encodePlain = (value: object, walk: Walk): Json => {
  const at = walk.path.length
  const { volatile, deepest, seen } = walk
  walk.volatile = false
  walk.deepest = at
  const encoded = Array.isArray(value) ? encodeArray(value, walk) : encodeObject(value as Record<string, unknown>, walk)
  if (walk.memory.keep) Object.freeze(value)
  if (walk.memory.keep && !walk.volatile)
    remember(walk.memory, value, { encoded, height: walk.deepest - at, seen: walk.seen - seen })
  walk.volatile ||= volatile
  walk.deepest = Math.max(walk.deepest, deepest)
  return encoded
}

const encodeStructure = (value: object, walk: Walk): Json => {
  if (walk.open.includes(value)) return refuse('part of a cycle', walk.path)
  if (walk.path.length > maxDepth) return tooDeep(walk)
  walk.open.push(value)
  const isData = Array.isArray(value) || (isPlain(value) && !isReference(value))
  const encoded = isData ? encodePlain(value, walk) : encodeExotic(value, walk)
  walk.open.pop()
  return encoded
}

/** What was encoded before may now hang deeper than it did. */
const encodeAgain = (encoded: Json, height: number, walk: Walk): Json => {
  const reach = walk.path.length + height
  if (reach > maxDepth) return tooDeep(walk)
  walk.deepest = Math.max(walk.deepest, reach)
  return encoded
}

const encodeObjectOnce = (value: object, walk: Walk): Json => {
  const { plain, tagged } = walk.memory
  const height = plain.get(value)
  if (height !== undefined) return encodeAgain(value as Json, height, walk)
  const known = tagged.get(value)
  return known ? encodeAgain(known.encoded, known.height, walk) : encodeStructure(value, walk)
}

const encodeAny = (value: unknown, walk: Walk): Json => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return encodeNumber(value)
    case 'undefined':
      return { [tag]: 'undefined' }
    case 'bigint':
      return { [tag]: 'BigInt', value: String(value) }
    case 'object':
      if (value === null) return null
      return encodeObjectOnce(value, walk)
    default:
      return refuse(`a ${typeof value}`, walk.path)
  }
}

/** The value as JSON; `at` names it in errors. */
export const encodeValue = (value: unknown, at: string, memory: Memory): Json =>
  encodeAny(value, { memory, volatile: false, deepest: 0, seen: 0, path: at ? [at] : [], open: [] })
