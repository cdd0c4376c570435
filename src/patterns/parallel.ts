// Parallel. Owns agents that work on one task at the same time, each for itself.
import { z } from 'zod'
import type { Agent, OutputOf } from '../actors/agent.ts'
import { defineTeam } from '../actors/define-team.ts'
import { membersOf, type PatternOptions, stepsOf, teamOptions } from './steps.ts'

/**
 * What each agent gave, by its name. One that failed is missing and named in the result's issues; text of more than 8,000
 * characters is null here and whole in its artifact, `<name>.md`.
 */
export type Parallel<Agents extends readonly Agent[]> = { [agent: string]: OutputOf<Agents[number]> | null }

/**
 * Agents side by side on the same task, as one agent. It fails only when all of them fail. Throws `config.invalid` before
 * anything runs.
 * @example const views = parallel([optimist, sceptic], { name: 'views' })
 */
export const parallel = <const Agents extends readonly [Agent, ...Agent[]]>(
  agents: Agents,
  options: PatternOptions = {},
): Agent<string, Parallel<Agents>> => {
  const { name = 'parallel' } = options
  const members = membersOf(agents)
  const team = defineTeam({
    ...teamOptions(options),
    name,
    agents: members,
    lead: null,
    reviewer: null,
    plan: { objective: 'Do the task several times, side by side.', tasks: stepsOf(members, () => ({})) },
    handOn: 'values',
    output: 'by-agent',
  })
  const output = z.record(z.string(), z.union(members.map((agent) => agent.output.nullable())))
  // Every value has passed the schema of the agent that gave it.
  return { ...team, output } as unknown as Agent<string, Parallel<Agents>>
}
