// View. Owns the picture of a run that people see: a fold over its events, so that a run that goes on, one that ended
// and one that another process works on all look the same.
import { z } from 'zod'
import type { TroupeEvent } from '../runtime/events.ts'

export type AgentView = {
  name: string
  state: 'idle' | 'working' | 'error' | 'complete'
  /** What it is at, such as `reviewing research`. */
  task: string
  /** What it does for that, such as `Read input/notes.md`. */
  doing: string
  calls: number
  inputTokens: number
  outputTokens: number
  /** Null when the price of a call is not known. */
  usd: number | null
}

export type TaskView = {
  id: string
  description: string
  dependencies: string[]
  priority: string
  output: string
  agent: string | null
  state: 'waiting' | 'working' | 'reviewing' | 'done' | 'failed' | 'skipped'
  round: number
  score: number | null
  below: boolean
}

export type RunView = {
  agents: Map<string, AgentView>
  objective: string | null
  tasks: Map<string, TaskView>
  quality: number | null
  toolCalls: number
  /** Ids of the models that answered. */
  models: Set<string>
  /** Codes of tasks that failed. */
  failures: string[]
  /** The last event folded in. */
  last: TroupeEvent | null
}

export const emptyView = (): RunView => ({
  agents: new Map(),
  objective: null,
  tasks: new Map(),
  quality: null,
  toolCalls: 0,
  models: new Set(),
  failures: [],
  last: null,
})

const words = z.string().catch('')
const list = z.array(z.string()).catch([])

/** What agents and teams emit, as far as people are shown it. */
const noteSchema = z.object({
  type: words,
  agent: words,
  role: words,
  purpose: words,
  task: words,
  tool: words,
  about: words,
  summary: words,
  output: words,
  description: words,
  status: words,
  code: words,
  message: words,
  from: words,
  objective: words,
  priority: words,
  dependencies: list,
  round: z.number().catch(1),
  confidence: z.number().nullable().catch(null),
  score: z.number().nullable().catch(null),
  quality: z.number().nullable().catch(null),
  below: z.boolean().catch(false),
  issues: z.array(z.object({ severity: words, text: words })).catch([]),
  tasks: z
    .array(z.object({ id: words, description: words, dependencies: list, priority: words, role: words, agent: words }))
    .catch([]),
})
export type Note = z.infer<typeof noteSchema>

/** What an actor emitted, or null when it is nothing of this kind. */
export const noteOf = (event: TroupeEvent): Note | null =>
  event.type === 'actor.emitted' ? (noteSchema.safeParse(event.event).data ?? null) : null

const nameOf = (address: string): string => address.slice(address.lastIndexOf('/') + 1)

const purposes: Record<string, string> = { plan: 'planning', review: 'reviewing', synthesise: 'bringing together' }

/** `work.research.1` is the first round of `research`. */
export const taskOf = (taskId: string): string => (/^(?:work|review)\.(.+)\.\d+$/.exec(taskId)?.[1] ?? taskId) || 'task'

/** What an agent is at, such as `reviewing research` or `research, round 2`. */
export const workOf = ({ purpose, task, round }: Note): string => {
  const named = purposes[purpose]
  if (purpose === 'review') return `${named} ${taskOf(task)}`
  if (named) return named
  const name = taskOf(task) === 'run' ? 'the task' : taskOf(task)
  return round > 1 ? `${name}, round ${round}` : name
}

const begin = (view: RunView, { address, run }: TroupeEvent): void => {
  if (address === run) return
  view.agents.delete(address.slice(0, address.lastIndexOf('/'))) // an agent with members is a team: they are shown
  const before = view.agents.get(address)
  const fresh = { calls: 0, inputTokens: 0, outputTokens: 0, usd: 0 }
  view.agents.set(address, { ...fresh, ...before, name: nameOf(address), state: 'idle', task: '', doing: '' })
}

