// One run of a team, killed at every commit and inside every call, and opened again each time.
import { beforeAll, expect, test } from 'vitest'
import { crashStore } from '../support/crash-store.ts'
import { crashStage, essence, type Life, price } from './crash-stage.ts'

type Stage = ReturnType<typeof crashStage>

let expected: ReturnType<typeof essence>
let commits = 0
let calls = 0

beforeAll(async () => {
  const calm = crashStage()
  let counting = { commits: 0 }
  const result = await calm.live({
    wrap: (store) => {
      const counted = crashStore(store, { at: Number.POSITIVE_INFINITY, when: 'before' })
      counting = counted
      return counted
    },
  })
  if (result === 'died') throw new Error('the calm run must not die')
  expected = essence(result)
  commits = counting.commits
  calls = calm.starts.length
})

/** What must hold of everything that was started and committed, whenever the process died. */
const check = ({ data, starts, completed, callIdOf }: Stage, label: string): void => {
  for (const { call, life } of starts)
    expect(
      completed.get(call) ?? life,
      `${label}: ${call}, whose result is committed, is not made again`,
    ).toBeGreaterThanOrEqual(life)
  const seen = starts.map(({ call, attempt }) => `${call} attempt ${attempt}`)
  expect(new Set(seen).size, `${label}: no attempt leaves twice`).toBe(seen.length)
  let attempts = 0
  for (const row of data.calls.list()) {
    const statuses = data.outcomes.group(row.id).map(({ status }) => status)
    const ended = statuses.filter((status) => status === 'done' || status === 'unknown')
    expect(ended, `${label}: ${row.child} of ${row.actor} ends once`).toHaveLength(1)
    if (row.interrupted === 'once') {
      expect(statuses, `${label}: a call that may be made once is`).not.toContain('interrupted')
      expect(starts.filter(({ call }) => call === callIdOf(row.id)).length).toBeLessThanOrEqual(1)
    } else expect(ended).toEqual(['done'])
    if (row.kind === 'model') attempts += 1 + statuses.filter((status) => status === 'interrupted').length
  }
  const ledger = data.ledger.get('r1')!
  expect(ledger, `${label}: every attempt is counted, the ambiguous ones too`).toMatchObject({
    calls: attempts,
    usd: attempts * price,
    reservedUsd: 0,
    reservedTokens: 0,
  })
  expect(data.pending.list(), `${label}: nothing is left over`).toEqual([])
  const { accepted, applied, dead, expired, purged } = data.meta.counters
  expect(applied + dead + expired + purged + data.mail.list().length, `${label}: C41`).toBe(accepted)
}

const untilDone = async (stage: Stage, how: (life: number) => Life) => {
  for (let life = 0; life < 400; life++) {
    const end = await stage.live(how(life))
    if (end !== 'died') return essence(end)
  }
  throw new Error('the run makes no progress')
}

test('the reference run makes 17 calls in a number of commits', () => {
  expect(calls).toBe(17)
  expect(commits).toBeGreaterThan(15)
  expect(expected).toMatchObject({ status: 'complete', output: '# The whole' })
})

test.each(['before', 'after'] as const)(
  'C6, C17, C18, C44: killed %s every commit, it ends as it would have, and pays for no completed call again',
  async (when) => {
    let deaths = 0
    for (let at = 1; at <= commits; at++) {
      const stage = crashStage()
      const end = await untilDone(stage, (life) =>
        life === 0 ? { wrap: (store) => crashStore(store, { at, when }) } : {},
      )
      deaths += stage.lives() - 1
      expect(end, `killed ${when} commit ${at}`).toEqual(expected)
      check(stage, `killed ${when} commit ${at}`)
    }
    expect(deaths).toBeGreaterThanOrEqual(commits - 2) // what piles up in a commit may differ a little from run to run
  },
)

test('C16, C18: killed inside every call, it makes that one again with attempt + 1, unless it may be made once', async () => {
  for (let dieInCall = 1; dieInCall <= calls; dieInCall++) {
    const stage = crashStage()
    const end = await untilDone(stage, (life) => (life === 0 ? { dieInCall } : {}))
    const label = `killed in call ${dieInCall}`
    expect(end, label).toEqual(expected)
    check(stage, label)
    const fatal = stage.starts.filter(({ life }) => life === 0).at(-1)!
    const again = stage.starts.filter(({ call, life }) => call === fatal.call && life === 1)
    const row = stage.data.calls.list().find(({ id }) => stage.callIdOf(id) === fatal.call)!
    expect(
      again.map(({ attempt }) => attempt),
      label,
    ).toEqual(row.interrupted === 'once' ? [] : [fatal.attempt + 1])
  }
})

// A life needs three commits to get anywhere: one for what was under way, one for a start, one for a result.
test.each([
  ['before', 4],
  ['before', 5],
  ['after', 3],
  ['after', 4],
] as const)('killed %s commit %i of every life, it comes to the same end', async (when, at) => {
  const stage = crashStage()
  const end = await untilDone(stage, () => ({ wrap: (store) => crashStore(store, { at, when }) }))
  expect(stage.lives()).toBeGreaterThan(3)
  expect(end).toEqual(expected)
  check(stage, `killed ${when} commit ${at} of every life`)
})

test('killed in the fourth call of every life, it comes to the same end', async () => {
  const stage = crashStage()
  expect(await untilDone(stage, () => ({ dieInCall: 4 }))).toEqual(expected)
  check(stage, 'killed in the fourth call of every life')
})
