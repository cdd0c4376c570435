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
  /** Whether it was taken although no review found it good enough. */
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
  lead: string | null
  reviewer: string | null
  threshold: number
  maxRounds: number
  handOn: HandOn
  tasks: Record<string, Tracked>
  /** Members that have died: nothing is sent to them. */
  gone: string[]
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

export const startWork = (plan: WorkPlan, about: Omit<Work, 'plan' | 'tasks' | 'gone'>): Work => ({
  ...about,
  plan,
  tasks: Object.fromEntries(plan.tasks.map((task) => [task.id, untouched(task)])),
  gone: [],
})

export const setTask = (work: Work, id: string, change: Partial<Tracked>): Work => ({
  ...work,
  tasks: { ...work.tasks, [id]: { ...work.tasks[id]!, ...change } },
})

/** What is known of a task; undefined for an id that no task has. */
export const taskOf = (work: Work, id: string): Tracked | undefined =>
  Object.hasOwn(work.tasks, id) ? work.tasks[id] : undefined

export const isOut = (work: Work, { failed }: Tracked, name: string): boolean =>
  failed.includes(name) || work.gone.includes(name)

const roleOf = (work: Work, name: string): string | undefined => work.team.find((member) => member.name === name)?.role

/** Those who plan and review do a task only when it names them, or when nobody else is there. */
const workers = (work: Work, members: readonly Member[]): readonly Member[] => {
  const others = members.filter(({ name }) => name !== work.lead && name !== work.reviewer)
  return others.length > 0 ? others : members
}

const suited = (work: Work, tracked: Tracked): readonly Member[] => {
  const { agent, role } = tracked.task
  const ofRole = (wanted: string | undefined) => work.team.filter((member) => member.role === wanted)
  if (agent === undefined) return workers(work, role === undefined ? work.team : ofRole(role))
  return isOut(work, tracked, agent) ? ofRole(roleOf(work, agent)) : work.team.filter(({ name }) => name === agent)
}

/** The member for a task: by name, else by role, the least loaded first; none that has failed at it or died. */
export const match = (work: Work, tracked: Tracked): string | null => {
  const able = suited(work, tracked).filter(({ name }) => !isOut(work, tracked, name))
  const loads = new Map(able.map(({ name }) => [name, loadOf(work, name)]))
  return able.toSorted((a, b) => loads.get(a.name)! - loads.get(b.name)!)[0]?.name ?? null
}

export const thresholdOf = (work: Work, { task }: Tracked): number => task.threshold ?? work.threshold

/** The tasks a member has in hand, as the ids it was given. */
export const inHand = (work: Work, member: string): string[] =>
  Object.values(work.tasks).flatMap(({ task, state, agent, round }) =>
    state === 'working' && agent === member
      ? [`work.${task.id}.${round}`]
      : state === 'reviewing' && member === work.reviewer
        ? [`review.${task.id}.${round}`]
        : [],
  )

export const loadOf = (work: Work, member: string): number => inHand(work, member).length

const isOver = (state: TaskState): boolean => state === 'done' || state === 'failed' || state === 'skipped'

export const isSettled = (work: Work): boolean => Object.values(work.tasks).every(({ state }) => isOver(state))
export const someReviewing = (work: Work): boolean =>
  Object.values(work.tasks).every(({ state }) => state !== 'working')
