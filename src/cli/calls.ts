// Calls command. Owns `troupe calls`: every call of a run with how it ended and what it used.
import { callId } from '../runtime/call-rows.ts'
import { isoTime } from '../runtime/clock.ts'
import type { CallRow, OutcomeRow, OutcomeStatus, StoreReader } from '../runtime/store.ts'
import type { Host } from './host.ts'
import { findRun, storePath, withReader } from './stored.ts'
import { count, duration, money, table } from './text.ts'

/** A call as it stands. Tokens and cost are those of all its attempts. */
export type CallReport = {
  id: string
  kind: string
  name: string
  status: 'requested' | OutcomeStatus
  attempt: number
  startedAt: string | null
  endedAt: string | null
  inputTokens: number
  outputTokens: number
  /** Null when it cost nothing that is known. */
  usd: number | null
}

const final: readonly OutcomeStatus[] = ['done', 'failed', 'unknown', 'cancelled']

const reportOf = (row: CallRow, address: string, all: readonly OutcomeRow[]): CallReport => {
  const outcomes = all.filter(({ status }) => status !== 'late')
  const last = outcomes.at(-1)
  const end = outcomes.find(({ status }) => final.includes(status))
  const started = row.startedAt ?? outcomes.find(({ status }) => status === 'started')?.at ?? null
  const prices = all.flatMap(({ usd }) => (usd === null ? [] : [usd]))
  return {
    id: callId(address, row),
    kind: row.kind,
    name: row.name,
    status: end?.status ?? last?.status ?? (started === null ? 'requested' : 'started'),
    attempt: Math.max(1, ...all.map(({ attempt }) => attempt)),
    startedAt: started === null ? null : isoTime(started),
    endedAt: end ? isoTime(end.at) : null,
    inputTokens: all.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
    outputTokens: all.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
    usd: prices.length === 0 ? null : prices.reduce((sum, usd) => sum + usd, 0),
  }
}

/** The calls of a run, in the order they were asked for. */
export const readCalls = async (reader: StoreReader, run: string): Promise<CallReport[]> => {
  const [calls, outcomes] = [await reader.calls({ run }), await reader.outcomes({ run })]
  const byCall = Map.groupBy(outcomes, ({ call }) => call)
  const addresses = new Map((await reader.actors({ run })).map(({ id, address }) => [id, address]))
  return calls.map((row) => reportOf(row, addresses.get(row.actor) ?? run, byCall.get(row.id) ?? []))
}

const took = ({ startedAt, endedAt }: CallReport): string =>
  startedAt === null || endedAt === null ? '' : duration(Date.parse(endedAt) - Date.parse(startedAt))

/** Carries out `troupe calls`. */
export const runCalls = (
  host: Host,
  id: string,
  { store, json = false }: { store?: string; json?: boolean },
): Promise<number> =>
  withReader(storePath(host.cwd(), store), async (reader) => {
    await findRun(reader, id)
    const calls = await readCalls(reader, id)
    if (json) {
      for (const call of calls) host.out(`${JSON.stringify(call)}\n`)
      return 0
    }
    const rows = calls.map((call) => [
      call.id.slice(id.length + 1),
      `${call.kind} ${call.name}`,
      call.attempt > 1 ? `${call.status}, attempt ${call.attempt}` : call.status,
      took(call),
      call.kind === 'model' ? `${count(call.inputTokens)} in` : '',
      call.kind === 'model' ? `${count(call.outputTokens)} out` : '',
      call.usd === null ? '' : money(call.usd),
    ])
    host.out(
      table(rows)
        .map((line) => `${line}\n`)
        .join(''),
    )
    return 0
  })
