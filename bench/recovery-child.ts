// Recovery child. Owns the process that is killed: it starts runs whose calls never end, says so, and waits for its end.
import { fromPromise, setup } from 'xstate'
import { createSystem } from '../src/index.ts'
import { sqliteStore } from '../src/stores/index.ts'

/** A machine with one call; what the call does is the caller's. */
export const stuck = (work: () => Promise<void>) =>
  setup({
    types: { context: {} as { task: string }, input: {} as { task: string } },
    actors: { work: fromPromise<void, void>(work) },
  }).createMachine({
    id: 'stuck',
    context: ({ input }) => ({ task: input.task }),
    initial: 'working',
    states: { working: { invoke: { src: 'work', onDone: 'over' } }, over: { type: 'final' } },
  })

if (import.meta.main) {
  const [file, runs] = process.argv.slice(2)
  const machine = stuck(() => new Promise(() => {}))
  const limits = { calls: Number(runs) }
  const system = await createSystem({ store: sqliteStore(file!), machines: [machine], limits })
  const names = Array.from({ length: Number(runs) }, (_, i) => `r${i}`)
  await Promise.all(names.map((id) => system.spawn(machine, { id, input: { task: id } })))
  process.stdout.write('under way\n')
  setInterval(() => {}, 1000)
}
