// Team work. Owns the table of tasks that an orchestrator carries out: who has what in hand, and how far each task is.
import type { FailureBody, Issue, ResultBody, TaskBody } from './protocol.ts'

export type Member = { name: string; role: string; description: string; capabilities: string[] }

export type PlannedTask = {
  id: string
  description: string
  agent?: string | undefined
  role?: string | undefined
  dependencies: string[]
  priority: 'low' | 'normal' | 'high'
  requirements: string[]
  expectedOutput: string
  outputName?: string | undefined
  review: boolean
  /** What its review must reach; without one, what the whole task must. */
  threshold?: number | undefined
}
export type WorkPlan = { objective: string; successCriteria: string[]; tasks: PlannedTask[] }

export type Score = { score: number; dimensions: Record<string, number>; issues: Issue[]; strengths: string[] }

export type TaskState = 'waiting' | 'working' | 'reviewing' | 'done' | 'failed' | 'skipped'
export type Tracked = {
  task: PlannedTask
  state: TaskState
  agent: string | null
  round: number
  /** Agents that failed at it. */
  failed: string[]
  result: ResultBody | null
  review: Score | null
  /** Whether it was taken although its score stayed below the threshold. */
  below: boolean
  failure: FailureBody | null
}

/**
 * How outputs go from task to task: `artifacts` by reference alone, to be read when needed; `values` as values too, for members
 * that have no tools to read with.
 */
export type HandOn = 'artifacts' | 'values'

/** What the whole gives: the output of the plan's last task, or every task's, by the name of its agent. */
export type WorkOutput = 'last' | 'by-agent'

export type Work = {
  plan: WorkPlan
  /** The task that the plan is for, when the plan was there before it; a lead's plan says what of it matters. */
  request: TaskBody | null
  team: Member[]
  reviewer: string | null
  threshold: number
  maxRounds: number
  handOn: HandOn
  tasks: Record<string, Tracked>
  /** Tasks each member has in hand. */
  load: Record<string, number>
}

const untouched = (task: PlannedTask): Tracked => ({
  task,
  state: 'waiting',
  agent: null,
  round: 0,
  failed: [],
  result: null,
  review: null,
  below: false,
  failure: null,
})

export const startWork = (plan: WorkPlan, about: Omit<Work, 'plan' | 'tasks' | 'load'>): Work => ({
  ...about,
  plan,
  tasks: Object.fromEntries(plan.tasks.map((task) => [task.id, untouched(task)])),
  load: {},
})

export const setTask = (work: Work, id: string, change: Partial<Tracked>): Work => ({
  ...work,
  tasks: { ...work.tasks, [id]: { ...work.tasks[id]!, ...change } },
})

/** One task more or less in the hands of a member. */
export const shift = (work: Work, agent: string | null, by: number): Work =>
  agent === null ? work : { ...work, load: { ...work.load, [agent]: Math.max(0, (work.load[agent] ?? 0) + by) } }

const roleOf = (work: Work, name: string): string | undefined => work.team.find((member) => member.name === name)?.role

/** The member for a task: by name, else by role, the least loaded first; none that has failed at it. */
export const match = (work: Work, { task, failed }: Tracked): string | null => {
  const able = work.team.filter(
    ({ name, role }) =>
      !failed.includes(name) &&
      (task.agent
        ? name === task.agent || (failed.includes(task.agent) && role === roleOf(work, task.agent))
        : task.role
          ? role === task.role
          : name !== work.reviewer),
  )
  return able.toSorted((a, b) => (work.load[a.name] ?? 0) - (work.load[b.name] ?? 0))[0]?.name ?? null
}

export const thresholdOf = (work: Work, { task }: Tracked): number => task.threshold ?? work.threshold

/** The tasks a member had in hand, as the ids it was given. */
export const inHand = (work: Work, member: string): string[] =>
  Object.values(work.tasks).flatMap(({ task, state, agent, round }) =>
    state === 'working' && agent === member
      ? [`work.${task.id}.${round}`]
      : state === 'reviewing' && member === work.reviewer
        ? [`review.${task.id}.${round}`]
        : [],
  )

const isOver = (state: TaskState): boolean => state === 'done' || state === 'failed' || state === 'skipped'

export const isSettled = (work: Work): boolean => Object.values(work.tasks).every(({ state }) => isOver(state))
export const someReviewing = (work: Work): boolean =>
  Object.values(work.tasks).every(({ state }) => state !== 'working')
