// Gather. Owns reading all of a replayed run that a fork of it needs, before anything is written.
import type { Json } from './json.ts'
import type { StoredLetter } from './letter-text.ts'
import { readSnapshot } from './snapshots.ts'
import {
  type ActorRow,
  type CallRow,
  isLiving,
  type LedgerRow,
  type MailRow,
  type OutcomeRow,
  type RunRow,
  type StoreReader,
} from './store.ts'

export type GatherOptions = {
  run: string
  /** The replayed run. */
  replayed: StoreReader
  /** The store that has the run, its accounts, and the answers that came later. */
  source: StoreReader
  answers: 'live' | 'recorded'
}

/** A result that had come and not been taken. */
export type WaitingResult = { call: CallRow; outcome: OutcomeRow }

export type Gathered = {
  row: RunRow | null
  accounts: LedgerRow[]
  /** Parents before children. */
  actors: { row: ActorRow; state: Json }[]
  /** Calls that were open, each with the answer it is to get; null when it is to be made. */
  calls: { row: CallRow; answer: OutcomeRow | null }[]
  mail: { row: MailRow; letter: StoredLetter; result: WaitingResult | null }[]
  /** The recorded time of the position. */
  asOf: number
}

const everything = 1_000_000

const gatherActors = async ({ run, replayed }: GatherOptions): Promise<Gathered['actors']> => {
  const actors: Gathered['actors'] = []
  const known = new Set<number>()
  for (const row of await replayed.actors({ run, limit: everything })) {
    // An ended root has no children to be born again; an ended child keeps its address while its parent lives.
    if (row.parent === null ? !isLiving(row.status) : !known.has(row.parent)) continue
    known.add(row.id)
    actors.push({ row, state: (await readSnapshot(replayed, row)).json })
  }
  return actors
}

/** What became of the same call in the run it comes from. */
const answerOf = async (source: StoreReader, address: string, call: CallRow): Promise<OutcomeRow | null> => {
  const actor = await source.actor(address)
  const isIt = ({ incarnation, revision, index }: CallRow) =>
    incarnation === call.incarnation && revision === call.revision && index === call.index
  const same = actor && (await source.calls({ actor: actor.id, limit: everything })).find(isIt)
  const outcomes = same ? await source.outcomes({ call: same.id }) : []
  return outcomes.find(({ status }) => status === 'done') ?? null
}

const gatherCalls = async (options: GatherOptions, actors: Gathered['actors']): Promise<Gathered['calls']> => {
  const { replayed, source, answers } = options
  const calls: Gathered['calls'] = []
  for (const { call } of await replayed.pending()) {
    const row = await replayed.call(call)
    const owner = actors.find((actor) => actor.row.id === row?.actor)
    if (!row || !owner) continue
    calls.push({ row, answer: answers === 'recorded' ? await answerOf(source, owner.row.address, row) : null })
  }
  return calls
}

const resultOf = async (replayed: StoreReader, { $call }: StoredLetter): Promise<WaitingResult | null> => {
  const call = $call ? await replayed.call($call.call) : null
  const outcome = call && (await replayed.outcomes({ call: call.id })).find(({ seq }) => seq === $call?.seq)
  return call && outcome ? { call, outcome } : null
}

const gatherMail = async ({ replayed }: GatherOptions): Promise<Gathered['mail']> => {
  const rows = await replayed.mail({ limit: everything })
  return Promise.all(
    rows.map(async (row) => {
      const letter = JSON.parse(row.message) as StoredLetter // letter-text.ts wrote it
      return { row, letter, result: await resultOf(replayed, letter) }
    }),
  )
}

/** Everything of a run as it was at the replayed position. */
export const gatherRun = async (options: GatherOptions): Promise<Gathered> => {
  const { run, replayed, source } = options
  const actors = await gatherActors(options)
  return {
    row: await source.run(run),
    accounts: await source.ledger(run),
    actors,
    calls: await gatherCalls(options, actors),
    mail: await gatherMail(options),
    asOf: (await replayed.meta()).at,
  }
}
