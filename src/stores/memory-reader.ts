// Memory reader. Owns the reading half of the store port over data in memory.
import { type ActorRow, isLiving, type StoreReader } from '../runtime/store.ts'
import type { MemoryData } from './memory-data.ts'

type Scope = { run?: string; actor?: number; after?: number; limit?: number }

const copy = <Row extends object>(row: Row | undefined): Row | null => (row ? { ...row } : null)
const first = <Row>(rows: readonly Row[], limit = rows.length): Row[] => rows.slice(0, limit)

/** `prefix` itself and what lies under it; a prefix ending in `/` means only what lies under it. */
export const isUnder = (account: string, prefix: string): boolean =>
  prefix.endsWith('/') ? account.startsWith(prefix) : account === prefix || account.startsWith(`${prefix}/`)

export const memoryReader = (data: MemoryData): Omit<StoreReader, 'close'> => {
  const isKept = ({ status, parent }: ActorRow) =>
    isLiving(status) || (parent !== null && isLiving(data.actors.get(parent)?.status ?? 'stopped'))
  const runOf = (actor: number | undefined) => (actor === undefined ? undefined : data.actors.get(actor)?.run)

  /** Rows of one actor, of one run, or all. */
  const scoped = <Row extends { actor: number }>(
    table: { list(range: Scope): Row[]; group(actor: number, range: Scope): Row[] },
    { run, actor, after, limit }: Scope,
  ): Row[] => {
    const range = after === undefined ? {} : { after }
    const rows = actor === undefined ? table.list(range) : table.group(actor, range)
    return first(run === undefined ? rows : rows.filter((row) => runOf(row.actor) === run), limit)
  }

  return {
    meta: async () => structuredClone(data.meta),
    actor: async (address) => copy(data.actors.get(data.addresses.get(address)?.id ?? -1)),
    actorById: async (id) => copy(data.actors.get(id)),
    actors: async ({ run, parent, living, after = -1, limit } = {}) => {
      const rows = parent === undefined ? data.actors.list({ after }) : data.actors.group(parent, { after })
      const wanted = rows.filter((row) => (run === undefined || row.run === run) && (!living || isKept(row)))
      return first(wanted, limit)
    },
    snapshot: async (actor) => {
      const row = copy(data.snapshots.get(actor))
      if (!row) return null
      const since = data.journal.group(actor).filter((turn) => turn.revision > row.revision)
      return { row, patches: since.map(({ revision, patch }) => ({ revision, patch })) }
    },
    journal: async (query = {}) => scoped(data.journal, query),
    mail: async (query = {}) => scoped(data.mail, query),
    calls: async (query = {}) => scoped(data.calls, query),
    call: async (id) => copy(data.calls.get(id)),
    outcomes: async (query) => {
      if ('call' in query) return data.outcomes.group(query.call)
      const { run, after = -1, limit } = query
      const rows = data.outcomes.list({ after })
      const wanted = run === undefined ? rows : rows.filter((row) => runOf(data.calls.get(row.call)?.actor) === run)
      return first(wanted, limit)
    },
    pending: async () => data.pending.list(),
    blob: async (hash) => data.blobs.get(hash)?.data ?? null,
    runs: async () => [...data.runs.values()].map((row) => ({ ...row })),
    run: async (id) => copy(data.runs.get(id)),
    ledger: async (prefix) =>
      [...data.ledger.values()]
        .filter((row) => prefix === undefined || isUnder(row.account, prefix))
        .sort((a, b) => (a.account < b.account ? -1 : 1))
        .map((row) => ({ ...row })),
    dead: async (query = {}) => data.dead.list(query),
    receipt: async (id) => copy(data.receipts.get(id)),
    conservation: async () => ({
      ...data.meta.counters,
      waiting: data.mail.list().filter((row) => row.timer === null).length,
    }),
  }
}
