// Machine check. Owns that a machine which cannot work is refused before it starts, with the place and the remedy.
//   XState accepts most of these in silence and fails late, or never. Checked here: structure (machine-tree), targets
//   (machine-transitions), names and what can be made durable (machine-names), dead ends (machine-reach), the context.
import type { AnyStateMachine } from 'xstate'
import { createCodec } from '../codec.ts'
import { escapeText, TroupeError } from '../errors.ts'
import { checkInvokeIds, invokesOf } from './machine-invokes.ts'
import { isMachine } from './machine-logic.ts'
import {
  checkActions,
  checkAfter,
  checkGuard,
  checkHands,
  checkInvoke,
  handsOf,
  type Names,
  type Warning,
} from './machine-names.ts'
import { findDeadEnds } from './machine-reach.ts'
import { isFields, refuse, step } from './machine-refusal.ts'
import { type Transition, targetsOf, transitionsOf } from './machine-transitions.ts'
import { type MachineState, readTree } from './machine-tree.ts'

export type CheckOptions = {
  /** Whether states that cannot be entered or left are refused instead of reported. Default false. */
  strict?: boolean
}
export type CheckResult = { warnings: Warning[] }

const asInvalid = (error: unknown): TroupeError => {
  if (error instanceof TroupeError) return error
  const message = error instanceof Error ? error.message : String(error)
  const place = placeIn(message)
  const said = error instanceof RangeError ? 'it is nested too deeply or contains itself' : escapeText(message, 400)
  return new TroupeError('machine.invalid', `${place}: XState refuses this machine: ${said}; mend its configuration`, {
    place,
    cause: error,
  })
}

/** XState names the state by its id, `machine.a.b`; the path is all of it but the machine. */
const placeIn = (message: string): string => {
  const id = /(?:state node|State) ['"]#?([^'"]+)['"]/.exec(message)?.[1] ?? ''
  const path = id.split('.').slice(1)
  return path.map((key) => `/states${step(key)}`).join('') || '/'
}

const assertMachine = (value: unknown): void => {
  if (isMachine(value)) return
  const what =
    value === null ? 'null' : typeof value === 'object' ? 'an object that is no machine' : `a ${typeof value}`
  refuse('', `this is ${what}; pass what createMachine() or setup().createMachine() returns`)
}

/**
 * Builds a machine, turning what XState throws on the way into `machine.invalid`.
 *
 * @example const machine = readMachine(() => createMachine({ initial: 'idle', states: { idle: {} } }))
 */
export const readMachine = <M extends AnyStateMachine>(make: () => M): M => {
  try {
    const machine = make()
    assertMachine(machine)
    return machine
  } catch (error) {
    throw asInvalid(error)
  }
}

const checkStored = (value: unknown, place: string, what: string): void => {
  try {
    createCodec().encode(value)
  } catch (error) {
    if (!(error instanceof TroupeError)) throw error
    const inside = error.place === '/' ? '' : (error.place ?? '')
    refuse(`${place}${inside}`, `${what} cannot be stored: ${error.message}`)
  }
}

const checkTransition = (names: Names, { trigger, name, place, guard, actions }: Transition): void => {
  if (trigger === 'after') checkAfter(names, name, place)
  checkGuard(names, guard, `${place}/guard`)
  checkActions(names, actions, `${place}/actions`)
}

const checkState = (names: Names, state: MachineState): Transition[] => {
  const { config, place, type } = state
  if (config.target !== undefined && type !== 'history')
    refuse(
      `${place}/target`,
      'only a history state has a target of its own; put it in a transition, such as on or always',
    )
  targetsOf(names.tree, state, config.target, `${place}/target`)
  checkActions(names, config.entry, `${place}/entry`)
  checkActions(names, config.exit, `${place}/exit`)
  for (const invoke of invokesOf(state)) {
    checkInvoke(names, invoke, state)
    if (typeof invoke.fields.input !== 'function')
      checkStored(invoke.fields.input, `${invoke.place}/input`, 'the input')
  }
  const transitions = transitionsOf(names.tree, state)
  for (const transition of transitions) checkTransition(names, transition)
  return transitions
}

const checkContext = (context: unknown): void => {
  if (context === undefined || typeof context === 'function') return
  if (!isFields(context)) refuse('/context', 'the context must be an object, or a function that returns one')
  checkStored(context, '/context', 'the initial context')
}

type Child = { place: string; machine: AnyStateMachine }

/** The machines that a machine brings with it: registered, or inline in an invoke. */
const childrenOf = ({ tree, hands }: Names): Child[] => {
  const found = Object.entries(hands.actors).map(([name, logic]) => ({
    place: `/implementations/actors${step(name)}`,
    logic,
  }))
  const inline = tree.states.flatMap((state) =>
    invokesOf(state).map(({ place, fields }) => ({ place: `${place}/src`, logic: fields.src })),
  )
  return [...found, ...inline].flatMap(
    ({ place, logic }) => (isMachine(logic) ? [{ place, machine: logic as AnyStateMachine }] : []), // held by isMachine
  )
}

type Check = { options: CheckOptions; seen: Set<unknown> }

const checkChild = (check: Check, { place, machine }: Child): Warning[] => {
  if (check.seen.has(machine)) return []
  check.seen.add(machine)
  try {
    const warnings = checkParts(check, machine.config, machine.implementations)
    return warnings.map((warning) => ({ ...warning, place: place + warning.place }))
  } catch (error) {
    if (!(error instanceof TroupeError)) throw error
    throw new TroupeError(error.code, place + error.message, { place: `${place}${error.place ?? ''}`, cause: error })
  }
}

const checkParts = (check: Check, config: unknown, implementations: unknown): Warning[] => {
  const tree = readTree(config)
  const names: Names = { tree, hands: handsOf(implementations), warnings: [] }
  const transitions = new Map(tree.states.map((state) => [state, checkState(names, state)]))
  checkHands(names)
  checkInvokeIds(tree)
  checkContext(tree.root.config.context)
  const deadEnds = findDeadEnds(tree, transitions)
  const first = deadEnds[0]
  if (check.options.strict === true && first) refuse(first.place, first.message)
  const inner = childrenOf(names).flatMap((child) => checkChild(check, child))
  return [...names.warnings, ...deadEnds, ...inner]
}

/** Checks a configuration before a machine is made of it: as checkMachine, with the exact place of what XState itself throws on. */
export const checkMachineConfig = (
  config: unknown,
  implementations?: unknown,
  options: CheckOptions = {},
): CheckResult => ({ warnings: checkParts({ options, seen: new Set() }, config, implementations) })

/**
 * Checks a machine before it starts. Throws `machine.invalid` for what cannot work and `machine.not-durable` for what
 * would not survive a restart; `place` is the path in the configuration. What merely looks wrong is returned.
 *
 * @example const { warnings } = checkMachine(machine, { strict: true })
 */
export const checkMachine = (machine: AnyStateMachine, options: CheckOptions = {}): CheckResult => {
  try {
    assertMachine(machine)
    return { warnings: checkParts({ options, seen: new Set([machine]) }, machine.config, machine.implementations) }
  } catch (error) {
    throw asInvalid(error)
  }
}
