// Team work. Owns the table of tasks that an orchestrator carries out: pure functions from what came to what to order next.
import type { Artifact, FailureBody, Feedback, Issue, ResultBody, TaskBody } from './protocol.ts'

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

export type Work = {
  plan: WorkPlan
  team: Member[]
  reviewer: string | null
  threshold: number
  maxRounds: number
  tasks: Record<string, Tracked>
  /** Tasks each member has in hand. */
  load: Record<string, number>
}

/** A message to a member of the team. */
export type Order = { to: string; taskId: string; body: TaskBody; priority: -1 | 0 | 1 }
/** Something worth showing to people. */
export type Note = { type: string; [key: string]: unknown }
export type Move = { work: Work; orders: Order[]; notes: Note[] }

const priorities = { low: -1, normal: 0, high: 1 } as const

export const startWork = (
  plan: WorkPlan,
  about: Pick<Work, 'team' | 'reviewer' | 'threshold' | 'maxRounds'>,
): Work => ({
  ...about,
  plan,
  tasks: Object.fromEntries(
    plan.tasks.map((task) => [
      task.id,
      {
        task,
        state: 'waiting',
        agent: null,
        round: 0,
        failed: [],
        result: null,
        review: null,
        below: false,
        failure: null,
      },
    ]),
  ),
  load: {},
})

const setTask = (work: Work, id: string, change: Partial<Tracked>): Work => ({
  ...work,
  tasks: { ...work.tasks, [id]: { ...work.tasks[id]!, ...change } },
})
const shift = (work: Work, agent: string | null, by: number): Work =>
  agent === null ? work : { ...work, load: { ...work.load, [agent]: Math.max(0, (work.load[agent] ?? 0) + by) } }

