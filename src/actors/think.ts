// Think. Owns one model call of an agent: from the task and what is new, through the transcript, to what to do next.
//   H1. What the model said is in the transcript before anything acts on it.
//   H2. Nothing is done that the model did not plainly finish saying: tools run on `tool_use` alone.
import type { z } from 'zod'
import type { ThinkInput, Thought } from '../machines/agent-job.ts'
import type { CallContext, CallResult, CallSpec } from '../runtime/call.ts'
import type { Json } from '../runtime/json.ts'
import type { ContentBlock, Model, ModelAnswer, ModelRequest, RequestSize, ToolSpec } from '../runtime/model.ts'
import type { Tool } from '../runtime/tool.ts'
import type { Agent } from './agent.ts'
import { renderTask } from './prompt.ts'
import { readReport } from './read-report.ts'
import { reportName, reportTool } from './report.ts'
import { append, type Blobs, lastMessage, readTranscript } from './transcript.ts'

export type Thinker = {
  agent: Agent
  model: Model
  modelName: string
  system: string
  maxTokens: number
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

const textOf = ({ content }: ModelAnswer): string =>
  content
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n')
    .trim()

const mostCalls = 16

type Verdict =
  | { kind: 'act'; calls: { id: string; name: string; input: Json }[] }
  | { kind: 'report'; given: unknown }
  | { kind: 'invalid'; problem: string }
  | { kind: 'over'; code: string; problem: string }

/** What an answer amounts to. */
const judge = (answer: ModelAnswer): Verdict => {
  const uses = answer.content.filter((block) => block.type === 'tool_use')
  switch (answer.stop) {
    case 'tool_use': {
      const report = uses.find(({ name }) => name === reportName)
      if (report) return { kind: 'report', given: report.input }
      if (uses.length > mostCalls)
        return {
          kind: 'invalid',
          problem: `you asked for ${uses.length} tool calls at once; ask for ${mostCalls} at most`,
        }
      if (uses.length > 0) return { kind: 'act', calls: uses.map(({ id, name, input }) => ({ id, name, input })) }
      return { kind: 'invalid', problem: 'you stopped to use a tool and named none' }
    }
    case 'end':
      return textOf(answer) === ''
        ? { kind: 'invalid', problem: 'your answer was empty' }
        : {
            kind: 'report',
            given: {
              output: textOf(answer),
              summary: textOf(answer).split('\n')[0]!.slice(0, 300),
              confidence: 0.5,
              issues: [{ severity: 'low', text: 'handed in without a report' }],
            },
          }
    case 'max_tokens':
      return { kind: 'invalid', problem: 'your answer was cut off at the limit of tokens; say it in less' }
    case 'pause':
      return { kind: 'invalid', problem: 'you paused; go on' }
    case 'refusal':
      return {
        kind: 'over',
        code: 'model.refused',
        problem: `the model refuses this task: ${textOf(answer).slice(0, 500)}`,
      }
    case 'context_overflow':
      return {
        kind: 'over',
        code: 'model.context-overflow',
        problem: 'the conversation no longer fits the model; give the agent a smaller task',
      }
  }
}

const think = async (thinker: Thinker, input: ThinkInput, context: CallContext): Promise<CallResult<Thought>> => {
  const { blobs } = context
  const asked = append(blobs, input.head, 'user', await newsOf(blobs, input))
  const tools = (await thinker.tools(context)).map(specOf)
  const output = thinker.outputFor(input)
  const request: ModelRequest = {
    ...requestFor(thinker, input, context.address),
    messages: await readTranscript(blobs, asked),
    tools: [...tools, reportTool(output)],
  }
  const answer = await thinker.model.generate(request, {
    callId: context.callId,
    attempt: context.attempt,
    signal: context.signal,
    clock: context.clock,
    onPart: context.progress,
  })
  // Tool results are only ever given by us: what a model calls one is not kept as one.
  const said = answer.content.filter((block) => block.type !== 'tool_result')
  const head = said.length === 0 ? asked : append(blobs, asked, 'assistant', said)
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = answer.usage
  const used = { inputTokens: inputTokens + cacheReadTokens + cacheWriteTokens, outputTokens, usd: answer.usd }
  const verdict = judge(answer)
  const thought =
    verdict.kind === 'report'
      ? readReport(verdict.given, { output, agent: thinker.agent.name, task: input.task, blobs })
      : verdict
  return { output: { ...thought, head, ...used, at: context.clock.now() } as Thought, usage: used }
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

/** The call by which an agent thinks. */
export const thinkCall = (thinker: Thinker): CallSpec<ThinkInput, Thought> => ({
  kind: 'model',
  name: () => thinker.model.id,
  interrupted: 'retry',
  estimate: (input) => thinker.model.estimate(sizeFor(thinker, input)),
  run: (input, context) => think(thinker, input, context),
})
