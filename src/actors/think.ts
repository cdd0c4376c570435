// Think. Owns one model call of an agent: from the task and what is new, through the transcript, to what to do next.
//   H1. What the model said is in the transcript before anything acts on it.
//   H2. An answer that was paid for is counted, though nobody can use it: the model is told why and asked again.
import type { z } from 'zod'
import type { ThinkInput, Thought, ToolCall } from '../machines/agent-job.ts'
import type { CallContext, CallResult, CallSpec, CallUsage } from '../runtime/call.ts'
import type { Json } from '../runtime/json.ts'
import type { ContentBlock, Model, ModelAnswer, ModelRequest, RequestSize, ToolSpec } from '../runtime/model.ts'
import type { Tool } from '../runtime/tool.ts'
import type { Agent } from './agent.ts'
import { judge, paidOutput, type RequestedCall, type Unusable } from './judge-answer.ts'
import { renderTask } from './prompt.ts'
import { readReport } from './read-report.ts'
import { reportTool } from './report.ts'
import { append, type Blobs, lastMessage, type Transcripts } from './transcript.ts'

export type Thinker = {
  agent: Agent
  model: Model
  modelName: string
  system: string
  maxTokens: number
  transcripts: Transcripts
  tools(context: { address: string; run: string }): Promise<readonly Tool[]>
  /** The schema of the output of this task: the agent's own, or a plan or a verdict when it is asked for one. */
  outputFor(input: ThinkInput): z.ZodType
}

const specOf = ({ name, description, inputSchema }: Tool): ToolSpec => ({ name, description, inputSchema })

type UserBlock =
  | Extract<ContentBlock, { type: 'text' }>
  | { type: 'tool_result'; toolUseId: string; isError: boolean; ref: string }
  | { type: 'tool_result'; toolUseId: string; isError: boolean; content: string }

/** The complaint about an answer goes to the tool calls it made, since each of them must be answered. */
const complaint = async (blobs: Blobs, head: string | null, problem: string): Promise<UserBlock[]> => {
  const last = await lastMessage(blobs, head)
  const uses = last?.role === 'assistant' ? last.content.filter((block) => block.type === 'tool_use') : []
  if (uses.length === 0) return [{ type: 'text', text: `Your last answer could not be used: ${problem}` }]
  return uses.map(({ id }) => ({ type: 'tool_result', toolUseId: id, isError: true, content: problem }))
}

const newsOf = async (blobs: Blobs, input: ThinkInput): Promise<UserBlock[]> => {
  if (input.head === null)
    return [
      { type: 'text', text: renderTask(input.task) },
      ...input.notes.map((text): UserBlock => ({ type: 'text', text })),
    ]
  const results = input.results.map(
    ({ toolUseId, isError, ref, text }): UserBlock =>
      ref === ''
        ? { type: 'tool_result', toolUseId, isError, content: text ?? 'the tool failed' }
        : { type: 'tool_result', toolUseId, isError, ref },
  )
  const problem = input.problem === null ? [] : await complaint(blobs, input.head, input.problem)
  return [...results, ...problem, ...input.notes.map((text): UserBlock => ({ type: 'text', text }))]
}

const requestFor = (
  thinker: Thinker,
  input: ThinkInput,
  address: string,
): Omit<ModelRequest, 'messages' | 'tools'> => ({
  model: thinker.modelName,
  caller: { address, name: thinker.agent.name, role: thinker.agent.role, turn: input.turn, task: input.taskNumber },
  system: thinker.system,
  task: input.task as unknown as Json, // it came through the schema of tasks, which is JSON
  maxTokens: thinker.maxTokens,
})

const used = ({ usage, usd }: Pick<ModelAnswer, 'usage' | 'usd'>): CallUsage => ({
  inputTokens: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
  outputTokens: usage.outputTokens,
  usd,
})

/** What the model said, as it is kept: tool results are only ever given by us, and a call's id names one call. */
const saidIn = ({ content }: ModelAnswer): Exclude<ContentBlock, { type: 'tool_result' }>[] => {
  const ids = new Set<string>()
  return content.filter((block) => {
    if (block.type !== 'tool_use') return block.type !== 'tool_result'
    return !ids.has(block.id) && ids.add(block.id)
  }) as Exclude<ContentBlock, { type: 'tool_result' }>[] // the filter took the others out
}

