// The commands that look: runs, show, events, calls, agents, doctor. One run is made and looked at.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPlace, runHere, values } from './stage.ts'

let place: ReturnType<typeof createPlace>
const here = (...args: string[]) => runHere(args, { cwd: place.dir })

beforeAll(async () => {
  place = createPlace()
  await here('run', 'What does the store keep?', '--input', 'in', '--id', 'a', '--model', 'offline')
})
afterAll(() => place[Symbol.dispose]())

test('runs lists every run with its task', async () => {
  expect((await here('runs')).out).toMatch(
    /^a +complete +\d{4}-\d\d-\d\d \d\d:\d\d +[\d.]+ s +What does the store keep\?\n$/,
  )
  expect(values((await here('runs', '--json')).out)).toMatchObject([{ id: 'a', agent: 'team', status: 'complete' }])
})

test('show tells the plan, the agents, what was made and what it cost', async () => {
  const { out } = await here('show', 'a')
  expect(out).toMatch(/^a {2}complete, started /)
  expect(out).toMatch(/^ {2}research +researcher +done, \d+\/100/m)
  expect(out).toMatch(/^ {2}writer +complete +\d+ calls/m)
  expect(out).toMatch(/^ {2}final-output\.md +lead/m)
  expect(out).toMatch(/model calls, \d+ tool calls, .*\$0\.00\n$/)
})

test('show --write writes the artifacts again as they were', async () => {
  const file = join(place.dir, 'artifacts/a/final-output.md')
  const before = readFileSync(file, 'utf8')
  rmSync(file)
  expect((await here('show', 'a', '--write')).err).toMatch(/^wrote \d+ files to /)
  expect(readFileSync(file, 'utf8')).toBe(before)
  await here('show', 'a', '--write', '--out', 'copy')
  expect(readFileSync(join(place.dir, 'copy/final-output.md'), 'utf8')).toBe(before)
})

test('events are the same as a line for people and as JSON, and --follow ends with its run', async () => {
  const events = values((await here('events', 'a', '--json')).out)
  expect((await here('events', 'a')).out.split('\n').length - 1).toBe(events.length)
  expect(values((await here('events', 'a', '--json', '--follow')).out)).toEqual(events)
  expect(events.at(0)).toMatchObject({ type: 'actor.spawned', address: 'a' })
})

test('calls tell how each ended and what it used', async () => {
  const calls = values((await here('calls', 'a', '--json')).out)
  for (const call of calls)
    expect(call).toEqual({
      id: expect.stringMatching(/^a\/team\/[a-z]+\/\d+\/\d+\/\d+$/),
      kind: expect.stringMatching(/^(model|tool)$/),
      name: expect.any(String),
      status: 'done',
      attempt: 1,
      startedAt: expect.stringMatching(/Z$/),
      endedAt: expect.stringMatching(/Z$/),
      inputTokens: expect.any(Number),
      outputTokens: expect.any(Number),
      usd: call.kind === 'model' ? 0 : null,
    })
  expect(calls.some(({ kind, inputTokens }) => kind === 'model' && (inputTokens as number) > 0)).toBe(true)
  expect((await here('calls', 'a')).out.split('\n').length - 1).toBe(calls.length)
})

test('cancel of a run that is over says so and changes nothing', async () => {
  expect(await here('cancel', 'a')).toMatchObject({ code: 0, err: 'troupe: run a is over already: complete\n' })
})

test('agents names each agent, what it is not granted, and every problem with file and line', async () => {
  const dir = join(place.dir, 'agents')
  mkdirSync(dir)
  writeFileSync(join(dir, 'a.md'), '---\nname: good\ndescription: Fine.\ntools: Read, Bash\n---\nWork.\n')
  const good = await here('agents', 'agents')
  expect(good).toMatchObject({ code: 0, out: 'good  good  Read  Fine.\n' })
  expect(good.err).toMatch(/agents\/a\.md: not granted: Bash: running commands is not available/)
  writeFileSync(join(dir, 'b.md'), '---\nname: bad\ndescription: Wrong.\ntools: Raed\n---\nWork.\n')
  const bad = await here('agents', 'agents')
  expect(bad.code).toBe(1)
  expect(bad.err).toMatch(/agents\/b\.md:4: error: there is no tool "Raed"; did you mean "Read"\?/)
  const json = values((await here('agents', 'agents', '--json')).out)
  expect(json.map(({ type }) => type)).toEqual(['agent', 'problem'])
})

test('doctor says what is right and what to do, and never shows the key', async () => {
  const env = { ANTHROPIC_API_KEY: 'my-own-secret-key', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' }
  const { code, out } = await runHere(['doctor'], { cwd: place.dir, env })
  expect(code).toBe(0)
  expect(out).toMatch(/^right +Node +24/m)
  expect(out).toMatch(/^right +SQLite +3\./m)
  expect(out).toMatch(/^right +Store +.*troupe\.db, schema \d+, [\d.]+ [KM]B, free$/m)
  expect(out).toMatch(/^right +Key +ANTHROPIC_API_KEY is set \(not shown\).*127\.0\.0\.1:9/m)
  expect(out).toMatch(/^right +Agents +4 agents/m)
  expect(out).not.toContain('my-own-secret-key')
  const wrong = await here('doctor', '--store', 'in', '--json')
  expect(wrong.code).toBe(1)
  expect(values(wrong.out)).toContainEqual(expect.objectContaining({ name: 'Store', status: 'wrong' }))
  expect(values(wrong.out)).toContainEqual(expect.objectContaining({ name: 'Key', status: 'note' }))
})

test('looking makes nothing: no store, no folder, no log', async () => {
  using empty = createPlace()
  await runHere(['doctor'], { cwd: empty.dir })
  expect(await runHere(['runs'], { cwd: empty.dir })).toMatchObject({ code: 2 })
  for (const made of ['.troupe', 'logs', 'artifacts']) expect(existsSync(join(empty.dir, made))).toBe(false)
})

test('every help gives examples, and the first one the exit codes', async () => {
  for (const command of ['run', 'runs', 'show', 'events', 'calls', 'cancel', 'agents', 'doctor']) {
    const help = await here(command, '--help')
    expect(help).toMatchObject({ code: 0, err: '' })
    expect(help.out).toContain(`Examples:\n  troupe ${command}`)
  }
  expect((await here('--help')).out).toMatch(/Exit codes:[\s\S]*130/)
  expect(await here('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
})
