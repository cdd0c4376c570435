// Run result. Owns what a run gives when it ends, live or long after: read from its row.
import { longestInline } from '../actors/read-report.ts'
import type { Artifact, Issue, Metrics } from '../machines/protocol.ts'
import type { RunOutput } from '../machines/run.ts'
import { isoTime } from '../runtime/clock.ts'
import type { Failure } from '../runtime/errors.ts'
import { toFailure } from '../runtime/errors.ts'
import type { Json } from '../runtime/json.ts'
import type { Ended } from '../runtime/state.ts'
import type { RunRow } from '../runtime/store.ts'

type Common = {
  id: string
  agent: string
  startedAt: string
  endedAt: string
  artifacts: Artifact[]
  issues: Issue[]
  metrics: Metrics
}
/** How a run ended. `output` is what its agent was asked for. */
export type RunResult<Output = unknown> =
  | (Common & { status: 'complete'; output: Output; summary: string; confidence: number; reasoning: string })
  | (Common & { status: 'failed' | 'cancelled'; failure: Failure })

const none: Metrics = { durationMs: 0, modelCalls: 0, toolCalls: 0, inputTokens: 0, outputTokens: 0, usd: 0 }

/** What the row of a run says of its root actor's end. */
export const judgeRun = ({ status, output, error }: Ended): { status: RunRow['status']; result: Json } => {
  if (status === 'stopped')
    return {
      status: 'cancelled',
      result: { failure: { code: 'run.cancelled', message: 'the run was cancelled', retryable: false } },
    }
  if (status === 'error')
    return { status: 'failed', result: { failure: toFailure(error, 'run.failed') as unknown as Json } }
  const ended = output as RunOutput | undefined // the run machine's; another root actor gives what it likes
  if (ended?.status === 'complete' || ended?.status === 'failed')
    return { status: ended.status, result: ended as unknown as Json }
  return { status: 'complete', result: { status: 'complete', value: (output ?? null) as Json } }
}

/** The result of an ended run. `text` reads an artifact: output too long to travel is read from there. */
export const readResult = async (row: RunRow, text: (artifact: Artifact) => Promise<string>): Promise<RunResult> => {
  const stored = JSON.parse(row.result ?? 'null') as {
    result?: Extract<RunOutput, { status: 'complete' }>['result']
    failure?: Failure & { partial?: unknown }
  } | null
  const common = {
    id: row.id,
    agent: row.agent,
    startedAt: isoTime(row.startedAt),
    endedAt: isoTime(row.endedAt ?? row.startedAt),
  }
  if (row.status === 'complete' && stored?.result) {
    const { output, artifacts, ...rest } = stored.result
    const last = artifacts.at(-1)
    return {
      ...common,
      status: 'complete',
      ...rest,
      artifacts,
      output: output === null && last && last.bytes > longestInline ? await text(last) : output,
    }
  }
  const partial = Array.isArray(stored?.failure?.partial) ? (stored.failure.partial as Artifact[]) : []
  const failure = stored?.failure ?? { code: 'run.failed', message: 'the run left no result', retryable: false }
  return {
    ...common,
    status: row.status === 'cancelled' ? 'cancelled' : 'failed',
    failure,
    artifacts: partial,
    issues: [],
    metrics: { ...none, durationMs: (row.endedAt ?? row.startedAt) - row.startedAt },
  }
}
