// Sequential. Owns agents that work on one task in turn, each with everything that was made before it.
import type { Agent, OutputOf } from '../actors/agent.ts'
import { defineTeam } from '../actors/define-team.ts'
import { membersOf, type PatternOptions, stepsOf, teamOptions } from './steps.ts'

/** What a sequence gives: the output of its last agent. */
export type SequentialOutput<Agents extends readonly Agent[]> = Agents extends readonly [...Agent[], infer Last]
  ? OutputOf<Last>
  : OutputOf<Agents[number]>

/**
 * Agents in turn on the same task, as one agent. Its output is the last one's; when one fails, the whole fails.
 * Throws `config.invalid` before anything runs.
 * @example const study = sequential([researcher, writer], { name: 'study' })
 */
export const sequential = <const Agents extends readonly [Agent, ...Agent[]]>(
  agents: Agents,
  options: PatternOptions = {},
): Agent<string, SequentialOutput<Agents>> => {
  const { name = 'sequential' } = options
  const tasks = stepsOf(agents, (_, before) => ({ dependencies: [...before] }))
  const plan = { objective: 'Do the task step by step, each step on what was made before it.', tasks }
  const team = defineTeam({
    ...teamOptions(options),
    name,
    agents: membersOf(agents),
    lead: null,
    reviewer: null,
    plan,
    handOn: 'values',
  })
  // The last agent checks what it hands in against its own schema, and the team hands that on.
  return { ...team, output: agents.at(-1)!.output } as Agent<string, SequentialOutput<Agents>>
}
