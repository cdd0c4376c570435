// Actor reads. Owns what is told of actors to those who ask: how they stand, what they hold, how they ended.
import { callId } from './call-rows.ts'
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import { readSnapshot } from './snapshots.ts'
import type { Core, Ended, Entry } from './state.ts'
import { type ActorRow, isLiving } from './store.ts'

export type ActorStatusReport = {
  address: string
  machine: string
  status: string
  state: Json
  revision: number
  incarnation: number
  waiting: number
  calls: string[]
}

const reportOf = ({ row, queue, calls }: Entry): ActorStatusReport => ({
  address: row.address,
  machine: row.machine,
  status: row.status,
  state: JSON.parse(row.state || 'null') as Json,
  revision: row.revision,
  incarnation: row.incarnation,
  waiting: queue.length,
  calls: [...calls.values()].map((call) => callId(row.address, call.row)),
})

/** What is known under an address and below it now. */
export const reportStatus = (core: Core, prefix: string): ActorStatusReport[] =>
  [...core.entries.values()]
    .filter(({ row }) => prefix === '' || row.address === prefix || row.address.startsWith(`${prefix}/`))
    .map(reportOf)

/** An actor's row once everything before is durable. */
const storedRow = async (core: Core, address: string): Promise<ActorRow> => {
  if (!core.failure) await core.writer.durable()
  const row = await core.store.actor(address)
  if (row) return row
  throw new TroupeError('actor.unknown', `there is no actor ${address}; list the actors of a run with status()`, {
    place: address,
  })
}

/** The state of an actor, living or ended, once it is durable. */
export const readActor = async (core: Core, address: string): Promise<Json> => {
  const hydrated = core.entries.get(address)?.hydrated
  if (!hydrated || core.failure) return (await readSnapshot(core.store, await storedRow(core, address))).json
  const { json } = hydrated // as of now: what comes while this waits is not durable either
  await core.writer.durable()
  return json
}

const setAside = (core: Core, address: string): TroupeError | undefined =>
  core.quarantined.find((one) => one.address === address)?.error

const storedEnd = async (core: Core, address: string): Promise<Ended> => {
  const row = await storedRow(core, address)
  if (isLiving(row.status))
    throw (
      setAside(core, address) ??
      new TroupeError('actor.quarantined', `${address} is set aside, as its parent is; see the quarantined actors`)
    )
  const json = (await readSnapshot(core.store, row)).json as { output?: Json; error?: Json }
  const decode = (value: Json | undefined) => (value === undefined ? undefined : core.codec.decode(value))
  return { status: row.status as Ended['status'], output: decode(json.output), error: decode(json.error) }
}

const nothing = () => {}

/** Resolves when an actor has ended and that is durable. */
export const awaitEnd = (core: Core, address: string): Promise<Ended> => {
  const entry = core.entries.get(address)
  const aside = entry?.row.status === 'quarantined' ? setAside(core, address) : undefined
  let end: Promise<Ended>
  if (core.failure ?? aside) end = Promise.reject(core.failure ?? aside)
  else if (entry?.row.status !== 'active') end = storedEnd(core, address)
  else
    end = new Promise((resolve, reject) => {
      core.failing.add(reject)
      const settled = (ended: Ended) =>
        core.writer.after(() => {
          core.failing.delete(reject)
          resolve(ended)
        })
      core.settled.set(address, [...(core.settled.get(address) ?? []), settled])
    })
  // Often held for long before anybody waits for it: failing meanwhile must not end the process.
  end.catch(nothing)
  return end
}
