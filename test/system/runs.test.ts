import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { defineAgent } from '../../src/actors/define-agent.ts'
import { defineTeam } from '../../src/actors/define-team.ts'
import { report, say, scripted } from '../../src/models/scripted.ts'
import type { Model } from '../../src/runtime/model.ts'
import { memoryData, memoryStore } from '../../src/stores/index.ts'
import { createSystem, type SystemOptions } from '../../src/system/system.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { smallScript, smallTeam } from './small-team.ts'

const workspaces = await mkdtemp(join(tmpdir(), 'troupe-runs-'))
afterAll(() => rm(workspaces, { recursive: true, force: true }))

const greeter = defineAgent({ name: 'greeter', instructions: 'Greet.' })

const counted = (model: Model) => {
  const calls: string[] = []
  const counting: Model = {
    ...model,
    generate: (request, context) => {
      calls.push(`${request.caller.name} ${request.caller.task}.${request.caller.turn}`)
      return model.generate(request, context)
    },
  }
  return { calls, model: counting }
}

/** A model whose calls wait until they are let go, or given up. */
const held = (model: Model) => {
  const gate = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const waiting: Model = {
    ...model,
    generate: async (request, context) => {
      arrived.resolve()
      const aborted = new Promise<never>((_, reject) =>
        context.signal.addEventListener('abort', () => reject(context.signal.reason)),
      )
      await Promise.race([gate.promise, aborted])
      return model.generate(request, context)
    },
  }
  return { model: waiting, release: gate.resolve, arrived: arrived.promise }
}

const open = (options: SystemOptions) => createSystem({ workspaces, ...options })

describe('a run', () => {
  test('of a team gives the work, what is wrong with it and what it took', async () => {
    await using system = await open({ agents: [smallTeam()], model: scripted(smallScript, { usd: 0.5 }) })
    const result = await system.run('team', 'What is a store?', { id: 'r1', quality: 80 } as never)
    expect(result).toMatchObject({
      status: 'complete',
      output: '# The whole',
      issues: [],
      metrics: { modelCalls: 12, toolCalls: 5, usd: 6 },
    })
    const names = result.artifacts.map(({ name }) => name)
    expect(names).toEqual(['find.md', 'find-more.md', 'write.md', 'final-output.md'])
    expect(await system.artifact(result.artifacts[2]!)).toBe('# Better')
    expect((await system.runs()).map(({ id, status }) => `${id} ${status}`)).toEqual(['r1 complete'])
    expect(system.status('r1')).toEqual([])
    expect(system.problems).toEqual([])
  })

  test('C17: asked for again by its id gives the recorded result and makes no call', async () => {
    const { model, calls } = counted(scripted({ greeter: [[report('hello')]] }))
    await using system = await open({ agents: [greeter], model })
    const first = await system.run(greeter, 'Ada', { id: 'same' })
    const again = await system.run(greeter, 'Ada', { id: 'same' })
    expect(again).toEqual(first)
    expect((await system.attach('same')).id).toBe('same')
    expect(calls).toHaveLength(1)
    await expect(system.run(greeter, 'Bob', { id: 'same' })).rejects.toMatchObject({ code: 'run.conflict' })
    await expect(system.attach('other')).rejects.toMatchObject({ code: 'run.unknown' })
  })

  test('started twice at once under one id is one run', async () => {
    const { model, calls } = counted(scripted({ greeter: [[report('hello')]] }))
    await using system = await open({ agents: [greeter], model })
    const results = await Promise.all([1, 2, 3].map(() => system.run(greeter, 'Ada', { id: 'same' })))
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1)
    expect(calls).toHaveLength(1)
    const other = [system.start(greeter, 'Ada', { id: 'x' }), system.start(greeter, 'Bob', { id: 'x' })]
    const settled = await Promise.allSettled(other)
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })

  test.each([
    ['no agent', 'nobody', 'x', {}, 'nobody'],
    ['an empty task', 'greeter', '', {}, '/description'],
    ['a task of another form', 'greeter', { description: 'x', requirements: 'y' }, {}, '/requirements'],
    ['BAD 82: a negative budget', 'greeter', 'x', { budget: { usd: -1 } }, 'budget.usd'],
    ['BAD 80: a budget that is no number', 'greeter', 'x', { budget: { calls: Number.NaN } }, 'budget.calls'],
    ['BAD 81: no time', 'greeter', 'x', { timeoutMs: 0 }, 'timeoutMs'],
    ['a quality beyond 100', 'greeter', 'x', { quality: 101 }, 'quality'],
    ['BAD 92: an id that is a path', 'greeter', 'x', { id: '../../etc' }, 'id'],
  ])('is refused before anything starts: %s', async (_, agent, task, options, place) => {
    await using system = await open({ agents: [greeter] })
    await expect(system.run(agent, task as never, options)).rejects.toMatchObject({ code: 'config.invalid', place })
    expect(await system.runs()).toEqual([])
  })

  test('C24: that takes too long fails with run.timeout, by the clock it was given', async () => {
    const clock = fakeClock()
    const { model, arrived } = held(scripted({}))
    await using system = await open({ agents: [greeter], model, clock })
    const run = await system.start(greeter, 'Ada', { timeoutMs: 60_000 })
    await arrived
    clock.advance(60_000)
    expect(await run.result()).toMatchObject({ status: 'failed', failure: { code: 'run.timeout' } })
  })

  test('C36: that is cancelled ends, leaves first, however often it is cancelled', async () => {
    const { model, arrived } = held(scripted(smallScript))
    await using system = await open({ agents: [smallTeam()], model })
    const run = await system.start('team', 'What is a store?' as never, { id: 'r1' })
    await arrived
    await Promise.all([run.cancel('enough'), run.cancel('enough')])
    await run.cancel('enough')
    expect(await run.result()).toMatchObject({ status: 'cancelled', failure: { code: 'run.cancelled' } })
    const ends: string[] = []
    for await (const event of system.events({ run: 'r1' })) if (event.type === 'actor.ended') ends.push(event.address)
    expect(ends.slice(-2)).toEqual(['r1/team', 'r1'])
    expect(ends).toHaveLength(6)
  })
})

