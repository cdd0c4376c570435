// Machine reach. Owns which states can be entered and which can be left, as far as the configuration shows; guards count as open.
import { quote } from './machine-refusal.ts'
import { type Transition, targetsOf } from './machine-transitions.ts'
import { initialKey, type MachineState, type MachineTree } from './machine-tree.ts'

export type TransitionsByState = ReadonlyMap<MachineState, readonly Transition[]>

const parentsOf = (state: MachineState): MachineState[] => {
  const parents: MachineState[] = []
  for (let parent = state.parent; parent; parent = parent.parent) parents.push(parent)
  return parents
}

/** Where entering a state by default leads next. */
const defaultsOf = (tree: MachineTree, state: MachineState): MachineState[] => {
  if (state.type === 'parallel') return [...state.children.values()]
  if (state.type === 'history') {
    const targets = targetsOf(tree, state, state.config.target, `${state.place}/target`)
    return targets.length > 0 || !state.parent ? targets : defaultsOf(tree, state.parent)
  }
  const key = initialKey(state)
  const child = state.type === 'compound' && typeof key === 'string' ? state.children.get(key) : undefined
  return child ? [child] : []
}

/** The states that some sequence of events enters. */
export const reachable = (tree: MachineTree, transitions: TransitionsByState): Set<MachineState> => {
  const active = new Set<MachineState>()
  const entered = new Set<MachineState>()
  const queue: MachineState[] = [tree.root]
  for (const state of tree.states) if (state.config.route) queue.push(state)
  const activate = (state: MachineState): void => {
    if (active.has(state)) return
    active.add(state)
    // `initial` is a default, not a transition: a state entered from outside at a child does not take it.
    for (const { trigger, targets } of transitions.get(state) ?? []) if (trigger !== 'initial') queue.push(...targets)
    if (state.type === 'parallel') queue.push(...state.children.values())
    if (state.parent) activate(state.parent)
  }
  for (let state = queue.pop(); state; state = queue.pop()) {
    if (entered.has(state)) continue
    entered.add(state)
    activate(state)
    queue.push(...defaultsOf(tree, state))
  }
  return active
}

const leaves = (state: MachineState, transition: Transition, isOwn: boolean): boolean => {
  if (transition.trigger === 'initial') return false
  // The end of an ancestor cannot come while a state that never ends is inside it.
  if (!isOwn && transition.trigger === 'onDone') return false
  return transition.targets.some((target) => target !== state)
}

/** A state with no siblings anywhere above has nowhere to go: that is a machine of one state, not a trap. */
const isAlone = (state: MachineState): boolean =>
  [state, ...parentsOf(state)].every((one) => !one.parent || one.parent.children.size === 1)

const endsItsParent = (state: MachineState, transitions: TransitionsByState): boolean => {
  const { parent } = state
  if (!parent?.parent || parent.parent.type === 'parallel') return true
  return (transitions.get(parent) ?? []).some(({ trigger }) => trigger === 'onDone')
}

const isTrap = (state: MachineState, transitions: TransitionsByState, routes: boolean): boolean => {
  if (routes || state.children.size > 0 || state.type === 'history' || isAlone(state)) return false
  if (state.type === 'final' && endsItsParent(state, transitions)) return false
  const own = (transitions.get(state) ?? []).some((transition) => leaves(state, transition, true))
  return (
    !own && !parentsOf(state).some((parent) => (transitions.get(parent) ?? []).some((t) => leaves(state, t, false)))
  )
}

export type Finding = { place: string; message: string }

/** States that cannot be entered, and states that cannot be left though they are no end. */
export const findDeadEnds = (tree: MachineTree, transitions: TransitionsByState): Finding[] => {
  const live = reachable(tree, transitions)
  const routes = tree.states.some((state) => state.config.route)
  return tree.states.flatMap((state) => {
    const { place, key } = state
    if (!live.has(state))
      return [{ place, message: `no event leads to the state ${quote(key)}; add a transition to it or remove it` }]
    if (!isTrap(state, transitions, routes)) return []
    const remedy =
      state.type === 'final' ? 'give its parent an onDone' : 'give it a transition, or type: "final" if it is the end'
    return [{ place, message: `nothing leads out of the state ${quote(key)}; ${remedy}` }]
  })
}
