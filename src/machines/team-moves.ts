// Team moves. Owns what an orchestrator starts next: from the table of tasks to the new table, orders and notes.
import type { FailureBody, ResultBody } from './protocol.ts'
import { type Order, outputName, workOrder } from './team-orders.ts'
import { isOut, match, setTask, type Work } from './team-work.ts'

/** Something worth showing to people. */
export type Note = { type: string; [key: string]: unknown }
export type Move = { work: Work; orders: Order[]; notes: Note[] }

export const still = (work: Work, notes: Note[] = []): Move => ({ work, orders: [], notes })
const noted = (move: Move, note: Note): Move => ({ ...move, notes: [...move.notes, note] })

/** One move and the next, which goes on from its table. */
export const joined = (move: Move, next: Move): Move => ({
  work: next.work,
  orders: [...move.orders, ...next.orders],
  notes: [...move.notes, ...next.notes],
})

/** What a member was told, as the record of a delegation keeps it. */
const toldIn = ({ body }: Order) => ({
  description: body.description,
  output: body.outputName,
  requirements: body.requirements,
  context: body.context,
  expectedOutput: body.expectedOutput,
  qualityThreshold: body.qualityThreshold,
  inputs: body.input.artifacts.map(({ name, bytes }) => ({ name, bytes })),
})

const nobodyLeft = (id: string): FailureBody => ({
  code: 'agent.none-suitable',
  message: `no agent is left for task "${id}"; give the team another of its role`,
  retryable: false,
  attempt: 1,
})

/** Nobody is left who could do it: its last version is taken, if it has one, else it has failed. */
export const giveUp = (move: Move, id: string, failure: FailureBody): Move => {
  const { result, review } = move.work.tasks[id]!
  const { code, message } = failure
  const gone = noted(move, { type: 'task.given-up', task: id, code, message })
  if (!result) return { ...gone, work: setTask(move.work, id, { state: 'failed', failure }) }
  return taken({ ...gone, work: setTask(move.work, id, { failure }) }, id, {
    score: review?.score ?? null,
    below: true,
  })
}

/** A task is done with the result it has. `below`: although no review found it good enough. */
export const taken = (move: Move, id: string, about: { score: number | null; below: boolean }): Move =>
  noted(
    { ...move, work: setTask(move.work, id, { state: 'done', below: about.below }) },
    { type: 'task.done', task: id, ...about },
  )

/** Gives a task to its agent, or to another when that one is out; from round 2 on with the review of the last version. */
export const begin = (move: Move, id: string, round: number): Move => {
  const tracked = move.work.tasks[id]!
  const { task, agent: before } = tracked
  const agent = before !== null && !isOut(move.work, tracked, before) ? before : match(move.work, tracked)
  if (agent === null) return giveUp(move, id, tracked.failure ?? nobodyLeft(id))
  const work = setTask(move.work, id, { state: 'working', agent, round, failure: null })
  const order = workOrder(work, id)
  const type = round > 1 ? 'task.refining' : 'task.assigned'
  const note = { type, task: id, agent, round, dependencies: task.dependencies, priority: task.priority }
  return joined(move, { work, orders: [order], notes: [{ ...note, name: outputName(task), ...toldIn(order) }] })
}

const passOver = (move: Move, id: string): Move =>
  noted({ ...move, work: setTask(move.work, id, { state: 'skipped' }) }, { type: 'task.skipped', task: id })

const tryToBegin = (move: Move, id: string): Move => {
  const { state, task } = move.work.tasks[id]!
  if (state !== 'waiting') return move
  const before = task.dependencies.map((dependency) => move.work.tasks[dependency]!.state)
  if (before.some((one) => one === 'failed' || one === 'skipped')) return passOver(move, id)
  return before.every((one) => one === 'done') ? begin(move, id, 1) : move
}

/** Starts every task whose dependencies are met, and passes over those whose dependencies failed. */
export const advance = (work: Work): Move => {
  let move = still(work)
  for (;;) {
    const before = move.work
    for (const { id } of work.plan.tasks) move = tryToBegin(move, id)
    if (move.work === before) return move
  }
}

/** A move, and all that can be started after it. */
export const andOn = (move: Move): Move => joined(move, advance(move.work))

/** The last version a task has, with what is known of how good it is. */
export const withResult = (work: Work, id: string, result: ResultBody): Work =>
  setTask(work, id, { result, review: null })