describe('a budget', () => {
  test('C44: ends the run with budget.exceeded, with what was made so far', async () => {
    const { model, calls } = counted(scripted(smallScript, { usd: 1 }))
    await using system = await open({ agents: [smallTeam()], model })
    const result = await system.run('team', 'What is a store?' as never, { id: 'r1', budget: { usd: 6 } })
    expect(result).toMatchObject({
      status: 'failed',
      failure: { code: 'budget.exceeded' },
      metrics: { modelCalls: 6, usd: 6 },
    })
    expect(result.artifacts.map(({ name }) => name)).toEqual(['find.md', 'find-more.md'])
    expect(calls).toHaveLength(6)
  })

  test('BAD 82: of nothing lets nothing run, and says so', async () => {
    const { model, calls } = counted(scripted({ greeter: [[report('x')]] }, { usd: 1 }))
    await using system = await open({ agents: [greeter], model })
    const result = await system.run(greeter, 'Ada', { budget: { usd: 0 } })
    expect(result).toMatchObject({ status: 'failed', failure: { code: 'budget.exceeded' } })
    expect(calls).toEqual([])
  })
})

describe('a plan that cannot be carried out', () => {
  const plans =
    (...tasks: object[]) =>
    () =>
      defineTeam({ agents: [greeter], plan: { objective: 'x', tasks } as never })
  const task = (id: string, ...dependencies: string[]) => ({ id, description: 'x', dependencies })

  test.each([
    ['BAD 74: a cycle', plans(task('a', 'b'), task('b', 'a')), /a → b → a/, '/tasks'],
    ['BAD 75: a task that needs itself', plans(task('a', 'a')), /a → a/, '/tasks'],
    ['BAD 76: an unknown dependency', plans(task('a', 'z')), /"z"/, '/tasks/0/dependencies'],
    ['BAD 77: two tasks with one id', plans(task('a'), task('a')), /"a"/, '/tasks/1/id'],
    ['BAD 78: no tasks', plans(), /schema/, '/tasks'],
    ['BAD 88: an unknown key', plans({ ...task('a'), retries: 3 }), /schema/, '/tasks/0'],
    ['an agent that is not there', plans({ ...task('a'), agent: 'bob' }), /bob.*greeter/, '/tasks/0'],
    ['a role that nobody has', plans({ ...task('a'), role: 'cook' }), /cook.*greeter/, '/tasks/0'],
    ['two outputs of one name', plans(task('a'), { ...task('b'), outputName: 'a.md' }), /a\.md/, '/tasks/1/outputName'],
  ])('%s is refused before anything is paid', (_, make, message, place) => {
    expect(make).toThrow(expect.objectContaining({ code: 'plan.invalid', place }))
    expect(make).toThrow(message)
  })

  test('is told to the lead that wrote it, who mends it', async () => {
    const wrong = { objective: 'x', tasks: [task('a', 'z')] }
    const right = { objective: 'x', tasks: [{ ...task('a'), role: 'greeter', review: false }] }
    const { model, calls } = counted(
      scripted({
        lead: [[report(wrong), (request) => report(mended(JSON.stringify(request.messages)))], [say('whole')]],
        greeter: [[report('hello')]],
      }),
    )
    const mended = (said: string) => (said.includes('which is not in the plan') ? right : wrong)
    const lead = defineAgent({ name: 'lead', role: 'lead', instructions: 'Plan.' })
    await using system = await open({ agents: [defineTeam({ agents: [lead, greeter] })], model })
    expect(await system.run('team', 'x' as never)).toMatchObject({ status: 'complete', output: 'whole' })
    expect(calls).toEqual(['lead 0.0', 'lead 0.1', 'greeter 0.0', 'lead 1.0'])
  })
})

