// Troupe as the engine: machines on a store, closed and opened again between every two events when asked.
//   R1. start() and send() run until nothing waits; they never move time. Only advance() does, timer by timer.
//   R2. Nothing but the store's data outlives a reopening: runtime, definitions and snapshots are made anew.
import type { AnyStateMachine, StateValue } from 'xstate'
import { define } from '../../src/runtime/definition.ts'
import { createRuntime, type Runtime } from '../../src/runtime/runtime.ts'
import type { Store } from '../../src/runtime/store.ts'
import { manualClock } from '../support/manual-clock.ts'
import type { Driver } from './driver.ts'
import { type Configuration, configurationOf } from './names.ts'

export type RuntimeDriverOptions = {
  /** A store on the same data as the one before. */
  openStore: () => Store
  restarts: boolean
  /** Gives back what the store took. */
  dispose?: () => void
}

const ADDRESS = 'machine'

export function createRuntimeDriver({ openStore, restarts, dispose }: RuntimeDriverOptions): Driver {
  const clock = manualClock()
  let machine: AnyStateMachine | undefined
  let runtime: Runtime | undefined

  const open = async (): Promise<Runtime> => {
    const registry = (id: string) => (machine?.id === id ? define(machine) : null)
    runtime = await createRuntime({ store: openStore(), clock, registry })
    await runtime.idle()
    if (runtime.quarantined.length > 0) throw runtime.quarantined[0]?.error
    return runtime
  }
  const current = (): Runtime => {
    if (!runtime) throw new Error('The machine has not started: call start() first')
    return runtime
  }
  const settle = async (): Promise<void> => {
    await current().idle()
    if (!restarts) return
    await current().close()
    await open()
  }
  const row = async () => {
    const found = await current().store.actor(ADDRESS)
    if (found?.status !== 'active' && found?.status !== 'done') throw new Error(`The actor is ${found?.status}`)
    return found
  }
  const configuration = async (): Promise<Configuration> =>
    configurationOf(JSON.parse((await row()).state) as StateValue) // the row's state is a state value

  return {
    runsAhead: true,
    start: async (given) => {
      machine = given
      await open()
      await current().spawn(given, { id: ADDRESS })
      await settle()
      return configuration()
    },
    send: async (event) => {
      if ((await row()).status === 'active') await current().send(ADDRESS, event)
      await settle()
      return configuration()
    },
    advance: (milliseconds) => clock.advance(milliseconds, settle),
    close: async () => {
      await checkAccounts(current())
      await runtime?.close()
      dispose?.()
    },
  }
}

// C41: what was accepted is applied, waiting, dead, expired or purged.
async function checkAccounts({ store }: Runtime): Promise<void> {
  const { accepted, applied, waiting, dead, expired, purged } = await store.conservation()
  const sum = applied + waiting + dead + expired + purged
  if (accepted !== sum) throw new Error(`Accepted ${accepted} messages, but ${sum} are accounted for`)
}
