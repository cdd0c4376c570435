// Random. Owns the only source of chance and of ids that are not derived.
import { customAlphabet } from 'nanoid'

/** The port for chance. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** A fresh id: 12 lower-case letters and digits. */
  id(): string
}

const nanoid = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 12)

/** Chance from the operating system. */
export const systemRandom = (): Random => ({ next: () => Math.random(), id: () => nanoid() })

/** Repeatable chance: the same seed gives the same sequence (mulberry32). */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const id = () => Array.from({ length: 12 }, () => Math.floor(next() * 36).toString(36)).join('')
  return { next, id }
}
