// Protocol. Owns the shape of the messages that machines handle. Their schemas, which check them, are in actors/messages.
//   These are structural: a machine names only the fields it acts on and hands the rest on as it came.
import type { AnyActorRef } from 'xstate'

export type Artifact = { name: string; hash: string; bytes: number; agent: string }
export type Issue = { severity: 'high' | 'medium' | 'low'; text: string; recommendation?: string | undefined }
export type Feedback = { issues: Issue[]; strengths: string[]; score: number }
export type Purpose = 'work' | 'plan' | 'review' | 'synthesise'

export type TaskBody = {
  description: string
  requirements: string[]
  context: string
  input: { values: Record<string, unknown>; artifacts: Artifact[] }
  expectedOutput: string
  outputName: string
  qualityThreshold: number
  deadline?: number | undefined
  purpose: Purpose
  round: number
  feedback?: Feedback | undefined
}

export type Metrics = {
  durationMs: number
  modelCalls: number
  toolCalls: number
  inputTokens: number
  outputTokens: number
  usd: number | null
}

export type ResultBody = {
  output: unknown
  artifacts: Artifact[]
  summary: string
  confidence: number
  reasoning: string
  issues: Issue[]
  metrics: Metrics
}
export type FailureBody = { code: string; message: string; retryable: boolean; attempt: number; partial?: unknown }

type Envelope = {
  id: string
  from: string
  to: string
  runId: string
  taskId?: string
  replyTo?: string
  sentAt: number
  priority?: number
}
export type TaskRequest = Envelope & { type: 'task_request'; body: TaskBody }
export type TaskComplete = Envelope & { type: 'task_complete'; body: ResultBody }
export type ErrorReport = Envelope & { type: 'error_report'; body: FailureBody }
export type Question = Envelope & { type: 'question'; body: { text: string } }
export type Answer = Envelope & { type: 'answer'; body: { text: string; value?: unknown } }
export type DataSharing = Envelope & {
  type: 'data_sharing'
  body: { key: string; value?: unknown; artifact?: Artifact }
}
export type Cancel = Envelope & { type: 'cancel'; body: { reason: string } }
export type Progress = Envelope & { type: 'progress'; body: { text: string } }

/** Whom to send to, by address: an address is all that machines know of each other. The cast is true because XState only passes it on. */
export const at = (address: string): AnyActorRef => ({ sessionId: address }) as unknown as AnyActorRef

/** The text of an error that came from a call or a child. */
export const failureOf = (error: unknown): { code: string; message: string; retryable: boolean } => {
  const known = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown
    message?: unknown
    retryable?: unknown
  }
  return {
    code: typeof known.code === 'string' ? known.code : 'agent.failed',
    message: typeof known.message === 'string' ? known.message : String(error),
    retryable: known.retryable === true,
  }
}
