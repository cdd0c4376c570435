// Registry. Owns which machines a system knows by name: those of its agents' runs, those it was given, and its own.
//   G1. A name means one machine: what the store recorded under it goes on with that one and no other.
import type { AnyActorLogic, AnyStateMachine } from 'xstate'
import type { Agent, Hands } from '../actors/agent.ts'
import { messageSchema } from '../actors/messages.ts'
import { askMachine } from '../machines/ask.ts'
import { runMachine } from '../machines/run.ts'
import { type Definition, define, withOptions } from '../runtime/definition.ts'
import { TroupeError } from '../runtime/errors.ts'

export interface Registry {
  readonly agents: ReadonlyMap<string, Agent>
  find(id: string): Definition | null
  /** The definition of an agent's runs; adds an agent that is new. Throws `config.invalid` for a name that is taken. */
  ofAgent(agent: Agent): Definition
  /** The definition of any machine; adds one that is new. Throws `config.invalid` for an id that is taken. */
  ofMachine(machine: AnyActorLogic): Definition
}

export type RegistryOptions = {
  agents: readonly Agent[]
  machines: readonly AnyActorLogic[]
  hands: Hands
}

const machineIdOf = (agent: Agent): string => `run:${agent.name}`

const taken = (what: string, name: string): TroupeError =>
  new TroupeError('config.invalid', `two ${what} "${name}"; give each its own`, { place: name })

const runOf = (agent: Agent, hands: Hands): AnyActorLogic => {
  const machine = runMachine.provide({ actors: { agent: agent.logic(hands) as never } }) // any agent's machine fits
  return withOptions(machine, { accepts: messageSchema, events: 'enveloped' })
}

export const createRegistry = ({ agents: given, machines, hands }: RegistryOptions): Registry => {
  const agents = new Map<string, Agent>()
  const known = new Map<string, Definition>()
  const logics = new Map<AnyActorLogic, Definition>()
  const add = (definition: Definition): Definition => {
    known.set(definition.id, definition)
    return definition
  }

  const ofAgent = (agent: Agent): Definition => {
    const same = agents.get(agent.name)
    if (same && same !== agent) throw taken('agents have the name', agent.name)
    const definition = known.get(machineIdOf(agent)) ?? add(define(runOf(agent, hands), machineIdOf(agent)))
    agents.set(agent.name, agent)
    return definition
  }

  const ofMachine = (machine: AnyActorLogic): Definition => {
    const before = logics.get(machine)
    if (before) return before
    const definition = define(machine)
    const same = known.get(definition.id)
    // The same statechart with other implementations is the same machine. Transition functions cannot be compared.
    if (same && (same.hash !== definition.hash || definition.hash === 'transition'))
      throw taken('machines have the id', definition.id)
    if (!same) add(definition)
    logics.set(machine, definition)
    return definition
  }

  ofMachine(askMachine as unknown as AnyStateMachine)
  for (const machine of machines) ofMachine(machine)
  for (const agent of given) ofAgent(agent)
  return { agents, find: (id) => known.get(id) ?? null, ofAgent, ofMachine }
}
