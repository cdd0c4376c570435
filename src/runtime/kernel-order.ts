// Kernel order. Owns the one order in which a snapshot holds its parts.
//   O1. Active states are those of the state value, in the order of the document, as SCXML has it. XState keeps the order in
//       which they were entered and takes parallel regions in that order; where transitions of two regions collide it can
//       even keep a state active that the value does not show. No stored value tells either: a restored machine would differ.
//   O2. Children and histories are by id: the order in which they came is nowhere in the store.
import type { AnyMachineSnapshot, AnyStateNode, StateValue } from 'xstate'

/** The same record with its keys in code unit order. */
export const sorted = <Value>(record: Record<string, Value>): Record<string, Value> => {
  const keys = Object.keys(record)
  if (keys.every((key, i) => i === 0 || keys[i - 1]! < key)) return record
  return Object.fromEntries(keys.sort().map((key) => [key, record[key]!]))
}

const orderOf = (states: Record<string, AnyStateNode>, key: string): number => states[key]?.order ?? 0

/** A state value with its regions in document order. Every state in it must exist. */
export const orderedValue = ({ states }: AnyStateNode, value: StateValue): StateValue => {
  if (typeof value === 'string') return value
  const keys = Object.keys(value).sort((a, b) => orderOf(states, a) - orderOf(states, b))
  return Object.fromEntries(keys.map((key) => [key, orderedValue(states[key]!, value[key]!)]))
}

/** The active states that an ordered value names, in document order. */
const nodesOf = ({ states }: AnyStateNode, value: StateValue): AnyStateNode[] =>
  typeof value === 'string'
    ? [states[value]!]
    : Object.entries(value).flatMap(([key, inner]) => [states[key]!, ...nodesOf(states[key]!, inner!)])

const isSame = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one.length === other.length && one.every((part, i) => part === other[i])

/** The snapshot itself, its value in document order and its active states those of the value (O1). */
export const inOrder = (snapshot: AnyMachineSnapshot): AnyMachineSnapshot => {
  const { root } = snapshot.machine
  const nodes = snapshot._nodes as AnyStateNode[]
  if (nodes.every((node, i) => i === 0 || nodes[i - 1]!.order < node.order)) {
    if (isSame(nodes, [root, ...nodesOf(root, snapshot.value)])) return snapshot
  }
  const value = orderedValue(root, snapshot.value)
  return Object.assign(snapshot, { value, _nodes: [root, ...nodesOf(root, value)] })
}
