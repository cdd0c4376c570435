// Turns a state's transitions into `on` and `always`.
//   T1. An external transition re-enters its source: in SCXML by default, in XState when asked.
//   T2. `internal` holds where SCXML lets it: from a compound state to states inside it.
//   T3. XState tries the longest descriptor first, SCXML the first in the document: where they differ is an error.
import type { UnknownMachineConfig } from 'xstate'
import { createCondition } from './condition.ts'
import { createActions } from './content.ts'
import type { Datamodel } from './datamodel.ts'
import { descriptorOf, targetOf, words } from './names.ts'
import { type Element, only } from './xml.ts'

type Transitions = Pick<UnknownMachineConfig, 'on' | 'always'>

export function createTransitions(source: Element, datamodel: Datamodel): Transitions {
  const all = only(source, 'transition').map((element) => ({
    descriptors: words(element.attributes.event).map(descriptorOf),
    transition: transition(element, source, datamodel),
  }))
  const descriptors = [...new Set(all.flatMap((entry) => entry.descriptors))]
  refuseReordering(descriptors)
  const having = (descriptor: string) => all.filter((entry) => entry.descriptors.includes(descriptor))
  return {
    on: Object.fromEntries(descriptors.map((name) => [name, having(name).map((entry) => entry.transition)])),
    always: all.filter((entry) => entry.descriptors.length === 0).map((entry) => entry.transition),
  }
}

function transition(element: Element, source: Element, datamodel: Datamodel) {
  const { cond, target } = element.attributes
  const actions = createActions(element.children, datamodel)
  const guard = cond === undefined ? {} : { guard: createCondition(cond, datamodel.expression(cond)) }
  if (target === undefined) return { actions, ...guard }
  return { target: words(target).map(targetOf), actions, ...guard, reenter: leavesSource(element, source) }
}

function leavesSource({ attributes }: Element, source: Element): boolean {
  const inside = words(attributes.target).every((id) => source.children.some((child) => contains(child, id)))
  return !(attributes.type === 'internal' && source.name === 'state' && inside)
}

function contains(element: Element, id: string): boolean {
  return element.attributes.id === id || element.children.some((child) => contains(child, id))
}

function refuseReordering(descriptors: readonly string[]): void {
  descriptors.forEach((general, index) => {
    const later = descriptors.slice(index + 1).find((special) => special.startsWith(general.slice(0, -1)))
    if (later) throw new Error(`${later} after ${general}: XState would try it first`)
  })
}
