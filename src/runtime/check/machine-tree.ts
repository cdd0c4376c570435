// Machine tree. Owns the reading of a machine's raw configuration as a tree of states; knows nothing of what the states do.
//   It never touches XState's own nodes: some of them are built lazily and throw untyped errors when they are.
//   M1. No walk recurses before its depth is known to be within the limit.   M2. A name is looked up as an own key only.

import { suggestion } from '../suggest.ts'
import { checkKeys, stateKeys } from './machine-keys.ts'
import { type Fields, isFields, quote, refuse, step } from './machine-refusal.ts'

export const machineLimits = { states: 5000, depth: 100 } as const

export type StateType = 'atomic' | 'compound' | 'parallel' | 'final' | 'history'

/** One state of a machine, as configured. The root is a state without a parent. */
export type MachineState = {
  key: string
  /** JSON pointer into the configuration, e.g. `/states/a`; empty for the root. */
  place: string
  /** What XState calls it: its own `id`, else the machine's id and the keys, joined by dots. */
  id: string
  type: StateType
  config: Fields
  depth: number
  parent: MachineState | null
  children: Map<string, MachineState>
}

export type MachineTree = { root: MachineState; states: MachineState[]; byId: Map<string, MachineState> }

const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

const checkName = (key: string, place: string): void => {
  if (key === '') refuse(place, 'a state has an empty name; give it one')
  if (forbidden.has(key))
    refuse(place, `a state may not be called "${key}": it would reach into the object itself; rename it`)
  if (/[.\\\s\p{Cc}]/u.test(key) || key.startsWith('#'))
    refuse(
      place,
      `the state name ${quote(key)} holds a dot, a backslash, a space, a control character or a leading #, which targets cannot name; rename it`,
    )
}

const types: readonly string[] = ['atomic', 'compound', 'parallel', 'final', 'history']

const typeOf = (config: Fields, place: string): StateType => {
  const { type, states, history } = config
  if (type === undefined || type === '') {
    if (isFields(states) && Object.keys(states).length > 0) return 'compound'
    return history ? 'history' : 'atomic'
  }
  if (typeof type === 'string' && types.includes(type)) return type as StateType // held by the line above
  return refuse(`${place}/type`, `there is no state type ${quote(type)}; ${suggestion(String(type), types)}`)
}

const entriesOf = (states: unknown, place: string): [string, unknown][] => {
  if (states === undefined) return []
  if (!isFields(states)) return refuse(place, 'states must be an object of states by name')
  const prototype = Object.getPrototypeOf(states)
  if (prototype !== Object.prototype && prototype !== null) checkName('__proto__', `${place}/__proto__`)
  return Object.entries(states)
}

const readState = (config: unknown, key: string, parent: MachineState | null, machineId: string): MachineState => {
  const place = parent ? `${parent.place}/states${step(key)}` : ''
  if (parent) checkName(key, place)
  if (!isFields(config)) return refuse(place, 'a state must be an object; write {} for one that does nothing')
  checkKeys(config, stateKeys(parent === null), place)
  if (config.id !== undefined && typeof config.id !== 'string') refuse(`${place}/id`, 'an id must be text')
  const id = (config.id as string | undefined) || (parent ? childId(parent, key, machineId) : machineId)
  const depth = parent ? parent.depth + 1 : 0
  return { key, place, id, type: typeOf(config, place), config, depth, parent, children: new Map() }
}

const childId = (parent: MachineState, key: string, machineId: string): string => {
  const keys = [key]
  for (let state: MachineState | null = parent; state?.parent; state = state.parent) keys.unshift(state.key)
  return [machineId, ...keys].join('.')
}

const addId = (tree: MachineTree, state: MachineState): void => {
  const other = tree.byId.get(state.id)
  if (other)
    refuse(
      state.config.id === undefined ? state.place : `${state.place}/id`,
      `two states have the id ${quote(state.id)} (the other is ${other.place || '/'}); give each its own`,
    )
  tree.byId.set(state.id, state)
}

/** The root is not counted among the states. */
const checkLimits = (tree: MachineTree, state: MachineState): void => {
  const { states, depth } = machineLimits
  if (state.depth > depth)
    refuse(
      state.place.slice(0, 120),
      `states are nested deeper than the limit of ${depth}; flatten them or split the machine`,
    )
  if (tree.states.length > states + 1)
    refuse('/states', `the machine has more than the limit of ${states} states; split it into child machines`)
}

/** The key a compound state starts in, or undefined when it names none. */
export const initialKey = (state: MachineState): unknown =>
  isFields(state.config.initial) ? state.config.initial.target : state.config.initial

const checkInitial = (state: MachineState): void => {
  const key = initialKey(state)
  const names = [...state.children.keys()]
  if (state.config.initial === undefined || key === undefined || key === '') {
    if (state.type !== 'compound') return
    refuse(state.place, `this state has states of its own and no \`initial\`; add initial: ${quote(names[0] ?? '…')}`)
  }
  if (typeof key === 'string' && state.children.has(key)) return
  const place = isFields(state.config.initial) ? `${state.place}/initial/target` : `${state.place}/initial`
  refuse(place, `initial names the state ${quote(key)}, which does not exist here; ${suggestion(String(key), names)}`)
}

/** The states of a configuration. Throws `machine.invalid` for names, keys, types, ids, `initial` and limits. */
export const readTree = (config: unknown): MachineTree => {
  if (!isFields(config)) return refuse('', 'a machine is configured by an object; pass one to createMachine()')
  const machineId = typeof config.id === 'string' && config.id !== '' ? config.id : '(machine)'
  const root = readState(config, machineId, null, machineId)
  const tree: MachineTree = { root, states: [], byId: new Map() }
  const visit = (state: MachineState): void => {
    tree.states.push(state)
    checkLimits(tree, state)
    addId(tree, state)
    for (const [key, value] of entriesOf(state.config.states, `${state.place}/states`)) {
      const child = readState(value, key, state, machineId)
      state.children.set(key, child)
      visit(child)
    }
    checkInitial(state)
  }
  visit(root)
  return tree
}
