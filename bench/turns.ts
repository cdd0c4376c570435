// Turns. Owns one agent whose conversation grows by 1 KB a turn: what a turn costs early and late.
import { join } from 'node:path'
import { z } from 'zod'
import { createSystem, defineAgent, defineTool } from '../src/index.ts'
import { report, scripted, use } from '../src/models/index.ts'
import { sqliteStore } from '../src/stores/index.ts'
import { fileBytes, inFolder } from './measure.ts'
import { counting, emptyBytes, resultOf } from './steps.ts'

const look = defineTool({
  name: 'look',
  description: 'Gives a text of 1 KB.',
  input: z.strictObject({ at: z.number() }),
  readOnly: true,
  run: ({ at }) => resultOf(`turn ${at}`),
})

type Mark = { ms: number; cpuMs: number }
const mark = (): Mark => {
  const { user, system } = process.cpuUsage()
  return { ms: performance.now(), cpuMs: (user + system) / 1000 }
}

/** One task of `count` turns, each a model call and a tool call. The last tenth is measured beside the whole. */
export const turns = ({ count }: { count: number }) =>
  inFolder(async (folder) => {
    const file = join(folder, 'store.db')
    const { store, commits } = counting(sqliteStore(file))
    const marks: Mark[] = []
    const model = scripted(
      {
        worker: ({ caller }) => {
          marks.push(mark())
          return caller.turn < count ? use('look', { at: caller.turn }) : report('done')
        },
      },
      // Counting the tokens of a growing conversation is the script's own work and would be measured with the runtime's.
      { usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 } },
    )
    const agent = defineAgent({ name: 'worker', instructions: 'Look.', tools: [look], maxTurns: count + 2 })
    const system = await createSystem({ agents: [agent], model, store, workspaces: join(folder, 'workspaces') })
    const { status } = await system.run(agent, 'look around')
    if (status !== 'complete') throw new Error(`the run ended ${status}`)
    const made = commits()
    await system.close()
    const late = Math.max(1, Math.floor(count / 10))
    const from = marks[count - late]!
    const to = marks[count]!
    return {
      bytesPerTurn: (fileBytes(file) - (await emptyBytes(folder))) / count,
      msPerTurn: (to.ms - marks[0]!.ms) / count,
      msPerLateTurn: (to.ms - from.ms) / late,
      cpuMsPerLateTurn: (to.cpuMs - from.cpuMs) / late,
      commitsPerTurn: made / count,
    }
  })
