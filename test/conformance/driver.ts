// Runs a case on any engine. Owns what an engine must offer; knows none of them.
import { expect, test } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import { type Case, enabledCases, type Step } from './cases.ts'
import type { Configuration } from './names.ts'
import { machineFromScxml } from './scxml.ts'

/** One engine running one machine. Time is simulated: it moves in `advance` only. */
export type Driver = {
  /** True if `start` also carries out what a child answers at once: the first configuration is gone by then. */
  readonly runsAhead: boolean
  /** Starts the machine and returns the configuration that its first macrostep ends in. */
  readonly start: (machine: AnyStateMachine) => Promise<Configuration>
  /** Sends an event, waits until it is carried out, and returns the configuration. A machine that is done ignores it. */
  readonly send: (event: { readonly type: string }) => Promise<Configuration>
  /** Moves time on and waits until everything that fell due is carried out. */
  readonly advance: (milliseconds: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** Declares one test per case. Each gets an engine of its own. */
export function testConformance(createDriver: () => Driver | Promise<Driver>, cases = enabledCases()): void {
  test.each(cases)('$name', async (item) => {
    const driver = await createDriver()
    try {
      await runCase(item, driver)
    } finally {
      await driver.close()
    }
  })
}

async function runCase({ name, document, script }: Case, driver: Driver): Promise<void> {
  const machine = machineFromScxml(document, name.replaceAll(/[^\w-]/g, '-'))
  const initial = await driver.start(machine)
  const hidden = driver.runsAhead && document.includes('<invoke')
  if (!hidden) expectSame(initial, script.initialConfiguration, 'at the start')
  for (const [index, step] of script.events.entries()) await runStep(step, index, driver)
}

async function runStep({ after, event, nextConfiguration }: Step, index: number, driver: Driver): Promise<void> {
  if (after !== undefined) await driver.advance(after)
  const configuration = await driver.send({ type: event.name })
  expectSame(configuration, nextConfiguration, `after event ${index + 1}, ${event.name}`)
}

function expectSame(actual: Configuration, expected: Configuration, moment: string): void {
  expect([...actual].sort(), moment).toEqual([...expected].sort())
}
