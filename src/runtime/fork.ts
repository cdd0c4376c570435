// Fork. Owns a new run that begins where another one was: replayed up to a position, planted, and taken up.
import type { Definition } from './definition.ts'
import { TroupeError } from './errors.ts'
import { graftRows } from './graft.ts'
import type { Json } from './json.ts'
import { type Registry, recover } from './recovery.ts'
import { replay } from './replay.ts'
import { type Core, now } from './state.ts'
import type { Store } from './store.ts'

export type ForkOptions = {
  /** The run to fork. It stays as it is. */
  run: string
  /** The position to fork from: the `seq` of a checkpoint. */
  at: number
  /** The id of the new run. */
  id: string
  /** What becomes of calls that were open then: made anew, or answered as they were. Default `live`. */
  answers?: 'live' | 'recorded'
  definition: Definition
  /** An empty store, for the replay. */
  scratch: Store
}

const copyRun = async (core: Core, { run, at, id }: ForkOptions): Promise<void> => {
  const row = await core.store.run(run)
  const account = (await core.store.ledger(run)).find((one) => one.account === run)
  if (account) core.writer.write(core.ledger.open(id, JSON.parse(account.limits) as object))
  if (!row) return
  const options = { ...(JSON.parse(row.options) as { [key: string]: Json }), forkedFrom: { run, at } }
  core.writer.write({
    do: 'run.put',
    row: {
      ...row,
      id,
      status: 'active',
      startedAt: now(core),
      endedAt: null,
      result: null,
      options: JSON.stringify(options),
    },
  })
}

/** Plants the new run in one commit and goes on with it. Throws `replay.diverged` and `run.unknown`; then nothing was written. */
export const forkRun = async (core: Core, options: ForkOptions, registry: Registry): Promise<void> => {
  const { run, at, id, answers = 'live', definition, scratch } = options
  const { limits, store } = core
  const still = await replay(store, { run, until: at, definition, scratch, limits })
  if (still.entries.get(run)?.row.status !== 'active')
    throw new TroupeError('actor.done', `the run "${run}" had ended at ${at}; fork it from an earlier checkpoint`, {
      place: run,
    })
  const rows = await graftRows(core, still.store, { from: run, at, to: id, answers, source: store })
  await copyRun(core, options)
  for (const row of rows) core.writer.write(row)
  await core.writer.durable()
  await recover(core, registry, id)
  await scratch.close()
  core.wake()
}
