// Machine samples. Owns the configurations that the tests of machine checks share.
import { type AnyStateMachine, createMachine, fromPromise } from 'xstate'
import { checkMachine, readMachine } from '../../src/runtime/check/machine-check.ts'
import { TroupeError } from '../../src/runtime/errors.ts'

// Configurations here are wrong on purpose, so they enter as unknown and are cast where XState wants its own type.
type Config = Parameters<typeof createMachine>[0]
export const make = (config: unknown, implementations?: unknown): AnyStateMachine =>
  createMachine(config as Config, implementations as never)

export const refusal = (run: () => unknown): TroupeError => {
  try {
    run()
  } catch (error) {
    if (error instanceof TroupeError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
export const check = (config: unknown, implementations?: unknown, strict = false) =>
  checkMachine(
    readMachine(() => make(config, implementations)),
    { strict },
  )

export const abc = (a: unknown, root: object = {}) => ({
  id: 'm',
  initial: 'a',
  states: { a, b: { type: 'final' } },
  ...root,
})
export const many = (count: number) => ({
  initial: 's0',
  states: Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`s${i}`, { on: { NEXT: `s${(i + 1) % count}` } }]),
  ),
})
export const nested = (depth: number): object => (depth === 0 ? {} : { initial: 'x', states: { x: nested(depth - 1) } })
export const named = (name: string) => ({ initial: 'a', states: JSON.parse(`{"a":{},${JSON.stringify(name)}:{}}`) })
export const cyclic: { self?: unknown } = {}
cyclic.self = { cyclic }
export const work = fromPromise(async () => 1)
