// Codec. Owns how values cross the store: JSON, with tags for what JSON cannot say.
//   K1. Decoding an encoding gives an equal value: undefined, -0, NaN, ±Infinity, BigInt, Date, Map, Set, Error, actor references.
//   K2. What is plain JSON already is encoded as itself, the same object, so that an unchanged branch stays the same reference.
//   K3. What has been encoded or decoded is frozen: a machine that mutates its context afterwards fails at once instead of
//       losing the change. Date, Map and Set cannot be frozen and are encoded anew each time.
//   K4. Functions, symbols, class instances, cycles and what is too deep are refused with the path of the offending value (C5).
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import { foreign } from './kernel-scope.ts'

const tag = '$type'
const maxDepth = 500
/** Up to so many values, going through them again costs less than remembering them. */
const fewValues = 16

/** Anything that stands for an actor in a context or an event: it crosses the store as its address. */
export type Reference = { readonly sessionId: string }
const isReference = (value: object): value is Reference =>
  'sessionId' in value && 'send' in value && 'ref' in value && typeof value.sessionId === 'string'

export interface Codec {
  /** The value as JSON, sharing every branch that is plain. Throws `message.unserialisable` with the path. */
  encode(value: unknown, at?: string): Json
  /** The value again; `reference` turns an address into whatever stands for an actor. */
  decode(json: Json, reference?: (address: string) => unknown): unknown
}

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

/**
 * A codec with a memory of what it has encoded, so that encoding again costs what has changed.
 * With `keep: false` it neither remembers nor freezes: for values that still belong to a caller.
 */
export const createCodec = ({ keep = true }: { keep?: boolean } = {}): Codec => {
  /** What is its own encoding, by its height. Numbers, so that the memory holds nothing that could be collected early. */
  const plain = new WeakMap<object, number>()
  const tagged = new WeakMap<object, { encoded: Json; height: number }>()

  /** `seen` counts the values on the way. */
  type Walk = { volatile: boolean; deepest: number; seen: number; path: string[]; open: object[] }

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
    const encoded = Array.isArray(value)
      ? encodeArray(value, walk)
      : encodeObject(value as Record<string, unknown>, walk)
    if (keep) Object.freeze(value)
    if (keep && !walk.volatile) remember(value, { encoded, height: walk.deepest - at, seen: walk.seen - seen })
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

  const settled = <Value extends object>(value: Value): Value => (keep ? Object.freeze(value) : value)

  const decodeTagged = (json: { readonly [key: string]: Json }, reference: (address: string) => unknown): unknown => {
    const value = json.value as Json
    switch (json[tag]) {
      case 'undefined':
        return undefined
      case 'Number':
        return Number(value)
      case 'BigInt':
        return BigInt(value as string)
      case 'Date':
        return new Date(decodeAny(value, reference) as number)
      case 'Map':
        return new Map((value as Json[][]).map(([k, v]) => [decodeAny(k!, reference), decodeAny(v!, reference)]))
      case 'Set':
        return new Set((value as Json[]).map((v) => decodeAny(v, reference)))
      case 'Error':
        return decodeError(value as { name: string; message: string; extra: Json }, reference)
      case 'Actor':
        return reference(value as string)
      case 'Object':
        return decodeObject(value as { readonly [key: string]: Json }, reference)
      default:
        throw new TroupeError(
          'store.corrupt',
          `a stored value has the unknown tag ${JSON.stringify(json[tag])}; it was written by another version`,
        )
    }
  }

  const decodeError = (
    stored: { name: string; message: string; extra: Json },
    reference: (a: string) => unknown,
  ): Error => {
    const error = new Error(stored.message)
    Object.defineProperty(error, 'name', { value: stored.name, enumerable: false })
    return Object.assign(error, decodeAny(stored.extra, reference))
  }

  const decodeObject = (json: { readonly [key: string]: Json }, reference: (address: string) => unknown): unknown => {
    let copy: Record<string, unknown> | null = null
    for (const key of Object.keys(json)) {
      const value = decodeAny(json[key]!, reference)
      if (!copy && value !== json[key]) copy = { ...json }
      if (copy) copy[key] = value
    }
    return copy ? settled(copy) : json
  }

  const decodeStructure = (json: object, reference: (address: string) => unknown): unknown => {
    if (Array.isArray(json)) {
      const values = json.map((item) => decodeAny(item, reference))
      return values.every((value, i) => value === json[i]) ? json : settled(values)
    }
    return tag in json
      ? decodeTagged(json as { [key: string]: Json }, reference)
      : decodeObject(json as { [key: string]: Json }, reference)
  }

  const decodeAny = (json: Json, reference: (address: string) => unknown): unknown => {
    if (json === null || typeof json !== 'object') return json
    if (plain.has(json)) return json // it holds no tag, or it would not be its own encoding
    const value = decodeStructure(json, reference)
    return value === json ? settled(json) : value
  }

  return {
    encode: (value, at = '') =>
      encodeAny(value, { volatile: false, deepest: 0, seen: 0, path: at ? [at] : [], open: [] }),
    decode: (json, reference = (address) => foreign(address)) => decodeAny(json, reference),
  }
}
