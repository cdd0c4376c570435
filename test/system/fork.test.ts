// Forks: a run that begins where another was.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defineAgent } from '../../src/actors/define-agent.ts'
import { defineTeam } from '../../src/actors/define-team.ts'
import { report, scripted, use } from '../../src/models/scripted.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { createSystem, type System } from '../../src/system/system.ts'

const verdict = (score: number) => ({
  score,
  dimensions: { completeness: 8, accuracy: 8, clarity: 8, coherence: 8, format: 8 },
  issues: score < 80 ? [{ severity: 'high', text: 'too short' }] : [],
  strengths: ['clear'],
})

const team = () =>
  defineTeam({
    agents: [
      defineAgent({ name: 'writer', instructions: 'Write.', tools: ['Write', 'Read'] }),
      defineAgent({ name: 'editor', instructions: 'Edit.' }),
      defineAgent({ name: 'judge', role: 'reviewer', instructions: 'Judge.' }),
    ],
    plan: {
      objective: 'a text',
      tasks: [
        { id: 'write', description: 'Write it', agent: 'writer' },
        { id: 'edit', description: 'Edit it', agent: 'editor', dependencies: ['write'], review: false },
      ],
    },
  })

const world = () => {
  const asked: string[] = []
  const model = scripted({
    writer: [
      [use('Write', { path: 'draft.md', content: 'first' }), report('first draft')],
      [use('Read', { path: 'draft.md' }), report('second draft, longer')],
    ],
    editor: [[report('the edited text')]],
    judge: [[report(verdict(60))], [report(verdict(90))]],
  })
  const counted: typeof model = {
    ...model,
    generate: (request, context) => {
      asked.push(context.callId)
      return model.generate(request, context)
    },
  }
  return { model: counted, asked }
}

describe('a fork', () => {
  let folder: string
  let system: System
  let asked: string[]
  let positions: number[]
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'troupe-fork-'))
    const { model, asked: calls } = world()
    asked = calls
    const agent = team()
    system = await createSystem({ agents: [agent], model, workspaces: folder, store: memoryStore() })
    await system.run(agent, 'Make a text', { id: 'original' })
    const turns = await system.runtime.store.journal({ run: 'original', limit: 10_000 })
    const root = (await system.runtime.store.actor('original'))!.id
    const end = turns.findLast(({ actor }) => actor === root)!.seq
    const checkpoints = await Array.fromAsync(system.checkpoints('original'))
    expect(checkpoints.map(({ seq }) => seq)).toEqual(turns.map(({ seq }) => seq))
    positions = checkpoints.map(({ seq }) => seq).filter((seq) => seq < end)
  })
  afterAll(async () => {
    await system.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('from any position of a run, ends as the run ended', async () => {
    const original = await (await system.attach('original')).result()
    expect(original).toMatchObject({ status: 'complete', output: 'the edited text' })
    const before = asked.length
    for (const at of positions) {
      const forked = await (await system.fork('original', { at, answers: 'recorded' })).result()
      expect(forked, `forked at ${at}`).toMatchObject({ status: 'complete', output: 'the edited text' })
      expect(forked.status === 'complete' && forked.artifacts.map(({ name, hash }) => [name, hash])).toEqual(
        original.artifacts.map(({ name, hash }) => [name, hash]),
      )
    }
    expect(asked.length).toBeGreaterThan(before)
    expect(positions.length).toBeGreaterThan(20)
    const { accepted, applied, waiting, dead, expired, purged } = await system.runtime.store.conservation()
    expect(accepted, 'C41').toBe(applied + waiting + dead + expired + purged)
  })

  test('is a run of its own: other addresses, other calls, and the run it comes from stays as it is', async () => {
    const { store } = system.runtime
    const before = await Array.fromAsync(system.events({ run: 'original' }))
    const fork = await system.fork('original', { at: positions[12]!, id: 'other' })
    expect((await fork.result()).status).toBe('complete')
    expect(await Array.fromAsync(system.events({ run: 'original' }))).toEqual(before)
    for (const { address, birth, input } of await store.actors({ run: 'other' })) {
      expect(address).toMatch(/^other/)
      expect(`${birth}${input}`).not.toContain('original/')
    }
    expect(JSON.parse((await store.run('other'))!.options)).toMatchObject({
      forkedFrom: { run: 'original', at: positions[12] },
    })
  })

  test('from the end of a run, of a run that is not there, or under an id that is taken, is refused', async () => {
    const last = (await Array.fromAsync(system.checkpoints('original'))).at(-1)!
    await expect(system.fork('original', { at: last.seq })).rejects.toMatchObject({ code: 'actor.done' })
    await expect(system.fork('nobody', { at: 1 })).rejects.toMatchObject({ code: 'run.unknown' })
    await expect(system.fork('original', { at: positions[3]!, id: 'original' })).rejects.toMatchObject({
      code: 'actor.exists',
    })
  })
})