/** The member for a task: by name, else by role, the least loaded first; none that has failed at it. */
const match = (work: Work, { task, failed }: Tracked): string | null => {
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
const roleOf = (work: Work, name: string): string | undefined => work.team.find((member) => member.name === name)?.role

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

const revised = (name: string, round: number): string =>
  round === 1 ? name : name.replace(/(\.[^.]*)?$/, `.r${round}$1`)
const outputOf = (task: PlannedTask): string => task.outputName ?? `${task.id}.md`

const inputsOf = (work: Work, task: PlannedTask): Artifact[] =>
  task.dependencies.flatMap((id) => finalArtifacts(work.tasks[id]!))

/** The artifacts of a task under the name its plan gave them, whatever the round they come from. */
const finalArtifacts = ({ task, result }: Tracked): Artifact[] =>
  (result?.artifacts ?? []).map((artifact, index) => (index === 0 ? { ...artifact, name: outputOf(task) } : artifact))

const orderFor = (work: Work, id: string, agent: string, round: number, feedback?: Feedback): Order => {
  const tracked = work.tasks[id]!
  const { task } = tracked
  const own = feedback ? finalArtifacts(tracked) : []
  return {
    to: agent,
    taskId: `work.${id}.${round}`,
    priority: priorities[task.priority],
    body: {
      ...blank,
      description: task.description,
      requirements: task.requirements,
      context: `Objective of the whole work: ${work.plan.objective}`,
      expectedOutput: task.expectedOutput,
      outputName: revised(outputOf(task), round),
      qualityThreshold: work.threshold,
      round,
      input: { values: {}, artifacts: [...inputsOf(work, task), ...own] },
      ...(feedback && { feedback }),
    },
  }
}

const begin = (move: Move, id: string, round: number, feedback?: Feedback): Move => {
  const tracked = move.work.tasks[id]!
  const agent = round > 1 && tracked.agent ? tracked.agent : match(move.work, tracked)
  if (!agent)
    return giveUp(move, id, {
      code: 'agent.none-suitable',
      message: `no agent is left for task "${id}"`,
      retryable: false,
      attempt: tracked.failed.length,
    })
  const work = shift(setTask(move.work, id, { state: 'working', agent, round }), agent, 1)
  const note = {
    type: round > 1 ? 'task.refining' : 'task.assigned',
    task: id,
    agent,
    round,
    description: tracked.task.description,
    dependencies: tracked.task.dependencies,
    priority: tracked.task.priority,
    output: revised(outputOf(tracked.task), round),
  }
  return { work, orders: [...move.orders, orderFor(work, id, agent, round, feedback)], notes: [...move.notes, note] }
}

const giveUp = (move: Move, id: string, failure: FailureBody): Move => ({
  ...move,
  work: setTask(move.work, id, { state: 'failed', failure }),
  notes: [...move.notes, { type: 'task.given-up', task: id, code: failure.code, message: failure.message }],
})

const isOver = (state: TaskState): boolean => state === 'done' || state === 'failed' || state === 'skipped'

/** Starts every task whose dependencies are met, and passes over those whose dependencies failed. */
export const advance = (work: Work): Move => {
  let move: Move = { work, orders: [], notes: [] }
  for (let again = true; again; ) {
    again = false
    for (const { id, dependencies } of work.plan.tasks) {
      if (move.work.tasks[id]!.state !== 'waiting') continue
      const states = dependencies.map((dependency) => move.work.tasks[dependency]!.state)
      if (states.some((state) => state === 'failed' || state === 'skipped')) {
        move = {
          ...move,
          work: setTask(move.work, id, { state: 'skipped' }),
          notes: [...move.notes, { type: 'task.skipped', task: id }],
        }
        again = true
      } else if (states.every((state) => state === 'done')) move = begin(move, id, 1)
    }
  }
  return move
}

const then = (move: Move): Move => {
  const next = advance(move.work)
  return { work: next.work, orders: [...move.orders, ...next.orders], notes: [...move.notes, ...next.notes] }
}

/** Reads `work.<task>.<round>` and `review.<task>.<round>`. */
const readId = (taskId: string): { kind: string; id: string; round: number } => {
  const [kind, id, round] = taskId.split('.')
  return { kind: kind ?? '', id: id ?? '', round: Number(round) }
}

const reviewOrder = (work: Work, id: string): Order => {
  const { task, result, round } = work.tasks[id]!
  return {
    to: work.reviewer!,
    taskId: `review.${id}.${round}`,
    priority: 1,
    body: {
      ...blank,
      description: `Review the output of task "${id}": ${task.description}`,
      requirements: task.requirements,
      expectedOutput: task.expectedOutput,
      outputName: `review-${id}.r${round}.json`,
      qualityThreshold: work.threshold,
      purpose: 'review',
      round,
      input: {
        values: { confidence: result!.confidence },
        artifacts: [...finalArtifacts(work.tasks[id]!), ...inputsOf(work, task)],
      },
    },
  }
}

const worked = (work: Work, id: string, result: ResultBody): Move => {
  const tracked = work.tasks[id]!
  const freed = shift(setTask(work, id, { result }), tracked.agent, -1)
  const reviews = tracked.task.review && work.reviewer !== null && work.reviewer !== tracked.agent
  if (!reviews)
    return then({
      work: setTask(freed, id, { state: 'done' }),
      orders: [],
      notes: [{ type: 'task.done', task: id, score: null }],
    })
  const reviewing = shift(setTask(freed, id, { state: 'reviewing' }), work.reviewer, 1)
  return { work: reviewing, orders: [reviewOrder(reviewing, id)], notes: [] }
}

const reviewed = (work: Work, id: string, review: Score): Move => {
  const { round, agent } = work.tasks[id]!
  const approved = review.score >= work.threshold
  const last = round >= work.maxRounds
  const kept = shift(setTask(work, id, { review }), work.reviewer, -1)
  const note = {
    type: 'review.scored',
    task: id,
    agent,
    round,
    status: approved ? 'APPROVED' : 'NEEDS_REFINEMENT',
    ...review,
  }
  if (approved || last) {
    const done = setTask(kept, id, { state: 'done', below: !approved })
    return then({
      work: done,
      orders: [],
      notes: [note, { type: 'task.done', task: id, score: review.score, below: !approved }],
    })
  }
  return begin({ work: kept, orders: [], notes: [note] }, id, round + 1, {
    issues: review.issues,
    strengths: review.strengths,
    score: review.score,
  })
}

/** The work after a member has handed something in. What is not awaited changes nothing. */
export const handedIn = (work: Work, taskId: string, result: ResultBody): Move => {
  const { kind, id, round } = readId(taskId)
  const tracked = work.tasks[id]
  if (!tracked || tracked.round !== round) return { work, orders: [], notes: [] }
  if (kind === 'work' && tracked.state === 'working') return worked(work, id, result)
  // The reviewer's report has been checked against the schema of a verdict before it was handed in.
  if (kind === 'review' && tracked.state === 'reviewing') return reviewed(work, id, result.output as Score)
  return { work, orders: [], notes: [] }
}

/** The work after a member has failed: another of its role takes over, else the task has failed. */
export const fellThrough = (work: Work, taskId: string, failure: FailureBody): Move => {
  const { kind, id, round } = readId(taskId)
  const tracked = work.tasks[id]
  if (!tracked || tracked.round !== round) return { work, orders: [], notes: [] }
  if (kind === 'review' && tracked.state === 'reviewing') {
    const note = { type: 'review.failed', task: id, round, code: failure.code, message: failure.message }
    return then({
      work: setTask(shift(work, work.reviewer, -1), id, { state: 'done', below: true }),
      orders: [],
      notes: [note],
    })
  }
  if (kind !== 'work' || tracked.state !== 'working') return { work, orders: [], notes: [] }
  const failed = [...tracked.failed, tracked.agent!]
  const freed = shift(setTask(work, id, { failed, agent: null, failure }), tracked.agent, -1)
  const note = { type: 'task.failed-over', task: id, from: tracked.agent, code: failure.code, message: failure.message }
  const other = match(freed, freed.tasks[id]!)
  return other
    ? begin({ work: freed, orders: [], notes: [note] }, id, 1)
    : then(giveUp({ work: freed, orders: [], notes: [] }, id, failure))
}

/** The tasks a member had in hand, as the ids it was given. */
export const inHand = (work: Work, member: string): string[] =>
  Object.values(work.tasks).flatMap(({ task, state, agent, round }) =>
    state === 'working' && agent === member
      ? [`work.${task.id}.${round}`]
      : state === 'reviewing' && member === work.reviewer
        ? [`review.${task.id}.${round}`]
        : [],
  )

export const isSettled = (work: Work): boolean => Object.values(work.tasks).every(({ state }) => isOver(state))
export const someReviewing = (work: Work): boolean =>
  Object.values(work.tasks).every(({ state }) => state !== 'working')
export const succeeded = (work: Work): boolean => Object.values(work.tasks).some(({ state }) => state === 'done')

/** What the work has brought, for the synthesis and for the report. */
export const summaryOf = (work: Work) => {
  const all = Object.values(work.tasks)
  const done = all.filter(({ state }) => state === 'done')
  const scores = done.flatMap(({ review }) => (review ? [review.score] : []))
  return {
    artifacts: done.flatMap(finalArtifacts),
    quality: scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length,
    confidence: done.length === 0 ? 0 : Math.min(...done.map(({ result }) => result!.confidence)),
    issues: [
      ...done
        .filter(({ below }) => below)
        .map(
          ({ task, review }): Issue => ({
            severity: 'medium',
            text: `"${task.id}" was taken with a score of ${review?.score ?? 'none'}, below the threshold of ${work.threshold}`,
          }),
        ),
      ...all
        .filter(({ state }) => state === 'failed' || state === 'skipped')
        .map(
          ({ task, state, failure }): Issue => ({
            severity: 'high',
            text: `"${task.id}" ${state === 'failed' ? `failed: ${failure?.message ?? ''}` : 'was passed over, since what it needs failed'}`,
          }),
        ),
    ],
    rounds: all.reduce((sum, { round }) => sum + Math.max(0, round - 1), 0),
  }
}
