// Cancel command. Owns `troupe cancel`: ends a run that no process works on. Nothing is called meanwhile.
import { modelFromSpec } from '../models/spec.ts'
import { escapeText, TroupeError } from '../runtime/errors.ts'
import { sqliteStore } from '../stores/sqlite.ts'
import { createSystem } from '../system/system.ts'
import { exits } from './exit.ts'
import type { Host } from './host.ts'
import { aboutRun, findRun, storePath, withReader } from './stored.ts'
import { loadTeam, ownAgents } from './team.ts'
import { folder } from './values.ts'

export type CancelFlags = { store?: string; agents?: string; json?: boolean }

const tell = (host: Host, run: string, status: string, json: boolean): number => {
  if (json) host.out(`${JSON.stringify({ type: 'cancelled', run, status })}\n`)
  else host.err(`troupe: run ${escapeText(run)} is ${status}\n`)
  return exits.ok
}

/** Carries out `troupe cancel`. Throws `store.locked` naming the process that works on the run. */
export const runCancel = async (host: Host, id: string, flags: CancelFlags): Promise<number> => {
  const file = storePath(host.cwd(), flags.store)
  const json = flags.json ?? false
  const row = await withReader(file, (reader) => findRun(reader, id))
  if (row.status !== 'active') return tell(host, id, `over already: ${row.status}`, json)
  const { about } = aboutRun(row)
  const dir = flags.agents === undefined ? (about.agents ?? ownAgents()) : folder('--agents', flags.agents, host.cwd())
  const team = await loadTeam({ dir, maxRounds: about.maxRounds ?? 3, warn: () => {} })
  await using system = await createSystem({
    agents: [team],
    model: await modelFromSpec('offline'),
    store: sqliteStore(file),
    limits: { calls: 0 }, // the run is opened to be ended: no call of it may start
  })
  const alive = system.status(id).some(({ address }) => address === id)
  if (!alive)
    throw new TroupeError(
      'machine.unknown',
      `the agents in ${escapeText(dir, 300)} are not those of run "${id}" (agent "${escapeText(row.agent)}"); name their folder with --agents`,
      { place: id },
    )
  await system.cancel(id, 'cancelled from the command line')
  return tell(host, id, (await system.runtime.store.run(id))?.status ?? 'cancelled', json)
}
