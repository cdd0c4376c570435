// Idle. Owns actors that wait for a message and nothing else: how fast they are made, what each weighs on disk and in memory.
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { setup } from 'xstate'
import { createSystem } from '../src/index.ts'
import { sqliteStore } from '../src/stores/index.ts'
import { fileBytes, inFolder, timed } from './measure.ts'
import { emptyBytes } from './steps.ts'

const waiting = setup({
  types: { context: {} as { name: string; heard: number }, input: {} as { name: string } },
}).createMachine({
  id: 'waiting',
  context: ({ input }) => ({ name: input.name, heard: 0 }),
  initial: 'idle',
  states: { idle: { on: { go: 'over' } }, over: { type: 'final' } },
})

/** Bytes of living values: after a full collection. */
const heapUsed = (): number => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void // the flag puts it into new contexts
  collect()
  return process.memoryUsage().heapUsed
}

/** Actors made 64 at a time, each durable before the next. */
export const idle = ({ actors }: { actors: number }) =>
  inFolder(async (folder) => {
    const file = join(folder, 'store.db')
    const system = await createSystem({ store: sqliteStore(file) })
    const before = heapUsed()
    let next = 0
    const one = async (): Promise<void> => {
      for (let actor = next++; actor < actors; actor = next++)
        await system.spawn(waiting, { id: `a${actor}`, input: { name: `a${actor}` } })
    }
    const { ms, cpuMs } = await timed(() => Promise.all(Array.from({ length: 64 }, one)))
    const heapBytes = (heapUsed() - before) / actors
    await system.close()
    return {
      actorsPerSecond: (actors / ms) * 1000,
      cpuMsPerActor: cpuMs / actors,
      bytesPerActor: (fileBytes(file) - (await emptyBytes(folder))) / actors,
      heapBytesPerActor: heapBytes,
    }
  })
