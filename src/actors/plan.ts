// Plan. Owns the graph of tasks that the orchestrator carries out: plain data, refused before anything is paid if it cannot work.
import { z } from 'zod'
import { TroupeError } from '../runtime/errors.ts'

const taskId = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'a task id is lower-case letters, digits and dashes')

export const planTaskSchema = z.strictObject({
  id: taskId,
  description: z.string().min(1),
  /** Who does it: an agent by name, or any agent with the role. */
  agent: z.string().optional(),
  role: z.string().optional(),
  dependencies: z.array(taskId).default([]),
  priority: z.enum(['low', 'normal', 'high']).default('normal'),
  requirements: z.array(z.string()).default([]),
  expectedOutput: z.string().default(''),
  /** The artifact its output is saved as. */
  outputName: z
    .string()
    .regex(/^[\w][\w.-]{0,99}$/)
    .optional(),
  review: z.boolean().default(true),
  /** What its review must reach, 0..100. Default what the whole task must. */
  threshold: z.number().min(0).max(100).optional(),
})
export type PlanTask = z.infer<typeof planTaskSchema>

export const planSchema = z.strictObject({
  objective: z.string().min(1),
  successCriteria: z.array(z.string()).default([]),
  tasks: z.array(planTaskSchema).min(1).max(1000),
})
export type Plan = z.infer<typeof planSchema>
export type PlanInput = z.input<typeof planSchema>

/** The five dimensions of a review (S31), each 0..10. */
export const verdictSchema = z.strictObject({
  /** 0..100. */
  score: z.number().min(0).max(100),
  dimensions: z.strictObject({
    completeness: z.number().min(0).max(10),
    accuracy: z.number().min(0).max(10),
    clarity: z.number().min(0).max(10),
    coherence: z.number().min(0).max(10),
    format: z.number().min(0).max(10),
  }),
  issues: z.array(
    z.strictObject({
      severity: z.enum(['high', 'medium', 'low']),
      text: z.string(),
      recommendation: z.string().optional(),
    }),
  ),
  strengths: z.array(z.string()),
})
export type Verdict = z.infer<typeof verdictSchema>

const cycleIn = (plan: Plan): string[] | null => {
  const byId = new Map(plan.tasks.map((task) => [task.id, task]))
  const done = new Set<string>()
  const visit = (id: string, path: string[]): string[] | null => {
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id]
    if (done.has(id)) return null
    for (const next of byId.get(id)?.dependencies ?? []) {
      const found = visit(next, [...path, id])
      if (found) return found
    }
    done.add(id)
    return null
  }
  for (const task of plan.tasks) {
    const found = visit(task.id, [])
    if (found) return found
  }
  return null
}

const refuse = (message: string, place: string): never => {
  throw new TroupeError('plan.invalid', message, { place })
}

type Team = readonly { name: string; role: string }[]

const teamText = (team: Team): string => team.map(({ name, role }) => `${name} (${role})`).join(', ') || 'nobody'

const fits = ({ agent, role }: PlanTask, team: Team): boolean => {
  if (agent !== undefined) return team.some(({ name }) => name === agent)
  return role === undefined ? team.length > 0 : team.some((member) => member.role === role)
}

const checkTasks = ({ tasks }: Plan, team: Team): void => {
  const ids = new Set<string>()
  const outputs = new Set<string>()
  tasks.forEach((task, index) => {
    const { id, outputName = `${id}.md` } = task
    const place = `/tasks/${index}`
    if (ids.has(id)) refuse(`two tasks have the id "${id}"; give each its own`, `${place}/id`)
    if (outputs.has(outputName))
      refuse(`two tasks save their output as "${outputName}"; give each its own`, `${place}/outputName`)
    if (!fits(task, team))
      refuse(
        `no agent fits task "${id}" (${task.agent ?? task.role ?? 'any'}); the team has ${teamText(team)}: choose one of them`,
        place,
      )
    ids.add(id)
    outputs.add(outputName)
  })
}

const checkDependencies = (plan: Plan): void => {
  const ids = new Set(plan.tasks.map(({ id }) => id))
  plan.tasks.forEach(({ id, dependencies }, index) => {
    const missing = dependencies.find((dependency) => !ids.has(dependency))
    if (missing)
      refuse(
        `task "${id}" depends on "${missing}", which is not in the plan; name one of its tasks`,
        `/tasks/${index}/dependencies`,
      )
  })
  const cycle = cycleIn(plan)
  if (cycle) refuse(`the tasks wait for each other: ${cycle.join(' → ')}; remove one of these dependencies`, '/tasks')
}

/** A plan that can be carried out by `team`, or `plan.invalid` with the JSON pointer of what is wrong. */
export const checkPlan = (input: unknown, team: Team): Plan => {
  const parsed = planSchema.safeParse(input)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    return refuse(`the plan does not fit its schema: ${issue.message}; mend this field`, `/${issue.path.join('/')}`)
  }
  checkTasks(parsed.data, team)
  checkDependencies(parsed.data)
  return parsed.data
}