describe('a system that is opened again', () => {
  test('goes on with the run it was closed in, to the same result', async () => {
    const whole = await open({ agents: [smallTeam()], model: scripted(smallScript) })
    const { metrics: _m, ...expected } = await whole.run('team', 'x' as never, { id: 'r1' })
    await whole.close()
    const data = memoryData()
    const stopAt = held(scripted({}))
    const half: Model = {
      ...scripted(smallScript),
      generate: (request, context) =>
        (request.caller.name === 'writer' ? stopAt.model : scripted(smallScript)).generate(request, context),
    }
    const first = await open({ agents: [smallTeam()], model: half, store: memoryStore({ data }) })
    const run = await first.start('team', 'x' as never, { id: 'r1' })
    const result = run.result()
    await stopAt.arrived
    await first.close({ graceMs: 0 })
    await first.close()
    await expect(result).rejects.toMatchObject({ code: 'system.closed' })
    const { model, calls } = counted(scripted(smallScript))
    await using second = await open({ agents: [smallTeam()], model, store: memoryStore({ data }) })
    const { metrics: _n, ...actual } = await (await second.attach('r1')).result()
    expect(actual).toEqual({ ...expected, startedAt: actual.startedAt, endedAt: actual.endedAt })
    expect(calls).not.toContain('finder 0.0')
    expect(calls[0]).toBe('writer 0.0')
  })

  test('C42: leaves a run alone whose agent it does not know, and says so', async () => {
    const data = memoryData()
    const { model, arrived } = held(scripted({}))
    const first = await open({ agents: [greeter], model, store: memoryStore({ data }) })
    await first.start(greeter, 'Ada', { id: 'r1' })
    await arrived
    await first.close({ graceMs: 0 })

    const stranger = await open({ store: memoryStore({ data }) })
    expect(stranger.problems).toMatchObject([{ address: 'r1', error: { code: 'machine.unknown' } }])
    const run = await stranger.attach('r1')
    await expect(run.result()).rejects.toMatchObject({ code: 'machine.unknown' })
    await expect(stranger.send('r1/greeter', { type: 'x' })).rejects.toMatchObject({ code: expect.any(String) })
    await stranger.close()

    const again = scripted({ greeter: [[report('hello')]] })
    await using third = await open({ agents: [greeter], model: again, store: memoryStore({ data }) })
    expect(await (await third.attach('r1')).result()).toMatchObject({ status: 'complete', output: 'hello' })
  })

  test('two agents with one name are refused', async () => {
    const other = defineAgent({ name: 'greeter', instructions: 'Greet too.' })
    await expect(open({ agents: [greeter, other] })).rejects.toMatchObject({ code: 'config.invalid' })
    await using system = await open({ agents: [greeter], model: scripted({ greeter: [[report('x')]] }) })
    await expect(system.run(other, 'x')).rejects.toMatchObject({ code: 'config.invalid' })
  })
})
