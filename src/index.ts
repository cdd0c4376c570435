// Troupe's front door. Named exports only; test/house/api.txt holds the list.
export type { Agent, InputOf, OutputOf, ToolChoice } from './actors/agent.ts'
export { type AgentFile, loadAgentFiles, type Problem } from './actors/agent-file.ts'
export { agentFromFile } from './actors/agent-from-file.ts'
export { type AgentOptions, defineAgent } from './actors/define-agent.ts'
export { defineTeam, type TeamOptions } from './actors/define-team.ts'
export { defineTool, type ToolDefinition } from './actors/define-tool.ts'
export { type Artifact, type Message, messageSchema, type TaskInput } from './actors/messages.ts'
export { checkPlan, type Plan, type PlanInput, planSchema, type Verdict, verdictSchema } from './actors/plan.ts'
export type { AskOutput } from './machines/ask.ts'
export type { ActorStatusReport } from './runtime/actor-reads.ts'
export type { CallContext, CallResult, CallSpec } from './runtime/call.ts'
export { type Clock, systemClock } from './runtime/clock.ts'
export { type DefinitionOptions, type Limits, withOptions } from './runtime/definition.ts'
export { type ErrorCode, type Failure, TroupeError } from './runtime/errors.ts'
export type { TroupeEvent } from './runtime/events.ts'
export type { Json, JsonSchema } from './runtime/json.ts'
export { fromCall } from './runtime/kernel.ts'
export type {
  ContentBlock,
  Model,
  ModelAnswer,
  ModelContext,
  ModelMessage,
  ModelRequest,
  ToolSpec,
  Usage,
} from './runtime/model.ts'
export { type Random, seededRandom, systemRandom } from './runtime/random.ts'
export type { Receipt, SendOptions } from './runtime/send.ts'
export type { CallPart, Ended, Quarantine, RuntimeLimits } from './runtime/state.ts'
export type { LedgerRow, RunRow, Store, StoreReader } from './runtime/store.ts'
export type { Interruption, Tool, ToolContext, ToolResult } from './runtime/tool.ts'
export type { Checkpoint } from './system/checkpoints.ts'
export type { EventQuery } from './system/event-stream.ts'
export type { AskOptions, BroadcastOptions } from './system/messaging.ts'
export type { RunResult } from './system/run-result.ts'
export { createSystem, type Run, type RunOptions, type System, type SystemOptions } from './system/system.ts'
export type { TaskFor } from './system/tasks.ts'
