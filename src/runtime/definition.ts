// Definition. Owns what the runtime knows of a machine beside its statechart: version, hash, what it accepts, how it is restarted.
import type { AnyActorLogic, AnyStateMachine } from 'xstate'
import type { z } from 'zod'
import { checkMachine } from './check/machine-check.ts'
import { machineHash } from './check/machine-hash.ts'
import { logicKind } from './check/machine-logic.ts'
import { TroupeError } from './errors.ts'
import { type Prepared, prepare } from './kernel-prepare.ts'

export type DefinitionOptions = {
  /** Messages must parse against it at the mailbox; what does not becomes a dead letter. Default: any object with a `type`. */
  accepts?: z.ZodType
  /** Whether events reach the machine with the envelope around them: id, from, to, runId, sentAt. Default `bare`. */
  events?: 'bare' | 'enveloped'
  /** How often a failed actor is started again from its input before its parent is told. Default 0. */
  restarts?: number
  /** What it and everything below it may spend. */
  limits?: Limits
}

/** What an account may spend; absent means no limit of its own. */
export type Limits = { usd?: number; tokens?: number; calls?: number }

export type Definition = DefinitionOptions & {
  id: string
  version: string
  hash: string
  prepared: Prepared
  /** The definition behind a child's source name. Throws `machine.invalid` when there is none. */
  child(src: string): Definition
}

type Annotated = { troupe?: DefinitionOptions }

/** The same logic with what the runtime should know about its actors. The result is what machines name and `.provide()` gives. */
export const withOptions = <Logic extends AnyActorLogic>(logic: Logic, options: DefinitionOptions): Logic =>
  Object.assign(logic, { troupe: { ...(logic as Annotated).troupe, ...options } })

const isMachine = (logic: AnyActorLogic): logic is AnyStateMachine => logicKind(logic) === 'machine'

/** Refuses by name, before anything starts, what could not go on after a restart. */
const checkHands = (machine: AnyStateMachine, prepared: Prepared, child: (src: string) => Definition): void => {
  for (const name of Object.keys(machine.implementations.actors)) {
    const source = prepared.source(name)
    if (source?.kind === 'actor') child(name)
    if (source?.kind === 'volatile')
      throw new TroupeError(
        'machine.not-durable',
        `the actor "${name}" of machine "${machine.id}" is a callback or observable, which cannot go on after a restart; use a promise, a transition function or a machine`,
        { place: name },
      )
  }
}

/** Checks a machine and makes it ready to run. Throws `machine.invalid` or `machine.not-durable`, naming the place. */
export const define = (logic: AnyActorLogic, id?: string): Definition => {
  if (logic === null || typeof logic !== 'object')
    throw new TroupeError(
      'machine.invalid',
      `${logic === null ? 'null' : typeof logic} is no machine; make one with setup().createMachine()`,
    )
  if (isMachine(logic)) checkMachine(logic)
  const name = id ?? (isMachine(logic) ? logic.id : 'transition')
  const prepared = prepare(name, logic)
  const children = new Map<string, Definition>()
  const child = (src: string): Definition => {
    const known = children.get(src)
    if (known) return known
    const source = prepared.source(src)
    if (source?.kind !== 'actor')
      throw new TroupeError('machine.invalid', `the machine "${name}" has no actor "${src}"; provide it`, {
        place: name,
      })
    const made = define(source.logic, `${name}:${src}`)
    children.set(src, made)
    return made
  }
  if (isMachine(logic)) checkHands(logic, prepared, child)
  return {
    ...(logic as Annotated).troupe,
    id: name,
    version: (isMachine(logic) && (logic as AnyStateMachine).version) || '1',
    hash: isMachine(logic) ? machineHash(logic) : 'transition',
    prepared,
    child,
  }
}
