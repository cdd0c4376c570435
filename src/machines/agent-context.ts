// Agent context. Owns what an agent knows of itself and its messages, and what it says of its work; pure functions.
import { afterFailure, type Job, type ReplyInput, startJob } from './agent-job.ts'
import { type Cancel, type DataSharing, failureOf, type Question, type TaskRequest } from './protocol.ts'

export type AgentInput = { name: string; role: string; maxTurns: number }

export type AgentContext = AgentInput & {
  job: Job | null
  /** Task requests that came while it was working. */
  backlog: TaskRequest[]
  /** What others shared while it had no task: it reads it with the next. */
  news: string[]
  /** Questions under way: by the id of the call that answers them. */
  questions: Record<string, { from: string; id: string }>
  asked: number
  completed: number
  errors: number
  tasks: number
}

export type AgentEvent =
  | TaskRequest
  | Question
  | DataSharing
  | Cancel
  | { type: `xstate.done.actor.${string}`; output: unknown; actorId: string }
  | { type: `xstate.error.actor.${string}`; error: unknown; actorId: string }

export const untasked = (input: AgentInput): AgentContext => ({
  ...input,
  job: null,
  backlog: [],
  news: [],
  questions: {},
  asked: 0,
  completed: 0,
  errors: 0,
  tasks: 0,
})

/** Takes the request at hand, else the first of those that waited. */
export const taken = ({ backlog, tasks, news }: AgentContext, event: AgentEvent): Partial<AgentContext> => {
  const [first, ...rest] = backlog
  const [request, waiting] = event.type === 'task_request' ? [event, backlog] : [first!, rest]
  return { job: startJob(request, tasks, news), tasks: tasks + 1, backlog: waiting, news: [] }
}

const longestNews = 10_000
const mostNews = 50

const newsIn = ({ from, body }: DataSharing): string =>
  `${from} shares ${body.key}: ${JSON.stringify(body.value ?? body.artifact ?? null)}`.slice(0, longestNews)

const withNews = (news: readonly string[], event: AgentEvent): string[] =>
  event.type === 'data_sharing' ? [...news, newsIn(event)].slice(-mostNews) : [...news]

/** What is shared while it works is read in its next turn. */
export const shared = (context: AgentContext, event: AgentEvent): Partial<AgentContext> => ({
  job: { ...context.job!, notes: withNews(context.job!.notes, event) },
})
export const remembered = (context: AgentContext, event: AgentEvent): Partial<AgentContext> => ({
  news: withNews(context.news, event),
})

/** Whether a cancellation means the task in hand: it names it, or names none. */
export const isForJob = ({ job }: AgentContext, event: AgentEvent): boolean =>
  event.type === 'cancel' && (event.taskId === undefined || event.taskId === job?.taskId)

/** A task that waits and is called off. */
export const calledOff = ({ backlog }: AgentContext, event: AgentEvent): TaskRequest | undefined =>
  event.type === 'cancel' && event.taskId !== undefined
    ? backlog.find(({ taskId, id }) => (taskId ?? id) === event.taskId)
    : undefined

export const cancelled = (event: AgentEvent) => ({
  code: 'run.cancelled',
  message: event.type === 'cancel' ? event.body.reason : 'the task was called off',
  retryable: false,
})

export const withFailure = ({ job }: AgentContext, event: AgentEvent): Partial<AgentContext> => ({
  job: afterFailure(job!, 'error' in event ? failureOf(event.error) : cancelled(event)),
})

export const replyInput = (context: AgentContext, question: string): ReplyInput => ({
  question,
  head: context.job?.head ?? null,
  contextTokens: context.job?.thinking.contextTokens ?? 0,
  task: context.job?.task ?? null,
  state: stateOf(context),
})

export const answerText = (event: AgentEvent): string => {
  if ('output' in event) return (event.output as { text: string }).text
  return `I cannot answer: ${failureOf('error' in event ? event.error : null).message}`
}

const stateOf = ({ job, completed, errors }: AgentContext): string =>
  job && !job.result && !job.failure
    ? `working on "${job.task.description.slice(0, 200)}", turn ${job.turn}`
    : `idle after ${completed} completed and ${errors} failed tasks`

const aboutJob = ({ name, job }: AgentContext) => ({
  agent: name,
  purpose: job!.task.purpose,
  task: job!.taskId,
  round: job!.task.round,
})

export const startedNote = (context: AgentContext) => ({
  type: 'task.started',
  ...aboutJob(context),
  role: context.role,
})

export const finishedNote = (context: AgentContext) => {
  const { confidence, summary, reasoning, artifacts, issues, metrics } = context.job!.result!
  return { type: 'task.finished', ...aboutJob(context), confidence, summary, reasoning, artifacts, issues, metrics }
}

export const failedNote = (context: AgentContext) => ({
  type: 'task.failed',
  ...aboutJob(context),
  ...context.job!.failure!,
})
