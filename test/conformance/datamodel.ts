// The ecmascript datamodel: evaluates a document's expressions over the data that its machine keeps in its context.
//   D1. Data is JSON: a function is kept as its source, an undefined value is left out.
//   D2. Data is never changed in place: an assignment runs on a copy and returns it.
//   D3. Every expression is compiled when the document is read, so a broken one fails before the machine starts.
import type { EventObject, MachineContext } from 'xstate'
import { eventNameOf, words } from './names.ts'
import type { Element } from './xml.ts'

export type Moment = { readonly context: MachineContext; readonly event: EventObject }
export type Expression = (moment: Moment, isActive?: (id: string) => boolean) => unknown
export type Assignment = (moment: Moment) => Data

export type Datamodel = {
  readonly initial: Data
  readonly location: string
  readonly expression: (source: string) => Expression
  readonly assignment: (statements: string) => Assignment
}

type Data = Readonly<Record<string, unknown>>

const SYSTEM = ['In', '_event', '_sessionid', '_ioprocessors']
const START: EventObject = { type: 'xstate.init' }

export function createDatamodel(declarations: readonly Element[], session: string): Datamodel {
  const names = declarations.map(({ attributes }) => attributes.id ?? '')
  const location = `#_scxml_${session}`
  const compile = (body: string): Expression => {
    const run = new Function(...SYSTEM, ...names, `"use strict"; ${body}`)
    return ({ context, event }, isActive = unknownState) => {
      const data = revive(context.data)
      return run(isActive, describeEvent(event), session, processors(location), ...names.map((name) => data[name]))
    }
  }
  const expression = (source: string): Expression => compile(`return (${source}\n)`)
  const assignment = (statements: string): Assignment => {
    const run = compile(`${statements}\n; return { ${names.join(', ')} }`)
    return (moment) => store(run(moment) as Record<string, unknown>) // the line above returns an object
  }
  return { initial: initialData(declarations, expression), location, expression, assignment }
}

// In document order, each value seen by the ones after it.
function initialData(declarations: readonly Element[], expression: Datamodel['expression']): Data {
  let data: Data = {}
  for (const { attributes } of declarations) {
    const { id = '', expr } = attributes
    if (expr !== undefined) data = store({ ...data, [id]: expression(expr)({ context: { data }, event: START }) })
  }
  return data
}

function store(values: Data): Data {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    kept.map(([name, value]) => [name, typeof value === 'function' ? { functionSource: `${value}` } : value]),
  )
}

function revive(data: Data): Data {
  return Object.fromEntries(
    Object.entries(structuredClone(data)).map(([name, value]) => {
      const source = (value as { functionSource?: string } | null)?.functionSource // absent on every other value
      return [name, source === undefined ? value : new Function(`return (${source})`)()]
    }),
  )
}

function describeEvent({ type, data, origin }: EventObject & { readonly data?: unknown; readonly origin?: string }) {
  return { name: eventNameOf(type), data, origin }
}

function processors(location: string): Readonly<Record<string, { readonly location: string }>> {
  return { basichttp: { location }, scxml: { location } }
}

function unknownState(id: string): never {
  throw new Error(`In('${id}') is only known in a condition, and only with a literal id`)
}

/** Milliseconds in `10ms`, `1s` or `.5s`. */
export function milliseconds(duration: string): number {
  const [, amount, unit] = /^([\d.]+)(ms|s)$/.exec(words(duration).join('')) ?? []
  if (amount === undefined) throw new Error(`Unknown duration ${duration}: write 10ms or 1s`)
  return Number(amount) * (unit === 's' ? 1000 : 1)
}
