// Pipeline. Owns agents that hand their output on as the next one's input, with gates of quality between them.
import type { Agent, InputOf, OutputOf } from '../actors/agent.ts'
import { defineTeam } from '../actors/define-team.ts'
import { TroupeError } from '../runtime/errors.ts'
import { membersOf, type PatternOptions, stepsOf, teamOptions } from './steps.ts'

/** A stage behind which a gate stands: the reviewer must score its output at least so high, 0..100. */
export type Gated<A extends Agent = Agent> = { agent: A; threshold: number }
export type Stage = Agent | Gated

export type PipelineOptions = PatternOptions & {
  /** Who stands at the gates. Needed when a stage has a threshold. */
  reviewer?: Agent
  /** How often a stage may do its work until its gate opens, the first time included. Default 3. */
  maxRounds?: number
}

type AgentIn<S> = S extends Gated<infer A> ? A : S
type Misfit<Output, Input> = { 'the output of the stage before does not fit the input of this stage': [Output, Input] }

/** The stages, with what does not fit replaced by a type that says so. */
type Chain<Stages, Before = never> = Stages extends readonly [infer Head, ...infer Rest]
  ? readonly [
      [Before] extends [InputOf<AgentIn<Head>>] ? Head : Misfit<Before, InputOf<AgentIn<Head>>>,
      ...Chain<Rest, OutputOf<AgentIn<Head>>>,
    ]
  : readonly []

type FirstInput<Stages> = Stages extends readonly [infer Head, ...unknown[]] ? InputOf<AgentIn<Head>> : never
type LastOutput<Stages> = Stages extends readonly [...unknown[], infer Last] ? OutputOf<AgentIn<Last>> : never

const agentIn = (stage: Stage): Agent => ('agent' in stage ? stage.agent : stage)
const gateOf = (stage: Stage) => ('agent' in stage ? { review: true, threshold: stage.threshold } : { review: false })

const checkGates = (stages: readonly Stage[], reviewer: Agent | undefined): void => {
  const gated = stages.filter((stage) => 'agent' in stage)
  if (gated.length > 0 && !reviewer)
    throw new TroupeError(
      'config.invalid',
      `the stage "${gated[0]!.agent.name}" has a threshold and nobody to score it; give a reviewer`,
      { place: 'reviewer' },
    )
  if (gated.some(({ agent }) => agent === reviewer))
    throw new TroupeError('config.invalid', `"${reviewer!.name}" cannot review its own work; give another reviewer`, {
      place: 'reviewer',
    })
}

/**
 * Stages whose output is the next one's input, as one agent; types that do not fit do not compile. A stage with a threshold is
 * done again with the reviewer's feedback until its score is reached; when rounds run out its last version goes on, and the
 * result's issues say so. When a stage fails, the whole fails. Throws `config.invalid` or `plan.invalid` before anything runs.
 * @example const tutorial = pipeline([researcher, { agent: writer, threshold: 85 }], { name: 'tutorial', reviewer })
 */
export const pipeline = <const Stages extends readonly [Stage, ...Stage[]]>(
  stages: Stages & Chain<Stages>,
  options: PipelineOptions = {},
): Agent<FirstInput<Stages>, LastOutput<Stages>> => {
  const { name = 'pipeline', reviewer, maxRounds } = options
  checkGates(stages, reviewer)
  const agents = (stages as readonly Stage[]).map(agentIn)
  const tasks = stepsOf(agents, (index, before) => ({ dependencies: before.slice(-1), ...gateOf(stages[index]!) }))
  const team = defineTeam({
    ...teamOptions(options),
    name,
    agents: membersOf(reviewer ? [...agents, reviewer] : agents),
    lead: null,
    reviewer: reviewer?.name ?? null,
    plan: { objective: 'Do the task in stages; the output of each is the input of the next.', tasks },
    handOn: 'values',
    ...(maxRounds !== undefined && { maxRounds }),
  })
  // The first agent parses what the pipeline is given, the last one has checked what it hands in.
  return { ...team, input: agents[0]!.input, output: agents.at(-1)!.output } as Agent<
    FirstInput<Stages>,
    LastOutput<Stages>
  >
}