const ask = async (thinker: Thinker, request: ModelRequest, context: CallContext): Promise<ModelAnswer | Unusable> => {
  const { callId, attempt, signal, clock, progress } = context
  try {
    return await thinker.model.generate(request, { callId, attempt, signal, clock, onPart: progress })
  } catch (error) {
    const paid = paidOutput(error)
    if (!paid) throw error
    return paid
  }
}

const longestInput = 8_000
const longestShown = 200

/** What to show of an input that is not: its short texts. */
const shownOf = (input: Json): Json =>
  Object.fromEntries(
    Object.entries((input ?? {}) as object).filter(
      ([key, value]) => key !== '__proto__' && typeof value === 'string' && value.length <= longestShown,
    ),
  )

/** Whether an agent's context can hold an input: one that is short, and without the key that no context may have. */
const isPlain = (text: string): boolean => text.length <= longestInput && !text.includes('"__proto__"')

/** Any other input goes to the blobs, as the model gave it: the tool decides what to make of it. */
const asCall = (blobs: Blobs, { id, name, input }: RequestedCall): ToolCall => {
  const text = JSON.stringify(input)
  return isPlain(text) ? { id, name, input } : { id, name, input: shownOf(input), ref: blobs.put(text) }
}

type Conversation = { asked: string; output: z.ZodType }

const thoughtOf = (
  thinker: Thinker,
  input: ThinkInput,
  answer: ModelAnswer,
  { blobs }: CallContext,
  to: Conversation,
) => {
  const said = saidIn(answer)
  const head = said.length === 0 ? to.asked : append(blobs, to.asked, 'assistant', said)
  const verdict = judge(answer)
  if (verdict.kind === 'act')
    return { kind: verdict.kind, head, calls: verdict.calls.map((call) => asCall(blobs, call)) }
  if (verdict.kind !== 'report') return { ...verdict, head }
  const reading = { output: to.output, agent: thinker.agent.name, task: input.task, blobs }
  return { ...readReport(verdict.given, reading), head }
}

const think = async (thinker: Thinker, input: ThinkInput, context: CallContext): Promise<CallResult<Thought>> => {
  const { blobs } = context
  const asked = append(blobs, input.head, 'user', await newsOf(blobs, input))
  const tools = (await thinker.tools(context)).map(specOf)
  const output = thinker.outputFor(input)
  const request: ModelRequest = {
    ...requestFor(thinker, input, context.address),
    messages: await thinker.transcripts.read(blobs, asked),
    tools: [...tools, reportTool(output)],
  }
  const answer = await ask(thinker, request, context)
  const usage = used(answer)
  const about = { ...usage, at: context.clock.now() }
  const thought =
    'problem' in answer
      ? { kind: 'invalid' as const, problem: answer.problem, head: asked }
      : thoughtOf(thinker, input, answer, context, { asked, output })
  return { output: { ...thought, ...about }, usage }
}

const charsPerToken = 4
/** Room for what tools say of themselves, in the first request. */
const toolBytes = 20_000

/** What the next request weighs at most, known before it is put together: what was there, and what is new. */
const sizeFor = ({ modelName, system, maxTokens }: Thinker, input: ThinkInput): RequestSize => {
  const fresh = input.results.reduce((sum, { bytes }) => sum + bytes, JSON.stringify(input).length)
  const before = input.contextTokens === 0 ? system.length + toolBytes : input.contextTokens * charsPerToken
  return { model: modelName, bytes: before + fresh, maxTokens }
}

/** The model that answers this agent, as its calls are listed. */
export const nameOf = ({ model, modelName }: Thinker): string => model.idFor?.(modelName) ?? model.id

/** The call by which an agent thinks. */
export const thinkCall = (thinker: Thinker): CallSpec<ThinkInput, Thought> => ({
  kind: 'model',
  name: () => nameOf(thinker),
  interrupted: 'retry',
  estimate: (input) => thinker.model.estimate(sizeFor(thinker, input)),
  run: (input, context) => think(thinker, input, context),
})
