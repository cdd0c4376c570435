// Define team. Owns agents made of agents: an orchestrator that carries out a plan with its members. A team is an agent.
import { z } from 'zod'
import { type OrchestratorInput, orchestratorMachine } from '../machines/orchestrator.ts'
import { type Limits, withOptions } from '../runtime/definition.ts'
import { TroupeError } from '../runtime/errors.ts'
import { type Agent, type Hands, nameRule } from './agent.ts'
import { messageSchema } from './messages.ts'
import { checkPlan, type PlanInput } from './plan.ts'

export type TeamOptions = {
  /** Default `team`. */
  name?: string
  description?: string
  role?: string
  agents: readonly Agent[]
  /** Who plans and integrates, by name. Default the member with the role `lead`, if any. */
  lead?: string | null
  /** Who reviews, by name. Default the member with the role `reviewer`, if any. */
  reviewer?: string | null
  /** The plan to carry out; without one the lead writes it. */
  plan?: PlanInput
  /** How often a task is done at most, the first time included. Default 3. */
  maxRounds?: number
  /** How outputs go from task to task: as artifacts to read, or as values of the next task too. Default `artifacts`. */
  handOn?: 'artifacts' | 'values'
  /** What a team without a lead gives: the output of the plan's last task, or of every task by its agent. Default `last`. */
  output?: 'last' | 'by-agent'
  limits?: Limits
}

/** Plans and verdicts have schemas of their own, which only an agent that works by itself hands in. */
const isSingle = ({ members }: Agent): boolean => members.length === 0

const chosen = (agents: readonly Agent[], given: string | null | undefined, role: string): string | null => {
  if (given === null) return null
  if (given === undefined) return agents.find((agent) => agent.role === role && isSingle(agent))?.name ?? null
  const found = agents.find(({ name }) => name === given)
  if (!found)
    throw new TroupeError(
      'config.invalid',
      `the ${role} "${given}" is not among the agents; name one of ${agents.map(({ name }) => name).join(', ')}`,
      { place: role },
    )
  if (!isSingle(found))
    throw new TroupeError(
      'config.invalid',
      `the ${role} "${given}" is a team, which gives what its members give; name an agent that works by itself`,
      { place: role },
    )
  return given
}

const checkNames = (agents: readonly Agent[]): void => {
  const names = agents.map(({ name }) => name)
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase() // each has a folder, and some disks know no case
  const twice = names.find((name, index) => names.findIndex((other) => same(name, other)) !== index)
  if (twice)
    throw new TroupeError('config.invalid', `two agents have the name "${twice}"; give each its own`, {
      place: 'agents',
    })
  if (names.length === 0)
    throw new TroupeError('config.invalid', 'a team needs at least one agent; give it one', { place: 'agents' })
}

const checkRounds = (rounds: number): number => {
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= 100) return rounds
  throw new TroupeError('config.invalid', `maxRounds is ${rounds}; use 1 to 100`, { place: 'maxRounds' })
}

const inputFor = (
  options: TeamOptions,
  name: string,
  lead: string | null,
  reviewer: string | null,
): OrchestratorInput => ({
  name,
  team: options.agents.map((agent) => ({
    name: agent.name,
    role: agent.role,
    description: agent.description,
    capabilities: [...agent.capabilities],
    input: agent.machineInput(),
  })),
  lead,
  reviewer,
  plan: options.plan ? checkPlan(options.plan, options.agents) : null,
  maxRounds: checkRounds(options.maxRounds ?? 3),
  handOn: options.handOn ?? 'artifacts',
  output: options.output ?? 'last',
})

/**
 * A team as one agent. Throws `config.invalid` or `plan.invalid` before anything runs.
 * @example const team = defineTeam({ agents: [lead, researcher, writer, reviewer] })
 */
export const defineTeam = (options: TeamOptions): Agent<string, string> => {
  const { name = 'team', agents } = options
  if (!nameRule.test(name))
    throw new TroupeError(
      'config.invalid',
      `"${name.slice(0, 80)}" is no name for a team; use letters, digits, dashes and underscores, a letter first, at most 64`,
      { place: 'name' },
    )
  checkNames(agents)
  const lead = chosen(agents, options.lead, 'lead')
  const reviewer = chosen(agents, options.reviewer, 'reviewer')
  if (!lead && !options.plan)
    throw new TroupeError('config.invalid', 'a team without a lead needs a plan; name a lead or give a plan', {
      place: 'plan',
    })
  const input = inputFor(options, name, lead, reviewer)
  const members = (hands: Hands) => Object.fromEntries(agents.map((agent) => [agent.name, agent.logic(hands)]))
  return {
    name,
    role: options.role ?? 'team',
    description: options.description ?? '',
    capabilities: [],
    members: agents,
    input: null,
    output: z.string(),
    logic: (hands) =>
      // Members are named at run time; the machine spawns them by those names.
      withOptions(orchestratorMachine.provide({ actors: members(hands) as never }), {
        accepts: messageSchema,
        events: 'enveloped',
        ...(options.limits && { limits: options.limits }),
      }),
    machineInput: () => input,
  }
}
