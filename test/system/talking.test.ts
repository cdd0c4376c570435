import { describe, expect, test } from 'vitest'
import { fromTransition, setup } from 'xstate'
import { defineAgent } from '../../src/actors/define-agent.ts'
import { report, scripted } from '../../src/models/scripted.ts'
import { TroupeError } from '../../src/runtime/errors.ts'
import type { TroupeEvent } from '../../src/runtime/events.ts'
import { fromCall } from '../../src/runtime/kernel.ts'
import type { Model } from '../../src/runtime/model.ts'
import { memoryData, memoryStore } from '../../src/stores/index.ts'
import { createSystem } from '../../src/system/system.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { smallScript, smallTeam } from './small-team.ts'

const ada = defineAgent({ name: 'ada', instructions: 'Work.' })

/** Works for ever, and answers questions at once. */
const busy = (answer = 'half way') => {
  const arrived = Promise.withResolvers<void>()
  const words = scripted({ ada: () => answer })
  const model: Model = {
    ...words,
    generate: (request, context) => {
      if ((request.task as { question?: string }).question) return words.generate(request, context)
      arrived.resolve()
      return new Promise((_, reject) => {
        context.signal.addEventListener('abort', () => reject(context.signal.reason))
      })
    },
  }
  return { model, arrived: arrived.promise }
}

describe('a question', () => {
  test('is answered by an agent beside its work, asked by its address or by its run', async () => {
    const { model, arrived } = busy()
    const system = await createSystem({ agents: [ada], model })
    await system.start(ada, 'Work.', { id: 'r1' })
    await arrived
    for (const address of ['r1/ada', 'r1'])
      expect(await system.ask(address, 'How far?')).toEqual({ answered: true, text: 'half way', value: null })
    expect(system.status('r1/ada')).toMatchObject([{ state: { working: 'thinking' } }])
    await system.close({ graceMs: 0 })
  })

  test('C34: that nobody answers in time is an unknown outcome, and the late answer a dead letter', async () => {
    const clock = fakeClock()
    const deaf = setup({}).createMachine({ id: 'deaf', on: { NEVER: {} } })
    await using system = await createSystem({ clock })
    const address = await system.spawn(deaf, { id: 'deaf' })
    const asked = Promise.withResolvers<string>()
    system.subscribe((event) => event.type === 'actor.spawned' && asked.resolve(event.address))
    const asking = system.ask(address, 'Hello?', { timeoutMs: 1_000 })
    const asker = await asked.promise
    clock.advance(1_000)
    expect(await asking).toEqual({ answered: false })
    await expect(system.send(asker, { type: 'answer', body: { text: 'late' } })).rejects.toMatchObject({
      code: 'actor.done',
    })
  })

  test('BAD 41: to nobody is refused', async () => {
    await using system = await createSystem()
    await expect(system.ask('nobody', 'x')).rejects.toMatchObject({ code: 'actor.unknown' })
    await expect(system.ask('nobody', 'x', { timeoutMs: Number.NaN })).rejects.toMatchObject({ code: 'config.invalid' })
  })
})

describe('a broadcast', () => {
  const share = { type: 'data_sharing', body: { key: 'tone', value: 'calm' } }

  test('reaches every living actor below a run but those left out', async () => {
    const gate = Promise.withResolvers<void>()
    const words = scripted(smallScript)
    const model: Model = {
      ...words,
      generate: async (request, context) => {
        await gate.promise
        return words.generate(request, context)
      },
    }
    await using system = await createSystem({ agents: [smallTeam()], model })
    const run = await system.start('team', 'x' as never, { id: 'r1' })
    const seen: string[] = []
    system.subscribe((event) => {
      if (event.type === 'actor.turn' && event.message === 'data_sharing' && event.from === '@outside')
        seen.push(event.address)
    })
    const reached = await system.broadcast('r1', share, { except: ['r1/team', 'r1/team/judge'], priority: 1 })
    expect(reached).toEqual(['r1/team/lead', 'r1/team/finder', 'r1/team/writer'])
    gate.resolve()
    expect(await run.result()).toMatchObject({ status: 'complete' })
    expect(seen.sort()).toEqual(reached.toSorted())
    await expect(system.broadcast('r1', share)).rejects.toMatchObject({ code: 'actor.unknown' })
  })

  test('that comes too late is not delivered', async () => {
    const clock = fakeClock()
    await using system = await createSystem({ clock })
    const counter = setup({ types: { events: {} as { type: 'TICK' } } }).createMachine({
      id: 'pair',
      initial: 'waiting',
      states: { waiting: { on: { TICK: 'ticked' } }, ticked: {} },
    })
    const address = await system.spawn(counter, { id: 'pair' })
    await system.send(address, { type: 'TICK' }, { expiresAt: clock.now() })
    await system.idle()
    expect(system.status('pair')).toMatchObject([{ state: 'waiting' }])
    await system.send(address, { type: 'TICK' }, { expiresAt: clock.now() + 1 })
    await system.idle()
    expect(system.status('pair')).toMatchObject([{ state: 'ticked' }])
  })

  test('whose message an actor does not accept says so', async () => {
    const { model, arrived } = busy()
    const system = await createSystem({ agents: [ada], model })
    await system.start(ada, 'Work.', { id: 'r1' })
    await arrived
    await expect(system.broadcast('r1', { type: 'nonsense' })).rejects.toMatchObject({ code: 'message.invalid' })
    await expect(system.send('r1', { type: 'task_complete' })).rejects.toMatchObject({ code: 'message.invalid' })
    await system.close({ graceMs: 0 })
  })
})

