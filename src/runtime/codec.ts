// Codec. Owns how values cross the store: JSON, with tags for what JSON cannot say.
//   K1. Decoding an encoding gives an equal value: undefined, -0, NaN, ±Infinity, BigInt, Date, Map, Set, Error, actor references.
//   K2. What is plain JSON already is encoded as itself, the same object, so that an unchanged branch stays the same reference.
//   K3. What has been encoded or decoded is frozen: a machine that mutates its context afterwards fails at once instead of
//       losing the change. Date, Map and Set cannot be frozen and are encoded anew each time.
//   K4. Functions, symbols, class instances, cycles and what is too deep are refused with the path of the offending value (C5).
import { decodeValue } from './codec-decode.ts'
import { encodeValue, type Memory } from './codec-encode.ts'
import type { Json } from './json.ts'
import { foreign } from './kernel-scope.ts'

export interface Codec {
  /** The value as JSON, sharing every branch that is plain. Throws `message.unserialisable` with the path. */
  encode(value: unknown, at?: string): Json
  /** The value again; `reference` turns an address into whatever stands for an actor. */
  decode(json: Json, reference?: (address: string) => unknown): unknown
}

/**
 * A codec with a memory of what it has encoded, so that encoding again costs what has changed.
 * With `keep: false` it neither remembers nor freezes: for values that still belong to a caller.
 */
export const createCodec = ({ keep = true }: { keep?: boolean } = {}): Codec => {
  const memory: Memory = { keep, plain: new WeakMap(), tagged: new WeakMap() }
  return {
    encode: (value, at = '') => encodeValue(value, at, memory),
    decode: (json, reference = (address) => foreign(address)) => decodeValue(json, memory, reference),
  }
}
