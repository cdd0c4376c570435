// Machine transitions. Owns the reading of every way out of a state, in whichever of XState's spellings, and of its targets.

import { suggestion } from '../suggest.ts'
import { invokesOf } from './machine-invokes.ts'
import { fieldsAt, transitionKeys } from './machine-keys.ts'
import { type Fields, isFields, list, quote, refuse, step } from './machine-refusal.ts'
import type { MachineState, MachineTree } from './machine-tree.ts'

/** What takes a transition: an event, a delay, the end of a child, or entering the state that has `initial`. */
export type Trigger = 'initial' | 'on' | 'always' | 'after' | 'onDone' | 'invoke' | 'route'

export type Transition = {
  trigger: Trigger
  /** The event descriptor, the delay, or the invoke and its outcome. */
  name: string
  place: string
  targets: MachineState[]
  guard: unknown
  actions: readonly unknown[]
  reenter: boolean
}

/** `a\.b.c` as XState splits it: `a.b`, `c`. */
const splitPath = (path: string): string[] => {
  const parts: string[] = []
  let part = ''
  for (let i = 0; i < path.length; i++) {
    if (path[i] === '.') {
      parts.push(part)
      part = ''
    } else part += path[i] === '\\' ? (path[++i] ?? '') : path[i]
  }
  return [...parts, part]
}

const descend = (from: MachineState, path: readonly string[], target: string, place: string): MachineState => {
  let state = from
  for (const key of path) {
    if (key === '') return state
    const child = state.children.get(key)
    if (!child) {
      const names = [...state.children.keys()]
      const near = suggestion(key, names)
      return refuse(
        place,
        `the target ${quote(target)} names no state: ${quote(state.id)} has no ${quote(key)}; ${near}`,
      )
    }
    state = child
  }
  return state
}

/** The state that `#id` or `#id.child` names. */
export const stateById = (tree: MachineTree, id: string, place: string): MachineState => {
  const [first = '', ...rest] = splitPath(id)
  const state = tree.byId.get(first.replace(/^#/, ''))
  if (state) return descend(state, rest, id, place)
  const ids = [...tree.byId.keys()]
  return refuse(
    place,
    `no state has the id ${quote(first.replace(/^#/, ''))}; ${suggestion(first.replace(/^#/, ''), ids)}`,
  )
}

/** The state value of a `stateIn` guard, as far as it names states. */
export const checkStateValue = (tree: MachineTree, value: unknown, place: string, from = tree.root): void => {
  if (typeof value === 'string' && value.startsWith('#')) stateById(tree, value, place)
  else if (typeof value === 'string') descend(from, splitPath(value), value, place)
  else if (isFields(value))
    for (const [key, inner] of Object.entries(value))
      checkStateValue(tree, inner, place, descend(from, [key], key, place))
}

/** Whether XState finds the state again by its id alone, as it does for what is inline in its invoke. */
export const isFoundById = (tree: MachineTree, state: MachineState): boolean => {
  const [first = '', ...rest] = splitPath(state.id)
  let at = tree.byId.get(first)
  for (const key of rest) at = at?.children.get(key)
  return at === state
}

const targetOf = (tree: MachineTree, from: MachineState, target: unknown, place: string): MachineState => {
  if (typeof target !== 'string') return refuse(place, 'a target must be text: a state name, .child, or #id')
  if (target.startsWith('#')) return stateById(tree, target, place)
  if (target.startsWith('.')) return descend(from, splitPath(target.slice(1)), target, place)
  if (from.parent) return descend(from.parent, splitPath(target), target, place)
  const near = from.children.has(splitPath(target)[0]!)
    ? `write ".${target}"`
    : suggestion(target, [...from.children.keys()])
  return refuse(place, `${quote(target)} cannot be a target at the root, which has no siblings; ${near}`)
}

/** The states that a `target` names, none when it is absent. */
export const targetsOf = (tree: MachineTree, from: MachineState, target: unknown, place: string): MachineState[] => {
  if (target === undefined || target === '') return []
  if (!Array.isArray(target)) return [targetOf(tree, from, target, place)]
  return target.map((one, i) => targetOf(tree, from, one, `${place}${step(i)}`))
}

type Source = { tree: MachineTree; state: MachineState; trigger: Trigger }

const readOne = ({ tree, state, trigger }: Source, name: string, value: unknown, place: string): Transition => {
  const short = typeof value === 'string' || value === undefined
  const fields: Fields = short ? { target: value } : fieldsAt(value, transitionKeys, place, 'a transition')
  const targetPlace = short ? place : `${place}/target`
  const targets = targetsOf(tree, state, fields.target, targetPlace)
  const { guard, actions, reenter } = fields
  return { trigger, name, place, targets, guard, actions: list(actions), reenter: reenter === true }
}

const readMany = (source: Source, name: string, value: unknown, place: string): Transition[] =>
  Array.isArray(value)
    ? value.map((one, i) => readOne(source, name, one, `${place}${step(i)}`))
    : [readOne(source, name, value, place)]

const readMap = (source: Source, value: unknown, place: string): Transition[] => {
  if (value === undefined) return []
  if (!isFields(value)) return refuse(place, 'transitions must be an object by event or delay')
  return Object.keys(value).flatMap((name) => {
    if (name === '' && source.trigger === 'on')
      refuse(`${place}/`, 'an event has an empty name; for a transition without one write `always`')
    return readMany(source, name, value[name], `${place}${step(name)}`)
  })
}

const readInitial = (source: Source): Transition[] => {
  const { initial } = source.state.config
  if (initial === undefined) return []
  const place = `${source.state.place}/initial`
  const dotted =
    typeof initial === 'string' ? `.${initial}` : { ...(initial as Fields), target: `.${(initial as Fields).target}` } // readTree has checked it
  return [readOne(source, '', dotted, place)]
}

const readRoute = (tree: MachineTree, state: MachineState): Transition[] => {
  const { route, id } = state.config
  if (!route || typeof id !== 'string') return []
  const place = `${state.place}/route`
  const fields = fieldsAt(route, transitionKeys, place, 'a route')
  return [readOne({ tree, state, trigger: 'route' }, id, { ...fields, target: `#${id}` }, place)]
}

/** Every transition that starts in a state, in the order XState considers them within a trigger. */
export const transitionsOf = (tree: MachineTree, state: MachineState): Transition[] => {
  const { config, place } = state
  const from = (trigger: Trigger): Source => ({ tree, state, trigger })
  const outcomes = invokesOf(state).flatMap((invoke) =>
    (['onDone', 'onError', 'onSnapshot'] as const).flatMap((outcome) => {
      const value = invoke.fields[outcome]
      return value === undefined
        ? []
        : readMany(from('invoke'), `${outcome} ${invoke.id}`, value, `${invoke.place}/${outcome}`)
    }),
  )
  return [
    ...readInitial(from('initial')),
    ...readMap(from('on'), config.on, `${place}/on`),
    ...(config.always === undefined ? [] : readMany(from('always'), '', config.always, `${place}/always`)),
    ...readMap(from('after'), config.after, `${place}/after`),
    ...(config.onDone === undefined ? [] : readMany(from('onDone'), '', config.onDone, `${place}/onDone`)),
    ...outcomes,
    ...readRoute(tree, state),
  ]
}