const spend = (agent: AgentView, event: Extract<TroupeEvent, { type: 'call.completed' }>): void => {
  agent.calls++
  agent.inputTokens += event.inputTokens
  agent.outputTokens += event.outputTokens
  agent.usd = agent.usd === null || event.usd === null ? null : agent.usd + event.usd
}

const foldCall = (view: RunView, event: TroupeEvent): void => {
  const agent = view.agents.get(event.address)
  if (event.type === 'call.completed' && event.kind === 'tool') view.toolCalls++
  if (event.type === 'call.completed' && event.kind === 'model') view.models.add(event.name)
  if (!agent) return
  if (event.type === 'call.completed' && event.kind === 'model') spend(agent, event)
  if (event.type === 'call.started' && event.kind === 'model') agent.doing = 'thinking'
  if (event.type === 'call.retrying') agent.doing = 'waiting to try again'
  if (event.type === 'call.parked') agent.doing = 'waiting for a decision'
}

const foldAgent = (agent: AgentView, note: Note): void => {
  if (note.type === 'task.started') Object.assign(agent, { state: 'working', task: workOf(note), doing: '' })
  if (note.type === 'tool.used') agent.doing = `${note.tool} ${note.about}`.trim()
  if (note.type === 'task.finished') Object.assign(agent, { state: 'complete', task: workOf(note), doing: '' })
  if (note.type === 'task.failed') Object.assign(agent, { state: 'error', doing: note.code })
}

const planned = (view: RunView, note: Note): void => {
  view.objective = note.objective
  view.tasks.clear()
  for (const { id, description, dependencies, priority, role, agent } of note.tasks)
    view.tasks.set(id, {
      id,
      description,
      dependencies,
      priority: priority || 'normal',
      output: '',
      agent: agent || role || null,
      state: 'waiting',
      round: 0,
      score: null,
      below: false,
    })
}

const foldTask = (task: TaskView, note: Note): void => {
  switch (note.type) {
    case 'task.assigned':
    case 'task.refining':
      Object.assign(task, { state: 'working', agent: note.agent, round: note.round, output: note.output })
      return
    case 'review.scored':
      task.score = note.score
      return
    case 'task.done':
      Object.assign(task, { state: 'done', below: note.below })
      return
    case 'task.given-up':
      task.state = 'failed'
      return
    case 'task.skipped':
      task.state = 'skipped'
  }
}

const foldNote = (view: RunView, address: string, note: Note): void => {
  const agent = view.agents.get(address)
  if (agent) foldAgent(agent, note)
  if (note.type === 'task.failed') view.failures.push(note.code)
  if (note.type === 'plan.ready') planned(view, note)
  if (note.type === 'work.complete') view.quality = note.quality
  const task = view.tasks.get(agent ? taskOf(note.task) : note.task)
  if (task && !agent) foldTask(task, note)
  if (task && note.type === 'task.finished' && note.purpose === 'work') task.state = 'reviewing'
}

/** Takes one more event into the view. */
export const fold = (view: RunView, event: TroupeEvent): void => {
  const note = noteOf(event)
  if (note) foldNote(view, event.address, note)
  else if (event.type === 'actor.spawned') begin(view, event)
  else foldCall(view, event)
  view.last = event
}

export type Spent = { calls: number; toolCalls: number; inputTokens: number; outputTokens: number; usd: number | null }

/** What all agents together have used. */
export const spentOf = (view: RunView): Spent => {
  const sum: Spent = { calls: 0, toolCalls: view.toolCalls, inputTokens: 0, outputTokens: 0, usd: 0 }
  for (const agent of view.agents.values()) {
    sum.calls += agent.calls
    sum.inputTokens += agent.inputTokens
    sum.outputTokens += agent.outputTokens
    sum.usd = sum.usd === null || agent.usd === null ? null : sum.usd + agent.usd
  }
  return sum
}

/** How often work was sent back. */
export const refinements = (view: RunView): number =>
  [...view.tasks.values()].reduce((sum, { round }) => sum + Math.max(0, round - 1), 0)
