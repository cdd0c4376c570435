// Fork. Owns a new run that begins where another one was: replayed up to a position, planted, and taken up.
import type { Definition } from './definition.ts'
import { TroupeError } from './errors.ts'
import { gatherRun } from './gather.ts'
import { graft } from './graft.ts'
import { type Registry, recover } from './recovery.ts'
import { replay } from './replay.ts'
import { atOneTime, type Core, checkOpen } from './state.ts'
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

/** Plants the new run in one commit and goes on with it. Throws `replay.diverged` and `run.unknown`; then nothing was written. */
export const forkRun = async (core: Core, options: ForkOptions, registry: Registry): Promise<void> => {
  const { run, at, id, answers = 'live', definition, scratch } = options
  const { limits, store } = core
  try {
    const still = await replay(store, { run, until: at, definition, scratch, limits })
    if (still.entries.get(run)?.row.status !== 'active')
      throw new TroupeError('actor.done', `the run "${run}" had ended at ${at}; fork it from an earlier checkpoint`, {
        place: run,
      })
    const gathered = await gatherRun({ run, replayed: still.store, source: store, answers })
    checkOpen(core)
    atOneTime(core, () => graft(core, gathered, { from: run, to: id, at }))
  } finally {
    await scratch.close()
  }
  await core.writer.durable()
  await recover(core, registry, id)
  core.wake()
}
