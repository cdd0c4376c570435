// Refine. Owns an author whose work a reviewer scores, and who mends it until it is good enough.
import type { Agent, Hands, InputOf, OutputOf } from '../actors/agent.ts'
import { defineTeam } from '../actors/define-team.ts'
import { messageSchema } from '../actors/messages.ts'
import { type RefineInput, refineMachine } from '../machines/refine.ts'
import type { OrchestratorInput } from '../machines/team.ts'
import { withOptions } from '../runtime/definition.ts'
import { TroupeError } from '../runtime/errors.ts'
import { type PatternOptions, stepsOf, teamOptions } from './steps.ts'

export type RefineOptions = PatternOptions & {
  /** Who scores each version. */
  reviewer: Agent
  /** The score that is good enough, 0..100. Default what the task asks for, which is 80 unless it says otherwise. */
  threshold?: number
  /** How often it is written at most, the first time included. Default 3. */
  maxRounds?: number
}

/** What a team of the two would be started with, as the machine takes it: all of it has been checked there. */
const inputFrom = ({ name, team, plan, maxRounds }: OrchestratorInput): RefineInput => {
  const [author, reviewer] = team
  return { name, objective: plan!.objective, author: author!, reviewer: reviewer!, task: plan!.tasks[0]!, maxRounds }
}

/**
 * An author and a reviewer as one agent: the work is mended with the reviewer's feedback until its score reaches the threshold.
 * When the rounds run out the best version is handed in, and when the reviewer fails the last one; the result's issues say so.
 * When the author fails, the whole fails. Throws `config.invalid` or `plan.invalid` before anything runs.
 * @example const guide = refine(writer, { name: 'guide', reviewer, threshold: 85 })
 */
export const refine = <Author extends Agent>(
  author: Author,
  { name = 'refine', reviewer, threshold, maxRounds, ...options }: RefineOptions,
): Agent<InputOf<Author>, OutputOf<Author>> => {
  if (author === reviewer)
    throw new TroupeError('config.invalid', `"${reviewer.name}" cannot review its own work; give another reviewer`, {
      place: 'reviewer',
    })
  const gate = { review: true, ...(threshold !== undefined && { threshold }) }
  const team = defineTeam({
    ...teamOptions(options),
    name,
    agents: [author, reviewer],
    reviewer: reviewer.name,
    plan: { objective: 'Do the task, and mend what its review finds.', tasks: stepsOf([author], () => gate) },
    ...(maxRounds !== undefined && { maxRounds }),
  })
  const input = inputFrom(team.machineInput() as OrchestratorInput) // what a team is started with
  const logic = (hands: Hands) => {
    const members = { author: author.logic(hands), reviewer: reviewer.logic(hands) }
    // Agents are machines; the type of this machine's actors cannot say which.
    return withOptions(refineMachine.provide({ actors: members as never }), {
      accepts: messageSchema,
      events: 'enveloped',
      ...(options.limits && { limits: options.limits }),
    })
  }
  // The author parses what the whole is given and has checked what it hands in.
  return { ...team, input: author.input, output: author.output, logic, machineInput: () => input } as Agent<
    InputOf<Author>,
    OutputOf<Author>
  >
}
