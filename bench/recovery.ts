// Recovery. Owns the time from a kill to work: runs under way in a process that dies, taken up by this one.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSystem } from '../src/index.ts'
import { sqliteStore } from '../src/stores/index.ts'
import { inFolder } from './measure.ts'
import { stuck } from './recovery-child.ts'

const child = fileURLToPath(new URL('./recovery-child.ts', import.meta.url))

/** Starts `runs` in a process of its own and kills it when all are under way. */
const killMidway = (file: string, runs: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, [child, file, String(runs)], { stdio: ['ignore', 'pipe', 'inherit'] })
    process_.stdout.once('data', () => process_.kill('SIGKILL'))
    process_.once('exit', (code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`the child ended early with ${code}`)),
    )
  })

/** `runs` runs whose call was under way at a SIGKILL: the first call made again, and all of them. */
export const recovery = ({ runs }: { runs: number }) =>
  inFolder(async (folder) => {
    const file = join(folder, 'store.db')
    await killMidway(file, runs)
    const start = performance.now()
    const { promise, resolve } = Promise.withResolvers<void>()
    let first = 0
    let begun = 0
    const machine = stuck(async () => {
      if (begun++ === 0) first = performance.now() - start
      if (begun === runs) resolve()
    })
    const system = await createSystem({ store: sqliteStore(file), machines: [machine] })
    const opened = performance.now() - start
    await promise
    await system.idle()
    const all = performance.now() - start
    await system.close()
    return { openedMs: opened, firstStepMs: first, allResumedMs: all }
  })
