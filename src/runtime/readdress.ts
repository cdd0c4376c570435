// Readdress. Owns moving the addresses in stored JSON from one run to another.
import type { Json } from './json.ts'

export type Move = { from: string; to: string }

/** Fields in which the bare id of a run is an address; elsewhere it may be any word. */
const addressFields = new Set(['from', 'to', 'address', 'runId', 'run', 'value', 'replyTo'])

const readdressString = (text: string, { from, to }: Move, field: string): string => {
  if (text.startsWith(`${from}/`)) return `${to}${text.slice(from.length)}`
  return text === from && addressFields.has(field) ? to : text
}

/** JSON with every address of a run and below it moved to another run. */
export const readdress = (json: Json, move: Move, field = ''): Json => {
  if (typeof json === 'string') return readdressString(json, move, field)
  if (json === null || typeof json !== 'object') return json
  if (Array.isArray(json)) return (json as readonly Json[]).map((item) => readdress(item, move, field))
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, readdress(value, move, key)]))
}

/** The same of JSON as text. */
export const readdressText = (text: string, move: Move): string =>
  JSON.stringify(readdress(JSON.parse(text) as Json, move))