describe('any XState machine', () => {
  const light = (id: string, target: string) =>
    setup({ types: { events: {} as { type: 'GO' } } }).createMachine({
      id,
      initial: 'red',
      states: { red: { on: { GO: target } }, green: {}, blue: {} },
    })

  test('is a durable actor, taken up again by the machines it is given', async () => {
    const data = memoryData()
    const first = await createSystem({ store: memoryStore({ data }) })
    expect(await first.spawn(light('light', 'green'), { id: 'l1' })).toBe('l1')
    await first.close()
    const without = await createSystem({ store: memoryStore({ data }) })
    expect(without.problems).toMatchObject([{ address: 'l1', error: { code: 'machine.unknown' } }])
    await without.close()
    await using second = await createSystem({ store: memoryStore({ data }), machines: [light('light', 'green')] })
    await second.send('l1', { type: 'GO' })
    await second.idle()
    expect(second.status()).toMatchObject([{ address: 'l1', state: 'green' }])
  })

  test('is known by its id: another machine with the same id is refused', async () => {
    await using system = await createSystem()
    const one = light('light', 'green')
    await system.spawn(one)
    await system.spawn(one)
    await system.spawn(light('light', 'green'))
    await expect(system.spawn(light('light', 'blue'))).rejects.toMatchObject({ code: 'config.invalid', place: 'light' })
    await system.spawn(fromTransition((state: number) => state + 1, 0))
    await expect(system.spawn(fromTransition((state: number) => state + 2, 0))).rejects.toMatchObject({
      code: 'config.invalid',
    })
  })

  test('C44: what a call says it cost when it fails is spent, and what it set aside is free again', async () => {
    const usage = { inputTokens: 30, outputTokens: 4, cacheReadTokens: 5, cacheWriteTokens: 1 }
    const details = { model: 'm', usage, usd: 0.5 }
    const paid = fromCall<null, null>({
      kind: 'model',
      name: () => 'm',
      interrupted: 'retry',
      maxAttempts: 2,
      estimate: () => ({ tokens: 1_000, usd: 2 }),
      run: () =>
        Promise.reject(new TroupeError('model.output', 'unreadable', { retryable: true, retryAfterMs: 0, details })),
    })
    const asking = setup({ actors: { paid } }).createMachine({
      id: 'asking',
      initial: 'asking',
      states: { asking: { invoke: { src: 'paid', input: () => null, onError: 'failed' } }, failed: {} },
    })
    await using system = await createSystem({ machines: [asking] })
    const failed = Promise.withResolvers<void>()
    system.subscribe((event) => event.type === 'call.failed' && failed.resolve())
    const address = await system.spawn(asking, { id: 'a', limits: { usd: 10 } })
    await failed.promise
    expect(system.balance(address)).toMatchObject({ usd: 1, tokens: 80, reservedUsd: 0, reservedTokens: 0, calls: 2 })
  })
})

describe('events', () => {
  test('C7: seen live and read from the store are the same, and complete', async () => {
    const data = memoryData()
    const system = await createSystem({
      agents: [smallTeam()],
      model: scripted(smallScript),
      store: memoryStore({ data }),
    })
    const subscribed: TroupeEvent[] = []
    system.subscribe((event) => subscribed.push(event))
    const run = await system.start('team', 'x' as never, { id: 'r1' })
    const live: TroupeEvent[] = []
    for await (const event of run.events()) live.push(event)
    await run.result()
    await system.idle()
    const stored = await Array.fromAsync(system.events({ run: 'r1' }))
    expect(stored).toEqual(live)
    expect(subscribed).toEqual(stored)
    expect(new Set(stored.map(({ seq }) => seq)).size).toBe(stored.length)
    const half = stored[Math.floor(stored.length / 2)]!.seq
    expect(await Array.fromAsync(system.events({ run: 'r1', after: half }))).toEqual(
      stored.filter(({ seq }) => seq > half),
    )
    expect(await Array.fromAsync(run.events())).toEqual(stored)
    await system.close()
    await using again = await createSystem({ agents: [smallTeam()], store: memoryStore({ data }) })
    expect(await Array.fromAsync(again.events({ run: 'r1' }))).toEqual(stored)
    const counts = Object.groupBy(stored, ({ type }) => type)
    expect(counts['call.completed']).toHaveLength(17)
    expect(counts['call.started']).toHaveLength(17)
  })

  test('C35: a closed system takes no more work, and closing again changes nothing', async () => {
    const system = await createSystem({ agents: [ada], model: scripted({ ada: [[report('x')]] }) })
    await system.run(ada, 'x')
    await Promise.all([system.close(), system.close()])
    await system.close()
    await expect(system.run(ada, 'x')).rejects.toMatchObject({ code: expect.stringMatching(/closed$/) })
    {
      await using scoped = await createSystem({ agents: [ada], model: scripted({ ada: [[report('x')]] }) })
      expect(await scoped.run(ada, 'x')).toMatchObject({ status: 'complete' })
    }
  })
})
