// Machine invokes. Owns the reading of what a state invokes, and that no two of them are one child.
import { fieldsAt, invokeKeys } from './machine-keys.ts'
import { type Fields, list, quote, refuse, step } from './machine-refusal.ts'
import type { MachineState, MachineTree } from './machine-tree.ts'

export type Invoke = { id: string; place: string; fields: Fields }

export const invokesOf = (state: MachineState): Invoke[] => {
  const { invoke } = state.config
  return list(invoke).map((value, i) => {
    const place = `${state.place}/invoke${Array.isArray(invoke) ? step(i) : ''}`
    const fields = fieldsAt(value, invokeKeys, place, 'an invoke')
    if (fields.id !== undefined && typeof fields.id !== 'string')
      refuse(`${place}/id`, 'the id of an invoke must be text')
    return { id: (fields.id as string | undefined) ?? `${i}.${state.id}`, place, fields }
  })
}

type Claim = { invoke: Invoke; region: MachineState }

/** Two invokes that can be active together may not share an id: one child would replace the other. */
export const checkInvokeIds = (tree: MachineTree): void => {
  const own = new Map<MachineState, Map<string, Invoke>>()
  const regions = new Map<MachineState, Map<string, Claim>>()
  const clash = ({ id, place }: Invoke, other: Invoke | undefined): void => {
    if (other)
      refuse(place, `two invokes that can be active together have the id ${quote(id)} (the other is ${other.place})`)
  }
  const claim = (invoke: Invoke, region: MachineState, parallel: MachineState): void => {
    const claims = regions.get(parallel) ?? new Map<string, Claim>()
    const other = claims.get(invoke.id)
    if (other && other.region !== region) clash(invoke, other.invoke)
    regions.set(parallel, claims.set(invoke.id, { invoke, region }))
  }
  for (const state of tree.states)
    for (const invoke of invokesOf(state)) {
      for (let at: MachineState | null = state; at; at = at.parent) {
        clash(invoke, own.get(at)?.get(invoke.id))
        if (at.parent?.type === 'parallel') claim(invoke, at, at.parent)
      }
      own.set(state, (own.get(state) ?? new Map<string, Invoke>()).set(invoke.id, invoke))
    }
}
