// Codec decode. Owns values on their way out of the store: what has no tag stays itself.
import { type Memory, tag } from './codec-encode.ts'
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'

/** `reference` turns an address into whatever stands for an actor. */
type Reading = { memory: Memory; reference: (address: string) => unknown }

const settled = <Value extends object>({ memory }: Reading, value: Value): Value =>
  memory.keep ? Object.freeze(value) : value

const decodeTagged = (json: { readonly [key: string]: Json }, reading: Reading): unknown => {
  const value = json.value as Json
  switch (json[tag]) {
    case 'undefined':
      return undefined
    case 'Number':
      return Number(value)
    case 'BigInt':
      return BigInt(value as string)
    case 'Date':
      return new Date(decodeAny(value, reading) as number)
    case 'Map':
      return new Map((value as Json[][]).map(([k, v]) => [decodeAny(k!, reading), decodeAny(v!, reading)]))
    case 'Set':
      return new Set((value as Json[]).map((v) => decodeAny(v, reading)))
    case 'Error':
      return decodeError(value as { name: string; message: string; extra: Json }, reading)
    case 'Actor':
      return reading.reference(value as string)
    case 'Object':
      return decodeObject(value as { readonly [key: string]: Json }, reading)
    default:
      throw new TroupeError(
        'store.corrupt',
        `a stored value has the unknown tag ${JSON.stringify(json[tag])}; it was written by another version`,
      )
  }
}

const decodeError = (stored: { name: string; message: string; extra: Json }, reading: Reading): Error => {
  const error = new Error(stored.message)
  Object.defineProperty(error, 'name', { value: stored.name, enumerable: false })
  return Object.assign(error, decodeAny(stored.extra, reading))
}

const decodeObject = (json: { readonly [key: string]: Json }, reading: Reading): unknown => {
  let copy: Record<string, unknown> | null = null
  for (const key of Object.keys(json)) {
    const value = decodeAny(json[key]!, reading)
    if (!copy && value !== json[key]) copy = { ...json }
    if (copy) copy[key] = value
  }
  return copy ? settled(reading, copy) : json
}

const decodeStructure = (json: object, reading: Reading): unknown => {
  if (Array.isArray(json)) {
    const values = json.map((item) => decodeAny(item, reading))
    return values.every((value, i) => value === json[i]) ? json : settled(reading, values)
  }
  return tag in json
    ? decodeTagged(json as { [key: string]: Json }, reading)
    : decodeObject(json as { [key: string]: Json }, reading)
}

const decodeAny = (json: Json, reading: Reading): unknown => {
  if (json === null || typeof json !== 'object') return json
  if (reading.memory.plain.has(json)) return json // it holds no tag, or it would not be its own encoding
  const value = decodeStructure(json, reading)
  return value === json ? settled(reading, json) : value
}

/** The value that was encoded. */
export const decodeValue = (json: Json, memory: Memory, reference: (address: string) => unknown): unknown =>
  decodeAny(json, { memory, reference })
