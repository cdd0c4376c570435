// Crash stage. Owns one run of a small team over one store's contents, in as many lives as it takes, and what each life started.
import { scripted } from '../../src/models/scripted.ts'
import type { Model } from '../../src/runtime/model.ts'
import type { Store } from '../../src/runtime/store.ts'
import { memoryData, memoryStore } from '../../src/stores/index.ts'
import type { RunResult } from '../../src/system/run-result.ts'
import { createSystem, type System } from '../../src/system/system.ts'
import { smallScript, smallTeam } from '../system/small-team.ts'

export const price = 0.5

/** One attempt that really left. `life` counts openings from 0. */
export type Start = { life: number; call: string; attempt: number }

export type Life = {
  wrap?: (store: Store) => Store
  /** Which start of this life, from 1, kills the process while it is under way. */
  dieInCall?: number
}

const runId = 'r1'

/** Everything of a result that a crash must not change. */
export const essence = (result: RunResult) => {
  const { metrics: _metrics, startedAt: _startedAt, endedAt: _endedAt, ...rest } = result
  return rest
}

export const crashStage = () => {
  const data = memoryData()
  const starts: Start[] = []
  /** Calls whose result was committed, with the life in which that was. */
  const completed = new Map<string, number>()
  let life = -1

  const begin = async ({ wrap = (store) => store, dieInCall = Number.POSITIVE_INFINITY }: Life) => {
    life++
    const mine = life
    const died = Promise.withResolvers<'died'>()
    let begun = 0
    /** Notes a start; inside the call in which the process dies, and in all that start after it, nothing comes back. */
    const starting = (call: string, attempt: number): boolean => {
      begun++
      if (begun <= dieInCall) starts.push({ life: mine, call, attempt })
      if (begun === dieInCall) died.resolve('died')
      return begun < dieInCall
    }
    const words = scripted(smallScript, { usd: price })
    const model: Model = {
      ...words,
      generate: (request, context) =>
        starting(context.callId, context.attempt) ? words.generate(request, context) : new Promise(() => {}),
    }
    const team = smallTeam((call, attempt) => {
      if (!starting(call, attempt)) return new Promise(() => {})
    })
    // One turn a commit: as many places to die at as there can be.
    const system = await createSystem({
      agents: [team],
      model,
      store: wrap(memoryStore({ data })),
      limits: { turnsPerCommit: 1 },
    })
    return { system, died: died.promise }
  }

  const callIdOf = (id: number): string => {
    const { actor, incarnation, revision, index } = data.calls.get(id)!
    return `${data.actors.get(actor)!.address}/${incarnation}/${revision}/${index}`
  }
  const noteCompleted = () => {
    for (const { status, call } of data.outcomes.list())
      if (status === 'done') completed.set(callIdOf(call), Math.min(life, completed.get(callIdOf(call)) ?? life))
  }

  /** One life: to the end of the run, or to its own. */
  const live = async (how: Life = {}): Promise<RunResult | 'died'> => {
    const opened = await begin(how).catch(() => null)
    if (!opened) {
      data.holder = null
      return 'died'
    }
    const { system, died } = opened
    const ended = system
      .start('team', 'What is a store?' as never, { id: runId, budget: { usd: 1_000 } })
      .then((run) => run.result())
    const end = await Promise.race([ended.catch(() => 'died' as const), died])
    if (end === 'died') await bury(system)
    else await system.close()
    noteCompleted()
    return end
  }

  /** The process is gone: nothing it still does reaches the store. */
  const bury = async (system: System): Promise<void> => {
    data.holder = null
    data.meta = { ...data.meta, epoch: data.meta.epoch + 1 }
    void system.close({ graceMs: 0 }).catch(() => {})
  }

  return { data, starts, completed, live, callIdOf, lives: () => life + 1 }
}
