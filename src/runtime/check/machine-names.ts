// Machine names. Owns that every action, guard, delay and source a machine names is there and can be made durable.
//   N1. A name counts only as an own key: `toString` is no action.   N2. What XState hides in a function it built is read from
//   the function's fields (`raise.delay`, `spawnChild.src`); what a person wrote in a function is not looked into.

import type { Invoke } from './machine-invokes.ts'
import { fieldsAt, referenceKeys } from './machine-keys.ts'
import { type LogicKind, logicKind } from './machine-logic.ts'
import { type Fields, isFields, list, quote, refuse, step, unknownName } from './machine-refusal.ts'
import { checkStateValue, isFoundById } from './machine-transitions.ts'
import type { MachineState, MachineTree } from './machine-tree.ts'

/** Ten years of 365.25 days: a longer delay is a mistake in its unit. */
export const longestDelayMs = 315_576_000_000

export type Warning = { place: string; message: string }
export type Hands = { actions: Fields; guards: Fields; delays: Fields; actors: Fields }
export type Names = { tree: MachineTree; hands: Hands; warnings: Warning[] }

/** The implementations of a machine, every register present. */
export const handsOf = (implementations: unknown): Hands => {
  const given = isFields(implementations) ? implementations : {}
  const register = (name: string): Fields => {
    const value = given[name]
    return isFields(value) ? value : {}
  }
  return {
    actions: register('actions'),
    guards: register('guards'),
    delays: register('delays'),
    actors: register('actors'),
  }
}

const registered = (register: Fields, name: string): boolean =>
  Object.hasOwn(register, name) && register[name] !== undefined

const nameOf = (value: unknown, place: string, what: string): string => {
  if (typeof value === 'string') return value
  const fields = fieldsAt(value, referenceKeys, place, what)
  return typeof fields.type === 'string' ? fields.type : refuse(`${place}/type`, `the type of ${what} must be text`)
}

const checkMilliseconds = (delay: unknown, place: string): void => {
  if (typeof delay !== 'number' || Number.isNaN(delay))
    refuse(place, `the delay ${quote(delay)} is not a number; give milliseconds`)
  const ms = delay as number // held by the line above
  if (ms < 0) refuse(place, `the delay ${ms} is negative; give milliseconds from 0`)
  if (ms > longestDelayMs) refuse(place, `the delay ${ms} is longer than ten years; delays are in milliseconds`)
}

const checkDelay = ({ hands }: Names, delay: unknown, place: string): void => {
  if (delay === undefined || typeof delay === 'function') return
  if (typeof delay !== 'string') checkMilliseconds(delay, place)
  else if (!registered(hands.delays, delay))
    refuse(place, unknownName('delay', delay, Object.keys(hands.delays), 'setup({ delays })'))
}

/** The key of an `after`: milliseconds, or the name of a delay. */
export const checkAfter = (names: Names, key: string, place: string): void => {
  const isNumber = key.trim() !== '' && !Number.isNaN(Number(key))
  if (!isNumber && key === 'NaN') checkMilliseconds(Number.NaN, place)
  checkDelay(names, isNumber ? Number(key) : key, place)
}

const volatile: readonly (LogicKind | null)[] = ['callback', 'observable']

const noteVolatile = ({ warnings }: Names, logic: unknown, name: string, place: string): void => {
  const kind = logicKind(logic)
  if (volatile.includes(kind))
    warnings.push({
      place,
      message: `${name} is a ${kind}, which is not durable: after a restart it is started again from the beginning`,
    })
}

const checkSource = (names: Names, src: string, place: string): void => {
  const { actors } = names.hands
  if (!registered(actors, src)) refuse(place, unknownName('actor', src, Object.keys(actors), 'setup({ actors })'))
  if (logicKind(actors[src]) === null)
    refuse(
      place,
      `the actor ${quote(src)} is registered with something that is no actor logic; use fromPromise(…) or a machine`,
    )
  noteVolatile(names, actors[src], `the actor ${quote(src)}`, place)
}

const checkSystem = (fields: Fields, place: string): void => {
  if (fields.systemId !== undefined)
    refuse(
      `${place}/systemId`,
      'a systemId is an address in memory and is lost with the process; send to the id of the child, or pass a reference in its input',
      'machine.not-durable',
    )
  if (fields.syncSnapshot === true)
    refuse(
      `${place}/syncSnapshot`,
      'a machine may not read the snapshot of another actor; let the child send a message',
      'machine.not-durable',
    )
}

