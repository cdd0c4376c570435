// Kernel order. Owns the one order in which a snapshot holds its parts.
//   O1. Active states are in the order of the document, as SCXML has it. XState keeps the order in which they were entered,
//       and takes parallel regions in that order, which no state value tells: a restored machine would step differently.
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

/** The snapshot itself, its active states and its value in document order (O1). */
export const inOrder = (snapshot: AnyMachineSnapshot): AnyMachineSnapshot => {
  const nodes = snapshot._nodes as AnyStateNode[]
  if (nodes.every((node, i) => i === 0 || nodes[i - 1]!.order < node.order)) return snapshot
  return Object.assign(snapshot, {
    _nodes: [...new Set(nodes)].sort((a, b) => a.order - b.order),
    value: orderedValue(snapshot.machine.root, snapshot.value),
  })
}
