// Agent. Owns what every agent is, whether one model works in it or a whole team: a name, and a machine that needs hands.
import type { AnyActorLogic } from 'xstate'
import type { z } from 'zod'
import type { Model } from '../runtime/model.ts'
import type { Tool } from '../runtime/tool.ts'

/** Which tools an agent has: names of workspace tools, tools of its own, or `all` of the workspace's. */
export type ToolChoice = 'all' | readonly (string | Tool)[]

/** Reads an artifact of the task in hand by its name; null when there is none. */
export type ReadArtifact = (name: string) => Promise<string | null>

/** What agents need from the system they run in. */
export type Hands = {
  model: Model
  /** The tools of the agent at an address. */
  tools(request: {
    choice: ToolChoice
    address: string
    run: string
    readArtifact: ReadArtifact
  }): Promise<readonly Tool[]>
}

/** An agent, inert. `Input` and `Output` are what its tasks take and give; a string where it declares no schema. */
export type Agent<Input = unknown, Output = unknown> = {
  readonly name: string
  readonly role: string
  readonly description: string
  readonly capabilities: readonly string[]
  /** The agents it is made of; empty for one that works by itself. */
  readonly members: readonly Agent[]
  readonly output: z.ZodType<Output>
  readonly input: z.ZodType<Input> | null
  /** Its machine, with hands. */
  logic(hands: Hands): AnyActorLogic
  /** What its machine is started with. */
  machineInput(): unknown
}

/** What an agent's tasks take: a string where it declares no schema. */
export type InputOf<A> = A extends Agent<infer Input, unknown> ? Input : never
/** What an agent's tasks give. */
export type OutputOf<A> = A extends Agent<unknown, infer Output> ? Output : never

export const nameRule = /^[a-z][a-z0-9_-]{0,63}$/i