/** An inline source has no name but where it stands, so XState must be able to find that place again. */
const checkInline = (names: Names, { fields, place }: Invoke, owner: MachineState): void => {
  if (logicKind(fields.src) === null)
    refuse(`${place}/src`, 'src must be the name of an actor, or actor logic such as fromPromise(…)')
  if (!isFoundById(names.tree, owner))
    refuse(
      `${place}/src`,
      'this inline actor could not be found again after a restart; name it in setup({ actors })',
      'machine.not-durable',
    )
  noteVolatile(names, fields.src, 'this actor', `${place}/src`)
}

export const checkInvoke = (names: Names, invoke: Invoke, owner: MachineState): void => {
  const { fields, place } = invoke
  checkSystem(fields, place)
  if (fields.onSnapshot !== undefined)
    refuse(
      `${place}/onSnapshot`,
      'a machine may not read the snapshot of another actor; let the child send a message',
      'machine.not-durable',
    )
  if (typeof fields.src === 'string') checkSource(names, fields.src, `${place}/src`)
  else checkInline(names, invoke, owner)
}

const checkSpawn = (names: Names, spawn: Fields, place: string): void => {
  checkSystem(spawn, place)
  if (typeof spawn.src === 'string') checkSource(names, spawn.src, `${place}/src`)
  else
    refuse(
      `${place}/src`,
      'an actor spawned from inline logic cannot be found again after a restart; name it in setup({ actors }) and spawn it by that name',
      'machine.not-durable',
    )
}

/** A function: XState's own carry what they were given as fields, a person's carry nothing. */
const fieldsOfFunction = (value: unknown): Fields => value as unknown as Fields // a function is an object, and its fields are unknown

const checkBuilt = (names: Names, action: unknown, place: string): void => {
  const built = fieldsOfFunction(action)
  if (built.type === 'xstate.spawnChild') checkSpawn(names, built, place)
  if (built.type === 'xstate.raise' || built.type === 'xstate.sendTo') checkDelay(names, built.delay, `${place}/delay`)
}

const checkAction = (names: Names, action: unknown, place: string): void => {
  if (typeof action === 'function') checkBuilt(names, action, place)
  else checkNamedAction(names, nameOf(action, place, 'an action'), place)
}

const checkNamedAction = ({ hands }: Names, name: string, place: string): void => {
  const { actions } = hands
  if (!registered(actions, name)) refuse(place, unknownName('action', name, Object.keys(actions), 'setup({ actions })'))
  if (typeof actions[name] !== 'function')
    refuse(place, `the action ${quote(name)} is registered with something that is no function`)
}

export const checkActions = (names: Names, actions: unknown, place: string): void => {
  list(actions).forEach((action, i) => {
    checkAction(names, action, Array.isArray(actions) ? `${place}${step(i)}` : place)
  })
}

export const checkGuard = (names: Names, guard: unknown, place: string): void => {
  if (typeof guard === 'function') checkBuiltGuard(names, guard, place)
  else if (guard !== undefined) checkNamedGuard(names, nameOf(guard, place, 'a guard'), place)
}

const checkNamedGuard = ({ hands }: Names, name: string, place: string): void => {
  const { guards } = hands
  if (!registered(guards, name)) refuse(place, unknownName('guard', name, Object.keys(guards), 'setup({ guards })'))
}

const checkBuiltGuard = (names: Names, guard: unknown, place: string): void => {
  const { guards, stateValue } = fieldsOfFunction(guard)
  list(guards).forEach((inner, i) => {
    checkGuard(names, inner, `${place}${step(i)}`)
  })
  checkStateValue(names.tree, stateValue, place)
}

/** What is registered is checked too: a named action may itself spawn, raise or wait. */
export const checkHands = (names: Names): void => {
  const { actions, guards, delays } = names.hands
  for (const [name, action] of Object.entries(actions))
    if (typeof action === 'function') checkBuilt(names, action, `/implementations/actions${step(name)}`)
  for (const [name, guard] of Object.entries(guards)) checkGuard(names, guard, `/implementations/guards${step(name)}`)
  for (const [name, delay] of Object.entries(delays))
    if (delay !== undefined && typeof delay !== 'function')
      checkMilliseconds(delay, `/implementations/delays${step(name)}`)
}
