// The statecharts: what can happen. No I/O, no clock, no chance, no model.
export { type AgentContext, type AgentInput, agentMachine } from './agent.ts'
export { type AskInput, type AskOutput, askMachine } from './ask.ts'
export { type OrchestratorContext, type OrchestratorInput, orchestratorMachine } from './orchestrator.ts'
export { type RefineContext, type RefineInput, refineMachine } from './refine.ts'
export { type RunInput, type RunOutput, runMachine } from './run.ts'
