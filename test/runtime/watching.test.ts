import { expect, test } from 'vitest'
import { createMachine } from 'xstate'
import { collector, forwarder } from '../support/machines.ts'
import { breath, failureOf, world } from '../support/world.ts'

test('a custom action or an observer that throws, now or later, harms nobody', async () => {
  const warnings: string[] = []
  const listener = (warning: Error) => void warnings.push(warning.message)
  process.on('warning', listener)
  const machine = createMachine(
    { id: 'rude', initial: 'a', states: { a: { on: { GO: 'b' } }, b: { entry: ['now', 'later'], type: 'final' } } },
    {
      actions: {
        now: () => {
          throw new Error('now')
        },
        later: (async () => {
          throw new Error('later')
        }) as () => void,
      },
    },
  )
  const one = world([machine])
  const runtime = await one.open()
  const seen: string[] = []
  runtime.subscribe(() => {
    throw new Error('an observer')
  })
  runtime.subscribe((event) => void seen.push(event.type))
  await runtime.spawn(machine, { id: 'r' })
  await runtime.send('r', { type: 'GO' })
  expect(await runtime.ended('r')).toMatchObject({ status: 'done' })
  await runtime.idle()
  await breath()
  expect(seen).toContain('actor.ended')
  expect(warnings.filter((text) => text.includes('an action of the machine'))).toHaveLength(2)
  expect(warnings.some((text) => text.includes('an observer'))).toBe(true)
  process.off('warning', listener)
  await runtime.close()
})

test('a promise that ends in failure while nobody looks ends no process', async () => {
  const unhandled: unknown[] = []
  const listener = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', listener)
  const one = world([collector, forwarder])
  const runtime = await one.open()
  await runtime.spawn(collector, { id: 'c' })
  void runtime.ended('c')
  void runtime.ended('nobody')
  await runtime.close()
  await breath()
  expect(unhandled).toEqual([])
  process.off('unhandledRejection', listener)
  expect(await failureOf(runtime.idle().then(() => runtime.send('c', { type: 'N' })))).toMatchObject({
    code: 'system.closed',
  })
})
