// Turns `send` into actions: a raise for the machine itself, a message for its parent or for a child.
//   S1. Target, event, delay and parameters are read when the element runs, not when the event is delivered.
//   S2. An event that a machine sends to itself takes the external queue: it comes after every event that was raised
//       and after the script has read the configuration. One simulated millisecond stands for that.
import type { UnknownAction } from 'xstate'
import { enqueueContent } from './action.ts'
import { type Datamodel, type Expression, type Moment, milliseconds } from './datamodel.ts'
import { stateKey } from './names.ts'
import type { Element } from './xml.ts'

const EXTERNAL_QUEUE_DELAY = 1

export function createSend(element: Element, datamodel: Datamodel): UnknownAction {
  const { id } = element.attributes
  const read = attributeReader(element, datamodel)
  const [event, target, delay] = [read('event', 'eventexpr'), read('target', 'targetexpr'), read('delay', 'delayexpr')]
  const data = parameters(element, datamodel)
  return enqueueContent(({ context, event: cause, enqueue }) => {
    const moment = { context, event: cause }
    const message = { type: event(moment) ?? '', origin: datamodel.location, ...data(moment) }
    const to = target(moment) ?? datamodel.location
    const wait = delay(moment)
    const options = { ...(wait !== undefined && { delay: milliseconds(wait) }), ...(id !== undefined && { id }) }
    if (to === '#_internal') enqueue.raise(message)
    else if (to === '#_parent') enqueue.sendParent(message, options)
    else if (to === datamodel.location) enqueue.raise(message, { delay: EXTERNAL_QUEUE_DELAY, ...options })
    else enqueue.sendTo(childId(to), message, options)
  })
}

type Read = (moment: Moment) => string | undefined

function attributeReader({ attributes }: Element, datamodel: Datamodel): (literal: string, computed: string) => Read {
  return (literal, computed) => {
    const source = attributes[computed]
    if (source === undefined) return () => attributes[literal]
    const value = datamodel.expression(source)
    return (moment) => String(value(moment))
  }
}

function parameters({ children }: Element, datamodel: Datamodel): (moment: Moment) => { readonly data?: object } {
  const values = children.map(({ name, attributes }): [string, Expression] => {
    if (name !== 'param') throw new Error(`<${name}> is not supported in <send>: add it to send.ts`)
    return [attributes.name ?? '', datamodel.expression(attributes.expr ?? '')]
  })
  if (values.length === 0) return () => ({})
  return (moment) => ({ data: Object.fromEntries(values.map(([name, value]) => [name, value(moment)])) })
}

function childId(target: string): string {
  if (!target.startsWith('#_')) throw new Error(`No such target: ${target}`)
  return stateKey(target.slice(2))
}
