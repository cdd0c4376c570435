import { describe, expect, test } from 'vitest'
import { fromPromise, setup } from 'xstate'
import { z } from 'zod'
import type { Agent } from '../../src/actors/agent.ts'
import { defineAgent } from '../../src/actors/define-agent.ts'
import { defineTeam, type TeamOptions } from '../../src/actors/define-team.ts'
import { messageSchema } from '../../src/actors/messages.ts'
import { report, scripted } from '../../src/models/scripted.ts'
import { withOptions } from '../../src/runtime/definition.ts'
import { createSystem } from '../../src/system/system.ts'

const agent = (name: string, role = name) => defineAgent({ name, role, instructions: 'Work.' })
const plan = (...who: string[]) => ({
  objective: 'x',
  tasks: who.map((name, index) => ({ id: `t${index}`, description: 'x', agent: name, review: false })),
})

describe('a definition that cannot work is refused at once, with what to do', () => {
  test.each(['', '1a', 'a b', '../x', 'a.b', 'é', 'x'.repeat(65), '__proto__'])('the name "%s"', (name) => {
    const refusal = expect.objectContaining({
      code: 'config.invalid',
      place: 'name',
      message: expect.stringMatching(/use /),
    })
    expect(() => agent(name)).toThrow(refusal)
    expect(() => defineTeam({ name, agents: [agent('a')], plan: plan('a') })).toThrow(refusal)
  })

  const inner = defineTeam({ name: 'inner', agents: [agent('a')], plan: plan('a') })
  test.each<[string, TeamOptions, string]>([
    ['a team of nobody', { agents: [], plan: plan() }, 'agents'],
    ['two of one name', { agents: [agent('a'), agent('a')], plan: plan('a') }, 'agents'],
    ['two names that differ by case', { agents: [agent('a'), agent('A')], plan: plan('a') }, 'agents'],
    ['a lead that is not there', { agents: [agent('a')], lead: 'b' }, 'lead'],
    ['a lead that is a team', { agents: [agent('a'), inner], lead: 'inner' }, 'lead'],
    ['a reviewer that is a team', { agents: [agent('a'), inner], reviewer: 'inner', plan: plan('a') }, 'reviewer'],
    ['neither lead nor plan', { agents: [agent('a')] }, 'plan'],
    ['no rounds', { agents: [agent('a')], plan: plan('a'), maxRounds: 0 }, 'maxRounds'],
  ])('%s', (_, options, place) => {
    expect(() => defineTeam(options)).toThrow(expect.objectContaining({ code: 'config.invalid', place }))
  })

  test.each([0, 1.5, Number.NaN, 10_001])('maxTurns %d', (maxTurns) => {
    expect(() => defineAgent({ name: 'a', instructions: 'x', maxTurns })).toThrow(
      expect.objectContaining({ code: 'config.invalid', place: 'maxTurns' }),
    )
  })
})

describe('a team', () => {
  test('may have members named like the sources of its machines', async () => {
    const names = ['member', 'agent', 'constructor', 'think']
    const team = defineTeam({
      name: 'run',
      agents: names.map((name) => agent(name)),
      plan: plan(...names),
      output: 'by-agent',
    })
    const model = scripted(Object.fromEntries(names.map((name) => [name, [[report(`by ${name}`)]]])))
    await using system = await createSystem({ agents: [team], model })
    expect(await system.run(team, 'x')).toMatchObject({
      status: 'complete',
      output: Object.fromEntries(names.map((name) => [name, `by ${name}`])),
    })
  })

  test('is an agent: teams nest, and what goes wrong below is said above', async () => {
    const inner = defineTeam({
      name: 'inner',
      agents: [agent('ada'), agent('bob')],
      plan: plan('ada', 'bob'),
      output: 'by-agent',
    })
    const outer = defineTeam({ name: 'outer', agents: [inner], plan: plan('inner') })
    const model = scripted({ ada: [[report('by ada')]], bob: [[{ kind: 'report', input: {} }, report('by bob')]] })
    await using system = await createSystem({ agents: [outer as Agent], model })
    expect(await system.run(outer, 'x')).toMatchObject({
      status: 'complete',
      output: { ada: 'by ada', bob: 'by bob' },
      metrics: { modelCalls: 3 },
    })
  })

  test('goes on when a member dies, and hires it again for its next task', async () => {
    const births: string[] = []
    const die = fromPromise(() => Promise.reject(new Error('it broke')))
    const dying = setup({ actors: { die } }).createMachine({
      id: 'dying',
      initial: 'well',
      states: { well: { on: { task_request: 'ill' } }, ill: { invoke: { src: 'die' } } },
    })
    const mortal: Agent = {
      ...agent('mortal', 'worker'),
      logic: () => withOptions(dying, { accepts: messageSchema, events: 'enveloped' }),
    }
    const either = { objective: 'x', tasks: [{ id: 'any', description: 'x', role: 'worker', review: false }] }
    const inner = defineTeam({ name: 'inner', agents: [mortal, agent('ada', 'worker')], plan: either })
    const twice = {
      objective: 'x',
      tasks: ['a', 'b'].map((id) => ({ id, description: 'x', agent: 'inner', review: false })),
    }
    const outer = defineTeam({ name: 'outer', agents: [inner], plan: twice })
    const model = scripted({ ada: [[report('first')], [report('second')]] })
    await using system = await createSystem({ agents: [outer], model })
    system.subscribe(
      (event) => event.type === 'actor.turn' && event.message === 'xstate.init' && births.push(event.address),
    )
    expect(await system.run(outer, 'x')).toMatchObject({ status: 'complete', output: 'second' })
    expect(births.filter((address) => address.endsWith('/mortal'))).toHaveLength(2)
  })

  test('hands a typed output on as it is', async () => {
    const typed = defineAgent({ name: 'typed', instructions: 'x', output: z.object({ n: z.number() }) })
    const team = defineTeam({ agents: [typed], plan: plan('typed') })
    await using system = await createSystem({ agents: [team], model: scripted({ typed: [[report({ n: 1 })]] }) })
    expect(await system.run(team, 'x')).toMatchObject({ status: 'complete', output: { n: 1 } })
  })
})
