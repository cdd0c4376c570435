// Agent job. Owns one task in the hands of an agent: pure functions from what came back to what is next.
import {
  type Artifact,
  type FailureBody,
  failureOf,
  type ResultBody,
  type TaskBody,
  type TaskRequest,
} from './protocol.ts'

/** `ref`: the whole input is in the store's blobs, since it is long; `input` is then what to show of it. */
export type ToolCall = { id: string; name: string; input: unknown; ref?: string }
type Used = { inputTokens: number; outputTokens: number; usd: number | null; at: number }

/** What the model made of it: tools to use, work to hand in, or something that cannot be used. */
export type Thought = Used &
  (
    | { kind: 'act'; head: string; calls: ToolCall[] }
    | { kind: 'report'; head: string; result: Omit<ResultBody, 'metrics'> }
    | { kind: 'invalid'; head: string; problem: string }
    | { kind: 'over'; head: string; code: string; problem: string }
  )

/** A transcript is named by the hash of its last node; what is new since is given beside it. */
export type Thinking = {
  task: TaskBody
  taskNumber: number
  turn: number
  head: string | null
  results: ToolDone[]
  notes: string[]
  problem: string | null
  /** Tokens of the conversation so far, as the last answer counted them: what the next call sends at least. */
  contextTokens: number
}
export type ThinkInput = Thinking & { name: string; role: string }
/** `artifacts` are those of the task: what the tool may read by name. */
export type ToolInput = { call: ToolCall; artifacts: Artifact[] }
/** The result itself is in the store's blobs, under `ref`. */
export type ToolDone = { toolUseId: string; ref: string; bytes: number; isError: boolean; text?: string }
export type ReplyInput = {
  question: string
  head: string | null
  contextTokens: number
  task: TaskBody | null
  state: string
}

export type Job = {
  id: string
  from: string
  taskId: string
  task: TaskBody
  requestedAt: number
  turn: number
  head: string | null
  calls: ToolCall[]
  results: ToolDone[]
  notes: string[]
  /** Answers in a row that could not be used. */
  invalid: number
  /** The last tool calls, each turn's as one short text, to notice an agent that runs in circles. */
  recent: string[]
  used: { modelCalls: number; toolCalls: number; inputTokens: number; outputTokens: number; usd: number | null }
  thinking: Thinking
  result: ResultBody | null
  failure: Omit<FailureBody, 'attempt'> | null
}

export const startJob = (request: TaskRequest, taskNumber: number, notes: string[] = []): Job => ({
  id: request.id,
  from: request.from,
  taskId: request.taskId ?? request.id,
  task: request.body,
  requestedAt: request.sentAt,
  turn: 0,
  head: null,
  calls: [],
  results: [],
  notes: [],
  invalid: 0,
  recent: [],
  used: { modelCalls: 0, toolCalls: 0, inputTokens: 0, outputTokens: 0, usd: 0 },
  thinking: {
    task: request.body,
    taskNumber,
    turn: 0,
    head: null,
    results: [],
    notes,
    problem: null,
    contextTokens: 0,
  },
  result: null,
  failure: null,
})

const mostInvalid = 2
const sameCallLimit = 3

const add = (used: Job['used'], thought: Used): Job['used'] => ({
  ...used,
  modelCalls: used.modelCalls + 1,
  inputTokens: used.inputTokens + thought.inputTokens,
  outputTokens: used.outputTokens + thought.outputTokens,
  usd: used.usd === null || thought.usd === null ? null : used.usd + thought.usd,
})

const fail = (job: Job, code: string, message: string): Job => ({
  ...job,
  calls: [],
  failure: { code, message, retryable: false },
})

const next = (job: Job, change: Partial<Thinking>): Job => {
  const turn = job.turn + 1
  return {
    ...job,
    turn,
    notes: [],
    thinking: { ...job.thinking, turn, head: job.head, results: [], notes: job.notes, problem: null, ...change },
  }
}

/** FNV-1a: enough to tell whether two long texts are the same, without keeping them. */
const mark = (text: string): string => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return `${text.length}:${hash.toString(16)}`
}

const longestRecent = 200

const circles = (job: Job, calls: readonly ToolCall[]): string[] => {
  const text = JSON.stringify(calls.map(({ name, input, ref }) => [name, ref ?? input]))
  return [...job.recent, text.length > longestRecent ? mark(text) : text].slice(-sameCallLimit)
}

