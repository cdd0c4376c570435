// Translates names between SCXML and XState.
//   N1. State ids map one to one: XState reads `.` as a path, and no XML id contains the `:` that stands for it.
//   N2. `foo` in SCXML matches foo, foo.bar, but not foobar: the same as `foo.*` in XState.
import type { StateValue } from 'xstate'

export type Configuration = readonly string[]

const DONE_STATE = 'done.state'
const DONE_INVOKE = 'done.invoke'
const PLATFORM: Readonly<Record<string, string>> = {
  [DONE_STATE]: 'xstate.done.state',
  [DONE_INVOKE]: 'xstate.done.actor',
}

export const stateKey = (id: string): string => id.replaceAll('.', ':')

const stateId = (key: string): string => key.replaceAll(':', '.')

export const targetOf = (id: string): string => `#${stateKey(id)}`

export const words = (text: string | undefined): readonly string[] => text?.split(/\s+/).filter(Boolean) ?? []

/** The XState descriptor that matches what an SCXML event descriptor matches. */
export function descriptorOf(descriptor: string): string {
  if (descriptor === '*') return descriptor
  const name = descriptor.replace(/\.\*?$/, '')
  for (const [prefix, type] of Object.entries(PLATFORM)) {
    if (name === prefix) return `${type}.*`
    if (name.startsWith(`${prefix}.`)) return `${type}.${stateKey(name.slice(prefix.length + 1))}.*`
  }
  return `${name}.*`
}

/** What a document calls an event that arrives as `type`. */
export function eventNameOf(type: string): string {
  for (const [prefix, platform] of Object.entries(PLATFORM)) {
    if (type.startsWith(`${platform}.`)) return `${prefix}.${stateId(type.slice(platform.length + 1))}`
  }
  return type
}

/** The ids of the active atomic states: all that a test script compares. */
export function configurationOf(value: StateValue): Configuration {
  if (typeof value === 'string') return [stateId(value)]
  return Object.entries(value).flatMap(([key, child]) =>
    typeof child === 'object' && Object.keys(child).length === 0 ? [stateId(key)] : configurationOf(child ?? key),
  )
}
