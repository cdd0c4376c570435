// The reference engine: XState's own actor under its simulated clock, in memory.
import { isDeepStrictEqual } from 'node:util'
import { type Actor, type AnyStateMachine, createActor, SimulatedClock } from 'xstate'
import type { Driver } from './driver.ts'
import { type Configuration, configurationOf } from './names.ts'

export function createXStateDriver(): Driver {
  const clock = new SimulatedClock()
  let actor: Actor<AnyStateMachine> | undefined
  let failure: unknown
  const configuration = (): Configuration => {
    if (failure !== undefined) throw failure
    return readConfiguration(actor)
  }
  return {
    runsAhead: false,
    start: async (machine) => {
      actor = createActor(machine, { clock, logger: () => undefined })
      actor.subscribe({ error: (error) => (failure = error) })
      const initial = configuration()
      actor.start()
      return initial
    },
    send: async (event) => {
      if (actor?.getSnapshot().status === 'active') actor.send(event)
      return configuration()
    },
    advance: async (milliseconds) => {
      // One by one: a timer set while the clock moves starts where a longer step ends.
      for (let passed = 0; passed < milliseconds; passed++) clock.increment(1)
    },
    close: async () => void actor?.stop(),
  }
}

function readConfiguration(actor: Actor<AnyStateMachine> | undefined): Configuration {
  if (!actor) throw new Error('The machine has not started: call start() first')
  const { value, context } = actor.getSnapshot()
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(context)), context)) throw new Error('The context is not JSON')
  return configurationOf(value)
}
