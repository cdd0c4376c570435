// Machine logic. Owns the answer to what kind of actor a piece of XState logic is; XState itself does not say.
import { type Fields, isFields } from './machine-refusal.ts'

/** `machine` and `transition` are actors with rows, `promise` is a call, `callback` and `observable` are volatile. */
export type LogicKind = 'machine' | 'transition' | 'promise' | 'callback' | 'observable'

const call = (logic: Fields, method: string, ...values: readonly unknown[]): unknown => {
  try {
    return (logic[method] as (...values: readonly unknown[]) => unknown)(...values) // isLogic has seen that it is a function
  } catch {
    return undefined // a probe: what it throws says only that it is another kind
  }
}

const isLogic = (value: unknown): value is Fields =>
  isFields(value) && typeof value.transition === 'function' && typeof value.getInitialSnapshot === 'function'

/** A machine as `createMachine()` returns it. */
export const isMachine = (value: unknown): boolean =>
  isLogic(value) && value.__xstatenode === true && isFields(value.config) && isFields(value.implementations)

/**
 * The kind of a logic, or null when the value is none. It is told by how the logic behaves, since its functions carry no
 * tag: only logic made by fromPromise ends on its own resolve event, and only an observable's snapshot has a subscription.
 */
export const logicKind = (value: unknown): LogicKind | null => {
  if (!isLogic(value)) return null
  if (isMachine(value)) return 'machine'
  if (typeof value.start !== 'function') return 'transition'
  const initial = call(value, 'getInitialSnapshot', {}, undefined)
  if (isFields(initial) && '_subscription' in initial) return 'observable'
  const resolved = call(value, 'transition', { status: 'active' }, { type: 'xstate.promise.resolve' }, { self: {} })
  return isFields(resolved) && resolved.status === 'done' ? 'promise' : 'callback'
}
