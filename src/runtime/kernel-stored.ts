// Kernel stored. Owns the shape of a snapshot in the store, and refusing what does not have it: XState takes anything.
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'

/** A snapshot as it is stored. */
export type Stored = {
  status: string
  value: Json
  context: Json
  history: Record<string, string[]>
  children: Record<string, { src: string; token: string }>
  output: Json | undefined
  error: Json | undefined
}

type Fields = { readonly [key: string]: Json }

const isFields = (value: Json | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: Json | undefined): boolean => typeof value === 'string'
const isValue = (value: Json | undefined): boolean =>
  isText(value) || (isFields(value) && Object.values(value).every(isValue))
const isChild = (value: Json | undefined): boolean => isFields(value) && isText(value.src) && isText(value.token)
const isHistory = (value: Json | undefined): boolean => Array.isArray(value) && value.every(isText)
const every = (value: Json | undefined, test: (value: Json | undefined) => boolean): boolean =>
  isFields(value) && Object.values(value).every(test)

const statuses = ['active', 'done', 'error', 'stopped']

const flawOf = (json: Json, isMachine: boolean): string | null => {
  if (!isFields(json)) return 'is no object'
  if (!statuses.includes(json.status as string)) return 'has no status that there is'
  if (json.context === undefined) return 'has no context'
  if (!isMachine) return null
  if (!isFields(json.context)) return 'has a context that is no object'
  if (!isValue(json.value)) return 'has no state'
  if (!every(json.children, isChild)) return 'has children of another form'
  return json.history === undefined || every(json.history, isHistory) ? null : 'has a history of another form'
}

/** The stored snapshot of `address`. Throws `store.corrupt` when it is none. */
export const parseStored = (json: Json, isMachine: boolean, address: string): Stored => {
  const flaw = flawOf(json, isMachine)
  if (flaw !== null)
    throw new TroupeError('store.corrupt', `the stored snapshot of ${address} ${flaw}; restore the store from a copy`, {
      place: address,
    })
  // flawOf has seen every field that is read.
  const { value = null, history = {}, children = {}, output, error, ...rest } = json as unknown as Stored
  return { ...rest, value, history, children, output, error }
}
