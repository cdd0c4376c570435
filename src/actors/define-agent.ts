// Define agent. Owns how an agent that works by itself is written: who it is, what it may use, what it takes and gives.
import { z } from 'zod'
import { agentMachine } from '../machines/agent.ts'
import type { ThinkInput } from '../machines/agent-job.ts'
import { type Limits, withOptions } from '../runtime/definition.ts'
import { TroupeError } from '../runtime/errors.ts'
import { fromCall } from '../runtime/kernel.ts'
import type { Interruption, Tool } from '../runtime/tool.ts'
import { actCall } from './act.ts'
import { type Agent, type Hands, nameRule, type ToolChoice } from './agent.ts'
import { messageSchema } from './messages.ts'
import { checkPlan, planSchema, verdictSchema } from './plan.ts'
import { commonInstructions } from './prompt.ts'
import { replyCall } from './reply.ts'
import { type Thinker, thinkCall } from './think.ts'
import { createTranscripts } from './transcript.ts'

export type AgentOptions<Input, Output> = {
  /** Letters, digits, dashes and underscores; its address ends with it. */
  name: string
  /** What it is told before every task. */
  instructions: string
  /** By which plans choose it. Default its name. */
  role?: string
  /** What it does and when to use it: what a lead reads. */
  description?: string
  capabilities?: readonly string[]
  /** Default none. */
  tools?: ToolChoice
  /** A model id, a tier (`fast`, `balanced`, `best`), or `inherit`: the system's own. Default `inherit`. */
  model?: string
  /** What its tasks take, beside words. */
  input?: z.ZodType<Input>
  /** What its tasks give. Default text. */
  output?: z.ZodType<Output>
  /** Model calls for one task. Default 20. */
  maxTurns?: number
  /** Tokens of one answer. Default 16,000. */
  maxTokens?: number
  /** What it may spend, in each run. */
  limits?: Limits
}

const planOutput = (input: ThinkInput): z.ZodType => {
  const team = z
    .array(z.object({ name: z.string(), role: z.string() }))
    .catch([])
    .parse(input.task.input.values.team)
  return planSchema.superRefine((plan, context) => {
    try {
      if (team.length > 0) checkPlan(plan, team)
    } catch (error) {
      if (!(error instanceof TroupeError)) throw error
      context.addIssue({ code: 'custom', message: error.message, path: (error.place ?? '/').split('/').slice(1) })
    }
  })
}

const outputFor =
  (own: z.ZodType) =>
  (input: ThinkInput): z.ZodType => {
    if (input.task.purpose === 'plan') return planOutput(input)
    if (input.task.purpose === 'review') return verdictSchema
    return own
  }

const ownTool = (choice: ToolChoice, name: string): Tool | undefined =>
  choice === 'all' ? undefined : choice.find((tool): tool is Tool => typeof tool !== 'string' && tool.name === name)

/** Workspace tools may be made again: writing is whole and the same content again, reading changes nothing. */
const interruptedAs = (choice: ToolChoice, name: string): Interruption =>
  ownTool(choice, name)?.interrupted ?? (name === 'Edit' ? 'once' : 'retry')

const defaultTimeout = 60_000

const logicFor = (agent: Agent, options: AgentOptions<never, unknown>, hands: Hands) => {
  const { tools: choice = [], model = 'inherit', maxTokens = 16_000 } = options
  const thinker: Thinker = {
    agent,
    model: hands.model,
    modelName: model,
    system: `${options.instructions.trim()}\n${commonInstructions}`,
    maxTokens,
    transcripts: createTranscripts(),
    tools: (context) => hands.tools({ choice, ...context, readArtifact: async () => null }),
    outputFor: outputFor(agent.output),
  }
  const act = actCall({
    interrupted: (name) => interruptedAs(choice, name),
    timeoutMs: (name) => ownTool(choice, name)?.timeoutMs ?? defaultTimeout,
    tools: (context) => hands.tools({ choice, ...context }),
  })
  const machine = agentMachine.provide({
    actors: { think: fromCall(thinkCall(thinker)), act: fromCall(act), reply: fromCall(replyCall(thinker)) },
  })
  return withOptions(machine, {
    accepts: messageSchema,
    events: 'enveloped',
    ...(options.limits && { limits: options.limits }),
  })
}

/**
 * An agent that one model drives. Throws `config.invalid` for a name that cannot be an address.
 * @example
 * const greeter = defineAgent({ name: 'greeter', instructions: 'You greet people by name, in one sentence.' })
 */
export const defineAgent = <Input = string, Output = string>(
  options: AgentOptions<Input, Output>,
): Agent<Input, Output> => {
  const { name, role = name, description = '', capabilities = [], maxTurns = 20 } = options
  if (!nameRule.test(name))
    throw new TroupeError(
      'config.invalid',
      `"${name.slice(0, 80)}" is no name for an agent; use letters, digits, dashes and underscores, a letter first, at most 64`,
      { place: 'name' },
    )
  if (!Number.isInteger(maxTurns) || maxTurns < 1 || maxTurns > 10_000)
    throw new TroupeError('config.invalid', `maxTurns of "${name}" is ${maxTurns}; use 1 to 10,000`, {
      place: 'maxTurns',
    })
  const agent: Agent<Input, Output> = {
    name,
    role,
    description,
    capabilities,
    members: [],
    input: options.input ?? null,
    // Without a schema the output is text, and Output is then its default, string.
    output: options.output ?? (z.string() as unknown as z.ZodType<Output>),
    logic: (hands) => logicFor(agent as Agent, options as unknown as AgentOptions<never, unknown>, hands),
    machineInput: () => ({ name, role, maxTurns }),
  }
  return agent
}
