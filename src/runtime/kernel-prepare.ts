// Kernel prepare. Owns making logic ready for stepping: what each name stands for, and a limit to the microsteps of a turn.
import { type AnyActorLogic, type AnyStateMachine, type AnyStateNode, fromPromise } from 'xstate'
import type { AnyCallSpec, CallSpec } from './call.ts'
import { logicKind } from './check/machine-logic.ts'
import { TroupeError } from './errors.ts'
import { foreign, stubSystem } from './kernel-scope.ts'

/** What stands behind a name that a machine invokes or spawns. */
export type Source =
  | { kind: 'actor'; logic: AnyActorLogic }
  | { kind: 'call'; spec: AnyCallSpec }
  | { kind: 'volatile' }

/** Logic made ready for stepping. */
export type Prepared = { logic: AnyActorLogic; isMachine: boolean; source(src: string): Source | undefined }

const isMachine = (logic: AnyActorLogic): logic is AnyStateMachine => logicKind(logic) === 'machine'

const specOf = (logic: AnyActorLogic): AnyCallSpec | undefined => (logic as { call?: AnyCallSpec }).call

/** A promise logic whose run is described by a spec: what machines name, and `.provide()` gives. */
export const fromCall = <Input, Output>(spec: CallSpec<Input, Output>) =>
  Object.assign(
    fromPromise<Output, Input>(() =>
      Promise.reject(
        new TroupeError(
          'machine.not-durable',
          'a call runs only inside a Troupe runtime; start the machine with system.spawn',
        ),
      ),
    ),
    { call: spec },
  )

const plainPromise = (src: string, creator: (args: object) => unknown): AnyCallSpec => ({
  kind: 'task',
  name: () => src,
  interrupted: 'retry',
  run: async (input, context) => {
    const scope = { self: foreign(context.address), system: stubSystem('call'), emit: context.progress }
    return { output: await creator({ input, signal: context.signal, ...scope }) }
  },
})

/** What kind of thing a logic is: an actor with rows of its own, a call, or something that cannot be durable. */
export const classify = (src: string, logic: AnyActorLogic): Source => {
  const spec = specOf(logic)
  if (spec) return { kind: 'call', spec }
  const kind = logicKind(logic)
  if (kind === 'promise')
    return { kind: 'call', spec: plainPromise(src, (logic as unknown as { config: (args: object) => unknown }).config) }
  return kind === 'callback' || kind === 'observable' ? { kind: 'volatile' } : { kind: 'actor', logic }
}

/** The state node with this id. XState's own lookup takes a dot in an id for a path. */
export const nodeById = (machine: AnyStateMachine, id: string): AnyStateNode | undefined =>
  (machine as unknown as { idMap: Map<string, AnyStateNode> }).idMap.get(id) // internal, and its only index of ids

const invokedInline = (machine: AnyStateMachine, src: string): AnyActorLogic | undefined => {
  const found = /^xstate\.invoke\.(\d+)\.(.*)$/s.exec(src)
  const node = found && nodeById(machine, found[2]!)
  if (!node) return undefined
  const config = node.config.invoke as readonly { src: unknown }[] | { src: unknown } | undefined
  const invoke = Array.isArray(config) ? config[Number(found[1])] : config
  return (invoke as { src?: AnyActorLogic } | undefined)?.src
}

/** A turn that takes more microsteps than this is a loop (`machine.loop`). */
export const maxMicrosteps = 10_000

/** Makes logic ready for stepping. `id` names it in errors. */
export const prepare = (id: string, logic: AnyActorLogic): Prepared => {
  if (!isMachine(logic)) {
    const found = classify(id, logic)
    if (found.kind !== 'actor')
      throw new TroupeError(
        'machine.not-durable',
        `"${id}" is no machine and no transition function; wrap it in a machine that invokes it`,
        { place: id },
      )
    return { logic, isMachine: false, source: () => undefined }
  }
  const sources = new Map<string, Source | undefined>()
  const actors = logic.implementations.actors as Record<string, AnyActorLogic>
  const stepped = logic.provide({}) // a copy: the machine itself keeps its own options
  stepped.options = {
    ...stepped.options,
    maxIterations: Math.min(stepped.options.maxIterations ?? maxMicrosteps, maxMicrosteps),
  }
  const find = (src: string): Source | undefined => {
    const source = Object.hasOwn(actors, src) ? actors[src] : invokedInline(logic, src)
    return source && classify(src, source)
  }
  return {
    logic: stepped,
    isMachine: true,
    source: (src) => {
      if (!sources.has(src)) sources.set(src, find(src))
      return sources.get(src)
    },
  }
}
