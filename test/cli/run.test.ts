// What `troupe run` promises: a result, the same one again, and going on wherever it was stopped.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { createPlace, run, runHere, type Started, start, values } from './stage.ts'

const task = ['run', 'What does the store keep?', '--input', 'in', '--json']
const quick = [...task, '--model', 'offline']
const slow = [...task, '--model', 'offline:latency=15ms']
const never = [...task, '--model', 'offline:latency=3600s']

/** Resolves when the command has printed `count` lines that hold `text`. */
const startUntil = (args: string[], cwd: string, text: string, count: number): Promise<Started> =>
  new Promise((resolve, reject) => {
    let seen = 0
    const started = start(args, {
      cwd,
      onLine: (line) => {
        if (line.includes(text) && ++seen === count) resolve(started)
      },
    })
    void started.ended.then(({ err }) => reject(new Error(`it ended before it said "${text}" ${count} times: ${err}`)))
  })

const resultOf = (out: string) => values(out).at(-1) as { type: string; status: string; output: string; run: string }
const of = (out: string, type: string) => values(out).filter((event) => event.type === type)

test('--json gives events with their numbers, calls with id and attempt, and the result last', async () => {
  using place = createPlace()
  const { code, out, err } = await run([...quick, '--id', 'a'], { cwd: place.dir })
  expect(code).toBe(0)
  expect(err).toBe('')
  const events = values(out)
  for (const event of events)
    expect(event).toMatchObject({
      seq: expect.any(Number),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      type: expect.any(String),
      run: 'a',
      address: expect.stringMatching(/^a(\/|$)/),
    })
  const numbers = events.slice(0, -1).map(({ seq }) => seq as number)
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
  const calls = events.filter(({ type }) => String(type).startsWith('call.'))
  expect(new Set(calls.map(({ type }) => type))).toEqual(new Set(['call.requested', 'call.started', 'call.completed']))
  for (const call of calls) expect(call).toMatchObject({ call: expect.stringMatching(/^a\//), attempt: 1 })
  expect(events.at(-1)).toMatchObject({
    type: 'result',
    status: 'complete',
    output: expect.stringContaining('store.md:'),
    quality: expect.any(Number),
    model: 'offline: rules, not a language model',
  })
  expect(readFileSync(join(place.dir, 'artifacts/a/final-output.md'), 'utf8')).toContain('store.md:')
})

test('the same id again gives the recorded result at once, without a call and without the lock', async () => {
  using place = createPlace()
  const first = await runHere([...quick, '--id', 'a'], { cwd: place.dir })
  expect(first).toMatchObject({ code: 0, err: '' })
  const held = sqliteStore(join(place.dir, '.troupe/troupe.db'))
  await held.open({ now: 0 })
  const again = await runHere(['run', '--id', 'a', '--json'], { cwd: place.dir })
  await held.close()
  expect(again.code).toBe(0)
  expect(values(again.out)).toHaveLength(1)
  expect(resultOf(again.out).output).toBe(resultOf(first.out).output)
  const calls = await runHere(['calls', 'a', '--json'], { cwd: place.dir })
  expect(values(calls.out)).toHaveLength(of(first.out, 'call.requested').length)
  const other = await runHere(['run', 'Something else', '--id', 'a'], { cwd: place.dir })
  expect(other).toMatchObject({ code: 1, out: '' })
  expect(other.err).toMatch(/^troupe: run\.conflict: .*another task/)
})

test('killed at several moments and started again, it comes to the same end and repeats no answered call', async () => {
  using place = createPlace()
  const whole = await runHere([...quick, '--id', 'a', '--store', 'whole.db'], { cwd: place.dir })
  const outs: string[] = []
  for (const moment of [2, 6]) {
    const killed = await startUntil([...slow, '--id', 'a'], place.dir, '"call.completed"', moment)
    killed.child.kill('SIGKILL')
    outs.push((await killed.ended).out.replace(/[^\n]*$/, ''))
  }
  const last = await runHere([...quick, '--id', 'a'], { cwd: place.dir })
  outs.push(last.out)
  expect(last.code).toBe(0)
  expect(resultOf(last.out).output).toBe(resultOf(whole.out).output)
  const completed = outs.flatMap((out) => of(out, 'call.completed').map(({ call }) => call))
  expect(completed).toEqual([...new Set(completed)])
  outs.forEach((out, index) => {
    const done = new Set(outs.slice(0, index).flatMap((text) => of(text, 'call.completed').map(({ call }) => call)))
    expect(of(out, 'call.started').filter(({ call }) => done.has(call))).toEqual([])
  })
})

test('without an id the same command goes on with the one run of that task that is under way', async () => {
  using place = createPlace()
  const killed = await startUntil(never, place.dir, '"call.started"', 1)
  killed.child.kill('SIGKILL')
  await killed.ended
  const again = await runHere(quick, { cwd: place.dir })
  expect(again.err).toMatch(/^troupe: going on with run store-keep-[a-z0-9]{4}, which is under way/)
  expect(resultOf(again.out).status).toBe('complete')
  expect(values((await runHere(['runs', '--json'], { cwd: place.dir })).out)).toHaveLength(1)
  const fresh = await runHere(quick, { cwd: place.dir })
  expect(resultOf(fresh.out).run).not.toBe(resultOf(again.out).run)
})

test('BAD 99: a second process is told who holds the store, and may still look', async () => {
  using place = createPlace()
  const first = await startUntil([...never, '--id', 'a'], place.dir, '"call.started"', 1)
  const [second, look, cancel] = await Promise.all([
    runHere([...quick, '--id', 'b'], { cwd: place.dir }),
    runHere(['runs', '--json'], { cwd: place.dir }),
    runHere(['cancel', 'a'], { cwd: place.dir }),
  ])
  for (const refused of [second, cancel]) {
    expect(refused).toMatchObject({ code: 3, out: '' })
    expect(refused.err).toContain('troupe: store.locked: ')
    expect(refused.err).toContain(`process ${first.pid}`)
  }
  expect(values(look.out)).toMatchObject([{ id: 'a', status: 'active' }])
  const follower = await startUntil(['events', 'a', '--follow', '--json'], place.dir, '"call.started"', 1)
  follower.child.kill('SIGINT')
  expect(await follower.ended).toMatchObject({ code: 130, err: '' })
  first.child.kill('SIGKILL')
  await first.ended
  expect(await runHere(['cancel', 'a'], { cwd: place.dir })).toMatchObject({ code: 0 })
  expect(values((await runHere(['runs', '--json'], { cwd: place.dir })).out)).toMatchObject([{ status: 'cancelled' }])
})

test('BAD 96: Ctrl-C once drains, saves and says how to go on', async () => {
  using place = createPlace()
  const started = await startUntil([...slow, '--id', 'a'], place.dir, '"call.completed"', 3)
  started.child.kill('SIGINT')
  const said = await started.ended
  expect(said.code).toBe(130)
  expect(said.err).toMatch(/stopping and saving/)
  expect(said.err).toMatch(/Go on with: .* run --id a\n/)
  expect(of(said.out, 'result')).toEqual([])
  const again = await runHere(['run', '--id', 'a', '--json', '--model', 'offline'], { cwd: place.dir })
  expect(resultOf(again.out).status).toBe('complete')
})

test('BAD 96: Ctrl-C twice leaves at once, and the run still goes on later', async () => {
  using place = createPlace()
  const started = await startUntil([...never, '--id', 'a'], place.dir, '"call.started"', 1)
  const again = setInterval(() => started.child.kill('SIGINT'), 50) // the first is heeded, those at once after it are its echo
  const said = await started.ended
  clearInterval(again)
  expect(said.code).toBe(130)
  expect(said.err).not.toContain('saved')
  const after = await runHere(['run', '--id', 'a', '--json', '--model', 'offline'], { cwd: place.dir })
  expect(resultOf(after.out).status).toBe('complete')
})

test('a budget that is reached ends the run with its own exit code, before anything is sent', async () => {
  using place = createPlace()
  const env = { ANTHROPIC_API_KEY: 'my-own-secret-key', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' }
  const args = ['run', 'What does the store keep?', '--input', 'in', '--id', 'a', '--budget-usd', '0']
  const { code, err } = await runHere(args, { cwd: place.dir, env })
  expect(code).toBe(4)
  expect(err).toContain('troupe: requests go to http://127.0.0.1:9 (ANTHROPIC_BASE_URL)')
  expect(err).toMatch(/^Failed after /m)
  expect(err).toMatch(/budget\.exceeded/)
  expect(err).not.toContain('my-own-secret-key')
})

test('a time limit that is reached ends the run with the same exit code', async () => {
  using place = createPlace()
  const { code, out } = await runHere([...never, '--id', 'a', '--timeout', '200ms'], { cwd: place.dir })
  expect(code).toBe(4)
  expect(resultOf(out)).toMatchObject({ status: 'failed', failure: { code: 'run.timeout' } })
})

test('an agent file alone is one agent; without --json its result is the data', async () => {
  using place = createPlace()
  const file = '---\nname: reader\ndescription: Reads.\ntools: Read, Glob, Grep\n---\nYou read.\n'
  writeFileSync(join(place.dir, 'reader.md'), file)
  const args = ['run', 'Find what the store keeps', '--input', 'in', '--agents', '.', '--id', 'a', '--model', 'offline']
  const { code, out, err } = await runHere(args, { cwd: place.dir })
  expect(code).toBe(0)
  expect(out).toContain('store.md:')
  expect(err).toContain('one agent, offline: rules, not a language model')
  expect(err).toMatch(/^Done in /m)
  expect(readdirSync(join(place.dir, 'artifacts/a'))).toContainEqual(expect.stringMatching(/output\.md$/))
})
