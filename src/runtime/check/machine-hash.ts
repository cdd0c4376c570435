// Machine hash. Owns the fingerprint of a machine's structure, by which a stored snapshot knows the machine it is of.
//   H1. It covers states, transitions and the names of actions, guards, delays and actors; never the body of a function.
//   H2. The order of states and of competing transitions counts, the order in which keys were written does not.
import { createHash } from 'node:crypto'
import type { AnyStateMachine } from 'xstate'
import type { Json } from '../json.ts'
import { type Invoke, invokesOf } from './machine-invokes.ts'
import { logicKind } from './machine-logic.ts'
import { type Fields, isFields, list } from './machine-refusal.ts'
import { type Transition, transitionsOf } from './machine-transitions.ts'
import { type MachineState, type MachineTree, readTree } from './machine-tree.ts'

const text = (value: unknown): Json =>
  typeof value === 'string' || typeof value === 'number' ? value : value === undefined ? null : 'ƒ'

/** An action or guard by its name; XState's own by what they were given. */
const nameOf = (value: unknown): Json => {
  if (typeof value === 'string') return value
  if (isFields(value)) return text(value.type)
  if (typeof value !== 'function') return null
  const built = value as unknown as Fields // XState's functions carry what they were given as fields
  if (Array.isArray(built.guards)) return [value.name, ...built.guards.map(nameOf)]
  if ('stateValue' in built) return ['stateIn', JSON.stringify(built.stateValue) ?? null]
  if (typeof built.type !== 'string') return 'ƒ'
  const event = isFields(built.event) ? built.event.type : built.event
  return [
    built.type,
    text(event),
    text(built.id),
    text(built.delay),
    text(built.src),
    text(built.to),
    text(built.sendId),
  ]
}

const transitionShape = ({ trigger, name, targets, guard, actions, reenter }: Transition): Json => ({
  trigger,
  name,
  targets: targets.map(({ place }) => place),
  guard: guard === undefined ? null : nameOf(guard),
  actions: actions.map(nameOf),
  reenter,
})

const invokeShape = ({ id, fields }: Invoke): Json => ({
  id,
  src: typeof fields.src === 'string' ? fields.src : ['ƒ', logicKind(fields.src)],
})

/** By trigger and name, whatever the order of keys; competing ones stay in the order they were written. */
const byName = (a: Transition, b: Transition): number => {
  const [x, y] = [`${a.trigger} ${a.name}`, `${b.trigger} ${b.name}`]
  return x < y ? -1 : x > y ? 1 : 0
}

const stateShape = (tree: MachineTree, state: MachineState): Json => {
  const { key, id, type, config } = state
  return {
    key,
    id,
    type,
    history:
      type === 'history' ? [text(config.history === true ? 'shallow' : config.history), text(config.target)] : null,
    entry: list(config.entry).map(nameOf),
    exit: list(config.exit).map(nameOf),
    invoke: invokesOf(state).map(invokeShape),
    transitions: transitionsOf(tree, state).sort(byName).map(transitionShape),
    states: [...state.children.values()].map((child) => stateShape(tree, child)),
  }
}

/** 16 hexadecimal characters that change when the structure of the machine does. `provide()` changes nothing. */
export const machineHash = (machine: AnyStateMachine): string => {
  const tree = readTree(machine.config)
  return createHash('sha256')
    .update(JSON.stringify(stateShape(tree, tree.root)))
    .digest('hex')
    .slice(0, 16)
}
