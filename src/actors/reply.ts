// Reply. Owns answering a question beside the work: the conversation so far is read and left as it is.
import type { ReplyInput } from '../machines/agent-job.ts'
import type { CallContext, CallResult, CallSpec } from '../runtime/call.ts'
import type { ContentBlock, ModelMessage, ModelRequest } from '../runtime/model.ts'
import { textOf } from './judge-answer.ts'
import { nameOf, type Thinker } from './think.ts'

/** A conversation that ends with tool calls is cut before them: an unanswered call may not be followed by a question. */
const upToNow = (messages: readonly ModelMessage[]): ModelMessage[] => {
  const last = messages.at(-1)
  return last?.role === 'assistant' && last.content.some(({ type }) => type === 'tool_use')
    ? messages.slice(0, -1)
    : [...messages]
}

const requestFor = (
  thinker: Thinker,
  input: ReplyInput,
  context: CallContext,
  before: ModelMessage[],
): ModelRequest => {
  const asked: ContentBlock = {
    type: 'text',
    text: `A question from outside; answer it in one or two sentences. You are ${input.state}.\n\n${input.question}`,
  }
  const last = before.at(-1)
  const messages: ModelMessage[] =
    last?.role === 'user'
      ? [...before.slice(0, -1), { role: 'user', content: [...last.content, asked] }]
      : [...before, { role: 'user', content: [asked] }]
  return {
    model: thinker.modelName,
    caller: { address: context.address, name: thinker.agent.name, role: thinker.agent.role, turn: 0, task: 0 },
    system: thinker.system,
    messages,
    tools: [],
    task: { question: input.question, state: input.state },
    maxTokens: 1_000,
  }
}

const reply = async (
  thinker: Thinker,
  input: ReplyInput,
  context: CallContext,
): Promise<CallResult<{ text: string }>> => {
  const before = upToNow(await thinker.transcripts.read(context.blobs, input.head))
  const { callId, attempt, signal, clock } = context
  const answer = await thinker.model.generate(requestFor(thinker, input, context, before), {
    callId,
    attempt,
    signal,
    clock,
  })
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = answer.usage
  return {
    output: { text: textOf(answer) },
    usage: { inputTokens: inputTokens + cacheReadTokens + cacheWriteTokens, outputTokens, usd: answer.usd },
  }
}

/** The call by which an agent answers a question without leaving its work. */
export const replyCall = (thinker: Thinker): CallSpec<ReplyInput, { text: string }> => ({
  kind: 'model',
  name: () => nameOf(thinker),
  interrupted: 'retry',
  estimate: (input) =>
    thinker.model.estimate({
      model: thinker.modelName,
      bytes: input.contextTokens * 4 + input.question.length + thinker.system.length,
      maxTokens: 1_000,
    }),
  run: (input, context) => reply(thinker, input, context),
})
