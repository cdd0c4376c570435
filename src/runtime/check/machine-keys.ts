// Machine keys. Owns which keys XState reads in a configuration: it ignores any other in silence, so they are refused here.

import { suggestion } from '../suggest.ts'
import { type Fields, isFields, quote, refuse, step } from './machine-refusal.ts'

const keysOfState = [
  ...[
    'id',
    'type',
    'initial',
    'states',
    'history',
    'target',
    'on',
    'always',
    'after',
    'onDone',
    'invoke',
    'entry',
    'exit',
  ],
  ...['output', 'tags', 'meta', 'description', 'route', 'order', 'parent'],
]
const keysOfMachine = [...keysOfState, 'context', 'version', 'types', 'schemas', 'options']
const keysOfTransition = ['target', 'guard', 'actions', 'reenter', 'meta', 'description']
const keysOfInvoke = [
  'id',
  'src',
  'input',
  'systemId',
  'syncSnapshot',
  'onDone',
  'onError',
  'onSnapshot',
  'meta',
  'description',
]
const keysOfReference = ['type', 'params']

export const transitionKeys: readonly string[] = keysOfTransition
export const invokeKeys: readonly string[] = keysOfInvoke
/** An action or a guard by name: `{ type, params }`. */
export const referenceKeys: readonly string[] = keysOfReference

export const stateKeys = (isRoot: boolean): readonly string[] => (isRoot ? keysOfMachine : keysOfState)

/** Keys of earlier XState versions that look like nothing of today. */
const renamed = new Map([
  ['cond', 'guard'],
  ['data', 'output'],
  ['internal', 'reenter'],
  ['activities', 'invoke'],
  ['services', 'invoke'],
])

export const checkKeys = (fields: Fields, known: readonly string[], place: string): void => {
  for (const key of Object.keys(fields)) {
    if (known.includes(key) || fields[key] === undefined) continue
    const now = renamed.get(key)
    const remedy = now !== undefined && known.includes(now) ? `XState 5 calls it "${now}"` : suggestion(key, known)
    refuse(`${place}${step(key)}`, `there is no key ${quote(key)}, it would be ignored; ${remedy}`)
  }
}

/** The fields of an object at a place, or `machine.invalid`. */
export const fieldsAt = (value: unknown, known: readonly string[], place: string, what: string): Fields => {
  if (!isFields(value)) return refuse(place, `${what} must be an object`)
  checkKeys(value, known, place)
  return value
}
