// XState baseline. Owns what the same machine does with XState's own actors, in memory, where nothing is durable.
import { createActor, toPromise } from 'xstate'
import { timed } from './measure.ts'
import { threeSteps } from './steps.ts'

/** Tasks of three steps, 64 at a time. */
export const xstateSteps = async ({ tasks }: { tasks: number }) => {
  const machine = threeSteps('count')
  let next = 0
  const one = async (): Promise<void> => {
    for (let task = next++; task < tasks; task = next++) {
      const actor = createActor(machine, { input: { task: `t${task}` } })
      actor.start()
      await toPromise(actor)
    }
  }
  const { ms, cpuMs } = await timed(() => Promise.all(Array.from({ length: 64 }, one)))
  return { stepsPerSecond: ((tasks * 3) / ms) * 1000, cpuMsPerStep: cpuMs / (tasks * 3) }
}
