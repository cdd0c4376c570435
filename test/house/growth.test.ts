// Growth. Owns what the runtime may write and read for what it does: counted in bytes, commits and reads, never timed.
import { describe, expect, test } from 'vitest'
import { assign, sendParent, sendTo, setup } from 'xstate'
import { z } from 'zod'
import { steps } from '../../bench/steps.ts'
import { append, createTranscripts } from '../../src/actors/transcript.ts'
import { createSystem, defineAgent, defineTool, type Store } from '../../src/index.ts'
import { report, scripted, use } from '../../src/models/index.ts'
import { memoryStore } from '../../src/stores/index.ts'

type Counted = { store: Store; written: () => number; commits: () => number; reads: () => number; marks: number[] }

/** A store in memory that counts what passes through it; a commit weighs what its rows weigh as JSON. */
const countedStore = (): Counted => {
  const store = memoryStore()
  const marks: number[] = []
  let written = 0
  let reads = 0
  const reading = Object.entries(store).map(([name, value]) => {
    if (typeof value !== 'function' || ['open', 'close', 'commit'].includes(name)) return [name, value]
    const counted = (...query: unknown[]) => {
      reads++
      return (value as (...query: unknown[]) => unknown)(...query)
    }
    return [name, counted]
  })
  const commit: Store['commit'] = (given) => {
    written += JSON.stringify(given.writes).length
    marks.push(written)
    return store.commit(given)
  }
  // Each call keeps its name, parameters and result.
  const counted = { ...(Object.fromEntries(reading) as Store), commit }
  return { store: counted, written: () => written, commits: () => marks.length, reads: () => reads, marks }
}

const look = defineTool({
  name: 'look',
  description: 'Gives a text of 1 KB.',
  input: z.strictObject({ at: z.number() }),
  readOnly: true,
  run: ({ at }) => `${at} `.repeat(1024).slice(0, 1024),
})
const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 }

/** One agent whose conversation grows by one tool result of 1 KB a turn. */
const converse = async (turns: number): Promise<Counted> => {
  const counted = countedStore()
  // From 1,000 on, so that numbers have the same length in every turn.
  const answer = ({ caller }: { caller: { turn: number } }) =>
    caller.turn < turns ? use('look', { at: 1000 + caller.turn }) : report('done')
  const agent = defineAgent({ name: 'worker', instructions: 'Look.', tools: [look], maxTurns: turns + 2 })
  const model = scripted({ worker: answer }, { usage })
  const { store } = counted
  await using system = await createSystem({ agents: [agent], model, store })
  const { status } = await system.run(agent, 'look around', { id: 'r' })
  expect(status).toBe('complete')
  return counted
}

describe('what a step of 1 KB costs', () => {
  test('less than 2,000 bytes of file, its record and its indexes included', async () => {
    const { bytesPerStep } = await steps({ runs: 16, tasks: 200 })
    expect(bytesPerStep).toBeGreaterThan(1024)
    expect(bytesPerStep).toBeLessThan(2000)
  })

  test('one commit, and so one fsync, when runs go one at a time: four for a task of three steps', async () => {
    const tasks = 30
    const { commitsPerStep } = await steps({ runs: 1, tasks })
    expect(Math.round(commitsPerStep * tasks * 3)).toBeLessThanOrEqual(4 * tasks + 3)
  })

  test('a small part of one when 64 runs go at a time', async () => {
    const { commitsPerStep } = await steps({ runs: 64, tasks: 256 })
    expect(commitsPerStep).toBeLessThan(0.25)
  })
})

describe('what a conversation costs', () => {
  test('C22: N calls over a shared transcript grow storage by O(N)', async () => {
    const [short, long] = [await converse(200), await converse(400)]
    expect(long.written() / short.written()).toBeGreaterThan(1.9)
    expect(long.written() / short.written()).toBeLessThan(2.05)
  })

  test('a late turn writes what an early one does', async () => {
    const { marks } = await converse(400)
    const between = (from: number, to: number) =>
      marks[Math.floor(marks.length * to)]! - marks[Math.floor(marks.length * from)]!
    expect(between(0.75, 0.95) / between(0.05, 0.25)).toBeLessThan(1.05)
  })

  test('no turn reads the store, however long the conversation', async () => {
    const [short, long] = [await converse(50), await converse(150)]
    expect(long.reads()).toBe(short.reads())
  })

  test('a turn goes through the messages that are new, not through those before', async () => {
    const stored = new Map<string, string>()
    let gets = 0
    const blobs = {
      get: async (hash: string) => {
        gets++
        return stored.get(hash)!
      },
      put: (data: string) => {
        stored.set(`${stored.size}`, data)
        return `${stored.size - 1}`
      },
    }
    const transcripts = createTranscripts()
    let head: string | null = null
    const counts: number[] = []
    for (let turn = 0; turn < 100; turn++) {
      const ref = blobs.put(`result ${turn}`)
      head = append(blobs, head, 'user', [{ type: 'tool_result', toolUseId: `u${turn}`, isError: false, ref }])
      gets = 0
      expect(await transcripts.read(blobs, head)).toHaveLength(2 * turn + 1)
      counts.push(gets)
      head = append(blobs, head, 'assistant', [{ type: 'text', text: `turn ${turn}` }])
    }
    expect(Math.max(...counts.slice(1))).toBe(Math.min(...counts.slice(1)))
  })
})

const counter = setup({
  types: { context: {} as { text: string; count: number }, input: {} as { text: string } },
}).createMachine({
  id: 'counter',
  context: ({ input }) => ({ text: input.text, count: 0 }),
  on: { tick: { actions: assign({ count: ({ context }) => context.count + 1 }) } },
})

test('a turn writes what it changes, not what there is: small changes beside a text of 100 KB', async () => {
  const { store, written } = countedStore()
  await using system = await createSystem({ store })
  const id = await system.spawn(counter, { id: 'c', input: { text: 'x'.repeat(100_000) } })
  const before = written()
  for (let tick = 0; tick < 300; tick++) await system.send(id, { type: 'tick' })
  await system.idle()
  expect((written() - before) / 300).toBeLessThan(1000)
})

const rounds = 500

const pong = setup({}).createMachine({ id: 'pong', on: { ping: { actions: sendParent({ type: 'pong' }) } } })
const ping = setup({
  types: { context: {} as { left: number } },
  actors: { pong },
  actions: { hit: sendTo('other', { type: 'ping' }) },
}).createMachine({
  id: 'ping',
  context: { left: rounds },
  invoke: { src: 'pong', id: 'other' },
  initial: 'playing',
  states: {
    playing: {
      entry: 'hit',
      always: { guard: ({ context }) => context.left === 0, target: 'over' },
      on: { pong: { target: 'playing', reenter: true, actions: assign({ left: ({ context }) => context.left - 1 }) } },
    },
    over: { type: 'final' },
  },
  output: ({ context }) => context.left,
})

test('a cascade of 1,000 messages between actors takes a handful of commits', async () => {
  const { store, commits } = countedStore()
  await using system = await createSystem({ store })
  const before = commits()
  const { output, status } = await system.ended(await system.spawn(ping, { id: 'game' }))
  expect({ status, output, applied: system.runtime.counters().applied >= 2 * rounds }).toEqual({
    status: 'done',
    output: 0,
    applied: true,
  })
  expect(commits() - before).toBeLessThanOrEqual(10)
})
