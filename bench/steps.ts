// Steps. Owns the first measurement: tasks of three steps, each a call with a result of 1 KB, on a store that survives power loss.
import { join } from 'node:path'
import { assign, fromPromise, setup } from 'xstate'
import { createSystem, type Store, type System } from '../src/index.ts'
import { sqliteStore } from '../src/stores/index.ts'
import { fileBytes, inFolder, timed } from './measure.ts'

const stepsPerTask = 3

/** Another text of 1 KB each time, so that nothing is stored once for many. */
export const resultOf = (seed: string): string => seed.padEnd(1024, `${seed} `).slice(0, 1024)

type Keep = 'count' | 'results'

/** Three promises in a row. With `results` its context keeps what they gave, as careless machines do. */
export const threeSteps = (keep: Keep) =>
  setup({
    types: {
      context: {} as { task: string; done: number; results: string[] },
      input: {} as { task: string },
    },
    actors: { work: fromPromise<string, { seed: string }>(async ({ input }) => resultOf(input.seed)) },
    actions: {
      keep: assign(({ context, event }) => {
        const { output } = event as unknown as { output: string }
        return { done: context.done + 1, results: keep === 'results' ? [...context.results, output] : [] }
      }),
    },
  }).createMachine({
    id: `three-steps-${keep}`,
    context: ({ input }) => ({ task: input.task, done: 0, results: [] }),
    initial: 'one',
    states: {
      one: {
        invoke: {
          src: 'work',
          input: ({ context }) => ({ seed: `${context.task}.1` }),
          onDone: { target: 'two', actions: 'keep' },
        },
      },
      two: {
        invoke: {
          src: 'work',
          input: ({ context }) => ({ seed: `${context.task}.2` }),
          onDone: { target: 'three', actions: 'keep' },
        },
      },
      three: {
        invoke: {
          src: 'work',
          input: ({ context }) => ({ seed: `${context.task}.3` }),
          onDone: { target: 'over', actions: 'keep' },
        },
      },
      over: { type: 'final' },
    },
  })

/** A store that counts its commits: each is one fsync at level `power`. */
export const counting = (store: Store): { store: Store; commits: () => number } => {
  let commits = 0
  const commit: Store['commit'] = (given) => {
    commits++
    return store.commit(given)
  }
  return { store: { ...store, commit }, commits: () => commits }
}

/** What a store weighs with nothing in it: the rest of a file is what was done in it. */
export const emptyBytes = async (folder: string): Promise<number> => {
  const file = join(folder, 'empty.db')
  const system = await createSystem({ store: sqliteStore(file) })
  await system.close()
  return fileBytes(file)
}

const perform = async (
  system: System,
  { machine, runs, tasks }: { machine: ReturnType<typeof threeSteps>; runs: number; tasks: number },
): Promise<void> => {
  let next = 0
  const one = async (): Promise<void> => {
    for (let task = next++; task < tasks; task = next++) {
      const id = await system.spawn(machine, { id: `t${task}`, input: { task: `t${task}` } })
      const { status } = await system.ended(id)
      if (status !== 'done') throw new Error(`task ${id} ended with ${status}`)
    }
  }
  await Promise.all(Array.from({ length: runs }, one))
}

/** Tasks of three steps, `runs` at a time. */
export const steps = ({ runs, tasks, keep = 'count' }: { runs: number; tasks: number; keep?: Keep }) =>
  inFolder(async (folder) => {
    const file = join(folder, 'store.db')
    const { store, commits } = counting(sqliteStore(file))
    const system = await createSystem({ store })
    const machine = threeSteps(keep)
    const all = tasks * stepsPerTask
    const { ms, cpuMs } = await timed(() => perform(system, { machine, runs, tasks }))
    const made = commits()
    await system.close()
    return {
      stepsPerSecond: (all / ms) * 1000,
      cpuMsPerStep: cpuMs / all,
      commitsPerStep: made / all,
      bytesPerStep: (fileBytes(file) - (await emptyBytes(folder))) / all,
    }
  })
