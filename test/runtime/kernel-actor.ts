// An actor stepped by hand, for tests of the kernel.

import { expect } from 'vitest'
import { type AnyActorLogic, createMachine, fromPromise } from 'xstate'
import { createCodec } from '../../src/runtime/codec.ts'
import type { Json } from '../../src/runtime/json.ts'
import { initial, type Live, prepare, restore, type Stepped, serialise, step } from '../../src/runtime/kernel.ts'
import { plainEffect, root, throughText } from './kernel-world.ts'

export type Config = Parameters<typeof createMachine>[0]

const codec = createCodec()
export const job = fromPromise(async () => 1)
export const kid = createMachine({ id: 'kid' })
export const actors = { kid, job }

/** An actor stepped by hand; every step can be taken from the text of the one before. */
export const start = (logic: AnyActorLogic, input?: unknown, options: { parent?: string } = {}) => {
  const identity = { ...root, parent: options.parent ?? null }
  const prepared = prepare('m', logic)
  let revision = 1
  let stepped: Stepped = initial(prepared, identity, input)
  const json = () => serialise(codec, prepared, stepped.snapshot) as { [key: string]: Json }
  return {
    json,
    effects: () => stepped.effects.list.map(plainEffect),
    kinds: () => stepped.effects.list.map(({ kind }) => kind),
    late: () => stepped.effects.actions,
    send: (event: { type: string; [key: string]: unknown }) => {
      revision++
      stepped = step(prepared, { ...identity, revision }, stepped.snapshot, event)
      return stepped.effects.list.map(plainEffect)
    },
    reload: () => {
      const snapshot: Live = restore(createCodec(), prepared, { ...identity, revision }, throughText(json()))
      stepped = { ...stepped, snapshot }
    },
  }
}

export const machine = (config: Config, given: Record<string, AnyActorLogic> = actors) =>
  createMachine({ id: 'm', ...config } as Config).provide({ actors: given })
export const on = (actions: unknown, given?: Record<string, AnyActorLogic>) =>
  start(machine({ context: { ref: null, list: [] }, on: { GO: { actions } } } as Config, given))
export const coded = (code: string, text?: string) =>
  expect.objectContaining({ code, ...(text && { message: expect.stringContaining(text) }) })
