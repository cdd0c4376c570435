// Act. Owns one tool call of an agent: found by name, its input checked, its result stored and named.
import type { ToolDone, ToolInput } from '../machines/agent-job.ts'
import type { CallContext, CallResult, CallSpec } from '../runtime/call.ts'
import { escapeText, TroupeError, toFailure } from '../runtime/errors.ts'
import type { Json } from '../runtime/json.ts'
import type { Interruption, Tool } from '../runtime/tool.ts'
import type { ReadArtifact } from './agent.ts'
import { reportName } from './report.ts'

export type Actor = {
  /** How an interrupted call of a tool is treated, known before the call. */
  interrupted(name: string): Interruption
  timeoutMs(name: string): number
  tools(context: { address: string; run: string; readArtifact: ReadArtifact }): Promise<readonly Tool[]>
}

const longestResult = 200_000

const artifactReader =
  (input: ToolInput, context: CallContext): ReadArtifact =>
  async (name) => {
    const artifact = input.artifacts.find((one) => one.name === name)
    return artifact ? context.blobs.get(artifact.hash) : null
  }

const useTool = async (
  tools: readonly Tool[],
  { call }: ToolInput,
  context: CallContext,
): Promise<{ content: string; isError: boolean }> => {
  const tool = tools.find(({ name }) => name === call.name)
  if (!tool)
    throw new TroupeError(
      'tool.unknown',
      `there is no tool "${escapeText(call.name, 80)}"; use one of ${[...tools.map(({ name }) => name), reportName].join(', ')}`,
    )
  const { callId, attempt, signal, clock, address } = context
  const given = call.ref === undefined ? (call.input as Json) : (JSON.parse(await context.blobs.get(call.ref)) as Json)
  const { content, isError = false } = await tool.run(tool.parse(given), {
    callId,
    attempt,
    signal,
    clock,
    address,
  })
  return { content, isError }
}

const cut = (content: string): string =>
  content.length <= longestResult
    ? content
    : `${content.slice(0, longestResult)}\n[cut: ${content.length - longestResult} characters more]`

const stored = (input: ToolInput, context: CallContext, text: string, isError: boolean): CallResult<ToolDone> => ({
  output: { toolUseId: input.call.id, ref: context.blobs.put(text), bytes: Buffer.byteLength(text), isError },
})

const act = async (actor: Actor, input: ToolInput, context: CallContext): Promise<CallResult<ToolDone>> => {
  const tools = await actor.tools({
    address: context.address,
    run: context.run,
    readArtifact: artifactReader(input, context),
  })
  try {
    const { content, isError } = await useTool(tools, input, context)
    return stored(input, context, cut(content), isError)
  } catch (error) {
    if (context.signal.aborted) throw error
    const failure = toFailure(error, 'tool.failed')
    if (failure.retryable) throw error
    return stored(input, context, `${failure.code}: ${failure.message}`, true)
  }
}

/** The call by which an agent uses a tool. A tool that fails tells the model why; the agent lives. */
export const actCall = (actor: Actor): CallSpec<ToolInput, ToolDone> => ({
  kind: 'tool',
  name: ({ call }) => call.name,
  interrupted: ({ call }) => actor.interrupted(call.name),
  timeoutMs: ({ call }) => actor.timeoutMs(call.name),
  run: (input, context) => act(actor, input, context),
})
