// Other runs. Owns that a store holds more than the run at hand: none gets agents that are not its own, and none goes on unsaid.
import { TroupeError } from '../runtime/errors.ts'
import type { RunRow } from '../runtime/store.ts'
import type { System } from '../system/system.ts'
import type { Host } from './host.ts'
import { aboutRun } from './stored.ts'

/** Refuses what would give one team's work to another: agents are found in the store by their names. */
export const checkOthers = (others: readonly RunRow[], agent: string, dir: string): void => {
  const other = others.find((row) => row.agent === agent && aboutRun(row).about.agents !== dir)
  if (!other) return
  const where = aboutRun(other).about.agents ?? 'another folder'
  throw new TroupeError(
    'run.conflict',
    `the run "${other.id}" is under way in this store with other agents of the same name, from ${where}; finish it (troupe run --id ${other.id}), cancel it, or use another --store`,
    { place: other.id },
  )
}

/** Refuses a run that could not be taken up again whole. */
export const checkTakenUp = ({ runtime: { quarantined } }: System, id: string, dir: string): void => {
  for (const { address, error } of quarantined) {
    if (address.split('/')[0] === id)
      throw new TroupeError(
        error.code,
        `the run cannot go on: ${error.message}. Its agents were those in ${dir}: put them back`,
        { place: address, cause: error },
      )
  }
}

/** What becomes of the other runs under way in the store: some go on beside this one, and may cost. */
export const tellOthers = (host: Host, { runtime: { quarantined } }: System, others: readonly RunRow[]): void => {
  const tell = (rows: readonly { id: string }[], what: string) => {
    if (rows.length > 0) host.err(`troupe: ${what}: ${rows.map(({ id }) => id).join(', ')}\n`)
  }
  const left = new Set(quarantined.map(({ address }) => address.split('/')[0]))
  tell(
    others.filter(({ id }) => !left.has(id)),
    'also going on, having the same agents',
  )
  tell(
    others.filter(({ id }) => left.has(id)),
    'left as it is, having other agents',
  )
}
