// Converts an SCXML document into an XState machine. All that a machine remembers is in its state and its context.
//   C1. Children are registered by name, so that a machine can be restored from its snapshot.
//   C2. What XState or this file cannot express is an error, so that no case passes because half of it was left out.
import { type AnyStateMachine, createMachine, type UnknownAction, type UnknownMachineConfig } from 'xstate'
import { createActions } from './content.ts'
import { createDatamodel, type Datamodel } from './datamodel.ts'
import { stateKey, targetOf } from './names.ts'
import { createTransitions } from './transitions.ts'
import { type Element, only, parseXml } from './xml.ts'

type States = NonNullable<UnknownMachineConfig['states']>
type State = States[string]
type Reading = { readonly datamodel: Datamodel; readonly children: Map<string, AnyStateMachine> }

const MAX_ITERATIONS = 1000
const STATES = ['state', 'parallel', 'final', 'history']
const PARTS = [...STATES, 'initial', 'onentry', 'onexit', 'transition', 'invoke', 'datamodel']

export function machineFromScxml(source: string, id: string): AnyStateMachine {
  return createFrom(parseXml(source), stateKey(id))
}

function createFrom(document: Element, id: string): AnyStateMachine {
  if (document.name !== 'scxml') throw new Error(`Expected <scxml>, found <${document.name}>`)
  const declarations = only(document, 'datamodel').flatMap((datamodel) => only(datamodel, 'data'))
  const reading: Reading = { datamodel: createDatamodel(declarations, id), children: new Map() }
  const config: UnknownMachineConfig = {
    id,
    context: { data: reading.datamodel.initial },
    options: { maxIterations: MAX_ITERATIONS },
    ...body(document, reading),
    ...createTransitions(document, reading.datamodel),
  }
  return createMachine(config).provide({ actors: Object.fromEntries(reading.children) })
}

function body(element: Element, reading: Reading): Pick<State, 'type' | 'initial' | 'states'> {
  const unknown = element.children.find(({ name }) => !PARTS.includes(name))
  if (unknown) throw new Error(`<${unknown.name}> is not supported in <${element.name}>: add it to scxml.ts`)
  const inner = element.children.filter(({ name }) => STATES.includes(name))
  if (inner.length === 0) return element.name === 'final' ? { type: 'final' } : {}
  const states = Object.fromEntries(inner.map((child) => [stateKey(child.attributes.id ?? ''), state(child, reading)]))
  if (element.name === 'parallel') return { type: 'parallel', states }
  return { initial: stateKey(initialId(element, inner)), states }
}

function initialId(element: Element, inner: readonly Element[]): string {
  const explicit = element.attributes.initial ?? only(element, 'initial').map(defaultTarget)[0]
  const id = explicit ?? inner.find(({ name }) => name !== 'history')?.attributes.id
  if (inner.some(({ attributes }) => attributes.id === id)) return id ?? ''
  throw new Error(`Initial state ${id} is no child of ${element.attributes.id}: XState cannot express it`)
}

// The transition inside <initial> and <history>.
function defaultTarget({ children }: Element): string {
  const [transition] = children
  const target = transition?.attributes.target
  if (target && transition.children.length === 0 && !target.includes(' ')) return target
  throw new Error('A default transition must have one target and no content: XState cannot express more')
}

function state(element: Element, reading: Reading): State {
  const id = stateKey(element.attributes.id ?? '')
  if (element.name === 'history') return history(element, id)
  return {
    id,
    ...body(element, reading),
    entry: blocks(element, 'onentry', reading),
    exit: blocks(element, 'onexit', reading),
    invoke: only(element, 'invoke').map((child, index) => invocation(child, `${id}-${index}`, reading)),
    ...createTransitions(element, reading.datamodel),
  }
}

function history(element: Element, id: string): State {
  const depth = element.attributes.type === 'deep' ? 'deep' : 'shallow'
  return { id, type: 'history', history: depth, target: targetOf(defaultTarget(element)) }
}

function blocks(element: Element, name: 'onentry' | 'onexit', { datamodel }: Reading): UnknownAction[] {
  return only(element, name).flatMap(({ children }) => createActions(children, datamodel))
}

function invocation(
  element: Element,
  position: string,
  reading: Reading,
): { readonly id: string; readonly src: string } {
  const [document] = only(element, 'content').flatMap(({ children }) => children)
  if (!document) throw new Error('<invoke> is supported with an inline document only')
  const id = stateKey(element.attributes.id ?? position)
  reading.children.set(id, createFrom(document, id))
  return { id, src: id }
}
