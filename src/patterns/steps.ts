// Steps. Owns what every pattern has in common: its options, and the tasks of its plan, named after who does them.
import type { Agent } from '../actors/agent.ts'
import type { PlanInput } from '../actors/plan.ts'
import type { Limits } from '../runtime/definition.ts'
import { TroupeError } from '../runtime/errors.ts'

export type PatternOptions = {
  /** The name of the agent it makes. Default the pattern's own, e.g. `parallel`. */
  name?: string
  /** What it does and when to use it: what a lead reads. */
  description?: string
  /** By which plans choose it. Default `team`. */
  role?: string
  /** What it may spend, in each run. */
  limits?: Limits
}

type PlanTask = PlanInput['tasks'][number]

/** The options that a team takes as they are. */
export const teamOptions = ({ description, role, limits }: PatternOptions) => ({
  ...(description !== undefined && { description }),
  ...(role !== undefined && { role }),
  ...(limits && { limits }),
})

/** Each agent once, however often it appears. */
export const membersOf = (agents: readonly Agent[]): Agent[] => [...new Set(agents)]

/** Task ids from names: lower case, dashes for underscores, a number for the second time and on. */
const idsOf = (agents: readonly Agent[]): string[] => {
  const seen = new Map<string, number>()
  return agents.map(({ name }) => {
    const id = name.toLowerCase().replaceAll('_', '-')
    const times = (seen.get(id) ?? 0) + 1
    seen.set(id, times)
    return times === 1 ? id : `${id.slice(0, 60)}-${times}`
  })
}

/** One task for each agent; `detail` gives what differs, from its position and the ids before it. */
export const stepsOf = (
  agents: readonly Agent[],
  detail: (index: number, before: readonly string[]) => Partial<PlanTask>,
): PlanTask[] => {
  if (agents.length === 0)
    throw new TroupeError('config.invalid', 'a pattern needs at least one agent', { place: 'agents' })
  const ids = idsOf(agents)
  return agents.map(({ name, description }, index) => ({
    id: ids[index]!,
    agent: name,
    description: description === '' ? `Do your part, as ${name}.` : `Do your part, as ${name}: ${description}`,
    review: false,
    ...detail(index, ids.slice(0, index)),
  }))
}
