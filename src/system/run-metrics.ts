// Run metrics. Owns what a run has used, counted from its calls: also of what failed, and of a run that gave no result.
import type { Metrics } from '../machines/protocol.ts'
import type { CallRow, OutcomeRow, RunRow, StoreReader } from '../runtime/store.ts'

const pageSize = 1000

async function* pages<Row>(read: (after: number) => Promise<Row[]>, number: (row: Row) => number): AsyncGenerator<Row> {
  for (let after = 0; ; ) {
    const rows = await read(after)
    yield* rows
    if (rows.length < pageSize) return
    after = number(rows.at(-1)!)
  }
}

const withOutcome = (sum: Metrics, row: OutcomeRow, kind: string | undefined): Metrics => {
  const paid = row.inputTokens + row.outputTokens > 0
  const counts = row.status === 'done' || paid
  return {
    ...sum,
    modelCalls: sum.modelCalls + Number(counts && kind === 'model'),
    toolCalls: sum.toolCalls + Number(counts && kind === 'tool'),
    inputTokens: sum.inputTokens + row.inputTokens,
    outputTokens: sum.outputTokens + row.outputTokens,
    usd: sum.usd === null || (paid && row.usd === null) ? null : sum.usd + (row.usd ?? 0),
  }
}

/** What the calls of a run used. */
export const usedBy = async (store: StoreReader, { id: run, startedAt, endedAt }: RunRow): Promise<Metrics> => {
  const kinds = new Map<number, string>()
  const calls = pages<CallRow>(
    (after) => store.calls({ run, after, limit: pageSize }),
    ({ id }) => id,
  )
  for await (const { id, kind } of calls) kinds.set(id, kind)
  let sum: Metrics = { durationMs: 0, modelCalls: 0, toolCalls: 0, inputTokens: 0, outputTokens: 0, usd: 0 }
  const outcomes = pages<OutcomeRow>(
    (after) => store.outcomes({ run, after, limit: pageSize }),
    ({ seq }) => seq,
  )
  for await (const row of outcomes) sum = withOutcome(sum, row, kinds.get(row.call))
  return { ...sum, durationMs: (endedAt ?? startedAt) - startedAt }
}
