// Team orders. Owns what a member of a team is told: the body of a task for work, for a revision and for a review.
import type { Artifact, Feedback, TaskBody } from './protocol.ts'
import { type PlannedTask, type Tracked, thresholdOf, type Work } from './team-work.ts'

/** A message to a member of the team. */
export type Order = { to: string; taskId: string; body: TaskBody; priority: -1 | 0 | 1 }

type Values = TaskBody['input']['values']

const priorities = { low: -1, normal: 0, high: 1 } as const

const blank: Omit<TaskBody, 'description'> = {
  requirements: [],
  context: '',
  input: { values: {}, artifacts: [] },
  expectedOutput: '',
  outputName: 'output.md',
  qualityThreshold: 80,
  purpose: 'work',
  round: 1,
}

/** The artifact of a task in a round. */
export const outputName = ({ id, outputName = `${id}.md` }: PlannedTask, round = 1): string =>
  round === 1 ? outputName : outputName.replace(/(\.[^.]*)?$/, `.r${round}$1`)

/** The artifacts of a task under the name its plan gave them, whatever the round they come from. */
export const finalArtifacts = ({ task, result }: Tracked): Artifact[] =>
  (result?.artifacts ?? []).map((artifact, index) => (index === 0 ? { ...artifact, name: outputName(task) } : artifact))

const isFirst = ({ dependencies }: PlannedTask): boolean => dependencies.length === 0
const isLast = (work: Work, { id }: PlannedTask): boolean =>
  work.plan.tasks.every(({ dependencies }) => !dependencies.includes(id))

const artifactsFor = (work: Work, task: PlannedTask): Artifact[] => [
  ...(isFirst(task) ? (work.request?.input.artifacts ?? []) : []),
  ...task.dependencies.flatMap((id) => finalArtifacts(work.tasks[id]!)),
]

/** Text that is too long to travel has no value: its artifact is there. */
const valueUnder = (work: Work, name: string, tracked: Tracked): Values => {
  const output = work.handOn === 'values' ? (tracked.result?.output ?? null) : null
  return output === null ? {} : { [name]: output }
}

/** What comes before it is the `input` of a task; of several, each under its id. */
const valuesFor = (work: Work, task: PlannedTask): Values => {
  const [only, ...others] = task.dependencies
  if (only === undefined) return work.request?.input.values ?? {}
  if (others.length === 0) return valueUnder(work, 'input', work.tasks[only]!)
  return Object.assign({}, ...task.dependencies.map((id) => valueUnder(work, id, work.tasks[id]!)))
}

const descriptionOf = ({ request }: Work, task: PlannedTask): string =>
  request ? `${task.description}\n\nTask: ${request.description}` : task.description

const contextOf = ({ request, plan }: Work): string =>
  [`Objective of the whole work: ${plan.objective}`, ...(request?.context ? [request.context] : [])].join('\n\n')

/** What is required of the whole is required of the tasks on which nothing waits. */
const requirementsOf = (work: Work, task: PlannedTask): string[] => [
  ...task.requirements,
  ...(isLast(work, task) ? (work.request?.requirements ?? []) : []),
]
const expectedOf = (work: Work, task: PlannedTask): string =>
  task.expectedOutput || (isLast(work, task) ? (work.request?.expectedOutput ?? '') : '')

/** What the last version was found to lack; for the first version there is none. */
const feedbackFor = ({ round, review }: Tracked): Feedback | null =>
  round > 1 && review ? { issues: review.issues, strengths: review.strengths, score: review.score } : null

/** The order for a task in the hands of its agent, in the round it is in. */
export const workOrder = (work: Work, id: string): Order => {
  const tracked = work.tasks[id]!
  const { task, agent, round } = tracked
  const feedback = feedbackFor(tracked)
  return {
    to: agent!,
    taskId: `work.${id}.${round}`,
    priority: priorities[task.priority],
    body: {
      ...blank,
      description: descriptionOf(work, task),
      requirements: requirementsOf(work, task),
      context: contextOf(work),
      expectedOutput: expectedOf(work, task),
      outputName: outputName(task, round),
      qualityThreshold: thresholdOf(work, tracked),
      round,
      input: {
        values: { ...valuesFor(work, task), ...(feedback && valueUnder(work, 'draft', tracked)) },
        artifacts: [...artifactsFor(work, task), ...(feedback ? finalArtifacts(tracked) : [])],
      },
      ...(feedback && { feedback }),
    },
  }
}

export const reviewOrder = (work: Work, id: string): Order => {
  const tracked = work.tasks[id]!
  const { task, result, round } = tracked
  return {
    to: work.reviewer!,
    taskId: `review.${id}.${round}`,
    priority: 1,
    body: {
      ...blank,
      description: `Review the output of task "${id}": ${descriptionOf(work, task)}`,
      requirements: requirementsOf(work, task),
      expectedOutput: expectedOf(work, task),
      outputName: `review-${id}.r${round}.json`,
      qualityThreshold: thresholdOf(work, tracked),
      purpose: 'review',
      round,
      input: {
        values: { confidence: result!.confidence, ...valueUnder(work, 'draft', tracked) },
        artifacts: [...finalArtifacts(tracked), ...artifactsFor(work, task)],
      },
    },
  }
}
