// Patterns. Owns the public names of `troupe/patterns`: how agents combine. Each gives an agent, so that they nest.
export { type Parallel, parallel } from './parallel.ts'
export { type Gated, type PipelineOptions, pipeline, type Stage } from './pipeline.ts'
export { type RefineOptions, refine } from './refine.ts'
export { type SequentialOutput, sequential } from './sequential.ts'
export type { PatternOptions } from './steps.ts'