const inCircles = (recent: readonly string[]): boolean =>
  recent.length === sameCallLimit && recent.every((text) => text === recent[0])

const reported = (job: Job, { result, at }: Extract<Thought, { kind: 'report' }>): Job => ({
  ...job,
  result: { ...result, metrics: { durationMs: Math.max(0, at - job.requestedAt), ...job.used } },
})

/** An answer that cannot be used is told so and asked for again, a few times. */
const askAgain = (job: Job, problem: string, isLast: boolean): Job => {
  const invalid = job.invalid + 1
  return invalid > mostInvalid || isLast
    ? fail(job, 'model.output', `the model's answer could not be used, ${invalid} in a row: ${problem}`)
    : next({ ...job, invalid }, { problem })
}

const acting = (job: Job, calls: ToolCall[], { isLast, maxTurns }: { isLast: boolean; maxTurns: number }): Job => {
  const recent = circles(job, calls)
  if (inCircles(recent))
    return fail(
      job,
      'agent.loop',
      `the agent made the same tool calls ${sameCallLimit} times in a row; give it another task or another tool`,
    )
  if (isLast)
    return fail(
      job,
      'agent.max-turns',
      `the agent did not finish within ${maxTurns} turns; make the task smaller or raise maxTurns`,
    )
  return { ...job, invalid: 0, recent, calls, used: { ...job.used, toolCalls: job.used.toolCalls + calls.length } }
}

/** The job after the model has answered. */
export const afterThought = (job: Job, thought: Thought, maxTurns: number): Job => {
  const thinking = { ...job.thinking, contextTokens: thought.inputTokens + thought.outputTokens }
  const known: Job = { ...job, head: thought.head, calls: [], results: [], used: add(job.used, thought), thinking }
  const isLast = job.turn + 1 >= maxTurns
  switch (thought.kind) {
    case 'report':
      return reported(known, thought)
    case 'over':
      return fail(known, thought.code, thought.problem)
    case 'invalid':
      return askAgain(known, thought.problem, isLast)
    case 'act':
      return acting(known, thought.calls, { isLast, maxTurns })
  }
}

const toolId = (job: Job, index: number): string => `tool.${job.turn}.${index}`

/** The tool calls to make now, each with the id of the child that makes it. */
export const toolCalls = (job: Job): { id: string; input: ToolInput; about: string }[] =>
  job.calls.map((call, index) => ({
    id: toolId(job, index),
    input: { call, artifacts: job.task.input.artifacts },
    about: aboutOf(call.input),
  }))

/** The children that still work on a tool call. */
export const unanswered = (job: Job): string[] => {
  const answered = new Set(job.results.map(({ toolUseId }) => toolUseId))
  return job.calls.flatMap(({ id }, index) => (answered.has(id) ? [] : [toolId(job, index)]))
}

const aboutOf = (input: unknown): string => {
  const fields = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>
  const shown = fields.path ?? fields.pattern ?? Object.values(fields)[0]
  return typeof shown === 'string' ? shown.slice(0, 80) : ''
}

const indexOf = (actorId: string): number => Number(actorId.slice(actorId.lastIndexOf('.') + 1))

const longestText = 4_000

/** The job after one tool has answered or failed; results keep the order of the calls. */
export const afterTool = (job: Job, ended: { actorId: string } & ({ output: unknown } | { error: unknown })): Job => {
  const index = indexOf(ended.actorId)
  const call = job.calls[index]
  if (!call) return job
  const done: ToolDone =
    'output' in ended
      ? (ended.output as ToolDone)
      : {
          toolUseId: call.id,
          ref: '',
          bytes: 0,
          isError: true,
          text: failureOf(ended.error).message.slice(0, longestText),
        }
  const results = [...job.results, done]
  if (results.length < job.calls.length) return { ...job, results }
  const order = new Map(job.calls.map(({ id }, i) => [id, i]))
  const sorted = results.toSorted((a, b) => (order.get(a.toolUseId) ?? 0) - (order.get(b.toolUseId) ?? 0))
  return { ...next({ ...job, results: sorted }, { results: sorted }), results: sorted }
}

/** The job after something that ends it. */
export const afterFailure = (job: Job, failure: Omit<FailureBody, 'attempt'>): Job => ({ ...job, calls: [], failure })
