// Turns a `cond` into a guard. XState shows a guard the context and the event but not the active states, so an
// expression that asks In(id) is tried with every combination of answers, each beside the guards that prove it.
import {
  and,
  type EventObject,
  type GuardPredicate,
  type MachineContext,
  not,
  or,
  type ParameterizedObject,
  stateIn,
} from 'xstate'
import type { Expression } from './datamodel.ts'
import { targetOf } from './names.ts'

export type Condition = GuardPredicate<MachineContext, EventObject, unknown, ParameterizedObject>

const IN_PREDICATE = /\bIn\(\s*(['"])(.*?)\1\s*\)/g

export function createCondition(source: string, evaluate: Expression): Condition {
  const ids = [...new Set([...source.matchAll(IN_PREDICATE)].map(([, , id]) => id ?? ''))]
  if (ids.length === 0) return (moment) => Boolean(evaluate(moment))
  return or(subsets(ids).map((active) => and([...ids.map((id) => proof(id, active)), given(active, evaluate)])))
}

function proof(id: string, active: readonly string[]): Condition {
  return active.includes(id) ? stateIn(targetOf(id)) : not(stateIn(targetOf(id)))
}

function given(active: readonly string[], evaluate: Expression): Condition {
  return (moment) => Boolean(evaluate(moment, (id) => active.includes(id)))
}

function subsets(ids: readonly string[]): readonly (readonly string[])[] {
  const [first, ...rest] = ids
  if (first === undefined) return [[]]
  return subsets(rest).flatMap((subset) => [subset, [first, ...subset]])
}
