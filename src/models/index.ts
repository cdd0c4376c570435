// Models. Owns the public names of `troupe/models`.
export { type AnthropicOptions, anthropic } from './anthropic.ts'
export { type FailingOptions, failing } from './offline/failing.ts'
export { type OfflineOptions, offline } from './offline.ts'
export { priceOf } from './prices.ts'
export {
  fail,
  report,
  type Script,
  type ScriptedAct,
  type ScriptedOptions,
  type ScriptedTask,
  type ScriptedTurn,
  say,
  scripted,
  use,
} from './scripted.ts'
export { scriptedFromFile } from './scripted-file.ts'
export { type ModelFromSpecOptions, type ModelSpec, modelFromSpec, parseModelSpec } from './spec.ts'
export { resolveModel } from './tiers.ts'
