import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import {
  fail,
  modelFromSpec,
  parseModelSpec,
  report,
  say,
  scripted,
  scriptedFromFile,
  use,
} from '../../src/models/index.ts'
import type { Model } from '../../src/runtime/model.ts'
import { sizeOf } from '../../src/runtime/model.ts'
import { contextFor, requestFor } from './offline-stage.ts'

const folders: string[] = []
afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
})

const fileWith = (text: string, name = 'script.yaml'): string => {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-scripted-'))
  folders.push(folder)
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const ask = (model: Model, name: string, { task = 0, turn = 0, attempt = 1 } = {}) => {
  const request = requestFor({ description: 'x' }, { role: name, turn })
  const callId = `run-1/${name}/${task}/${turn}`
  return model.generate({ ...request, caller: { ...request.caller, task } }, contextFor(callId, { attempt }))
}

describe('scripted', () => {
  const model = scripted({
    researcher: [
      [use('Grep', { pattern: 'x' }), [say('done'), report('# R', { confidence: 0.5 })]],
      [report('second task')],
    ],
    writer: (request) => report(`for turn ${request.caller.turn}`),
    'run-1/echo': [(request) => `I am ${request.caller.address}`],
  })

  test('answers by agent, task and turn, in whatever order it is asked', async () => {
    const [second, other, first] = await Promise.all([
      ask(model, 'researcher', { turn: 1 }),
      ask(model, 'researcher', { task: 1 }),
      ask(model, 'researcher'),
    ])
    expect(first).toMatchObject({ stop: 'tool_use', content: [{ name: 'Grep', input: { pattern: 'x' } }] })
    expect(second.content).toMatchObject([
      { text: 'done' },
      { name: 'report', input: { output: '# R', confidence: 0.5 } },
    ])
    expect(other.content).toMatchObject([{ input: { output: 'second task' } }])
    expect(await ask(model, 'researcher')).toEqual(first)
  })

  test('a function gets the request; a full address goes before a name; a string is said and ends the turn', async () => {
    expect((await ask(model, 'writer', { turn: 3, task: 9 })).content).toMatchObject([
      { input: { output: 'for turn 3' } },
    ])
    expect(await ask(model, 'echo')).toMatchObject({ stop: 'end', content: [{ text: 'I am run-1/echo' }] })
  })

  test('where the script has no answer the error names agent, task and turn', async () => {
    await expect(ask(model, 'researcher', { turn: 2 })).rejects.toMatchObject({
      code: 'model.output',
      retryable: false,
      message: expect.stringContaining('agent "researcher", task 0, turn 2'),
    })
    await expect(ask(model, 'researcher', { task: 5 })).rejects.toThrow('task 5')
    await expect(ask(model, 'constructor')).rejects.toThrow('it knows researcher, writer')
  })

  test('a failure carries its code; with attempts only the first so many fail', async () => {
    const failing = scripted({
      a: [
        [
          fail('model.auth'),
          fail('model.overloaded', { retryable: true, retryAfterMs: 5, attempts: 2, after: report('at last') }),
        ],
      ],
    })
    await expect(ask(failing, 'a')).rejects.toMatchObject({ code: 'model.auth', retryable: false })
    await expect(ask(failing, 'a', { turn: 1, attempt: 2 })).rejects.toMatchObject({ retryable: true, retryAfterMs: 5 })
    expect((await ask(failing, 'a', { turn: 1, attempt: 3 })).content).toMatchObject([{ input: { output: 'at last' } }])
  })

  test('costs what the options say', async () => {
    const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 }
    const priced = scripted({ a: [[say('x')]] }, { usd: 0.25, usage, id: 'scripted-priced' })
    expect(await ask(priced, 'a')).toMatchObject({ usd: 0.25, usage, model: 'scripted-priced' })
    expect(priced.estimate(sizeOf(requestFor({ description: 'x' }, { role: 'a' })))).toMatchObject({ usd: 0.25 })
  })
})

describe('a script in a file', () => {
  test('is YAML or JSON: agents, tasks, turns', async () => {
    const yaml = fileWith(
      'a:\n  - - use: Read\n      input: { path: x.md }\n    - [say this, { report: done, confidence: 0.4 }]\n    - fail: { code: model.overloaded, retryable: true }\n',
    )
    const model = await scriptedFromFile(yaml)
    expect((await ask(model, 'a')).content).toMatchObject([{ name: 'Read', input: { path: 'x.md' } }])
    expect((await ask(model, 'a', { turn: 1 })).content).toMatchObject([
      { text: 'say this' },
      { input: { output: 'done', confidence: 0.4 } },
    ])
    await expect(ask(model, 'a', { turn: 2 })).rejects.toMatchObject({ code: 'model.overloaded', retryable: true })
    const json = await modelFromSpec(`scripted:${fileWith('{"a": [[{"report": {"n": 1}}]]}', 's.json')}`)
    expect((await ask(json, 'a')).content).toMatchObject([{ input: { output: { n: 1 } } }])
  })

  test.each([
    ['a:\n  - - say: x\n   bad', /no YAML/, /script\.yaml:\d+$/],
    ['a: 1', /does not fit/, /#\/a$/],
    ['a: [[{ shout: x }]]', /does not fit/, /#\/a\/0\/0/],
    ['a: []\na: []', /no YAML/, /:2$/],
  ])('%j is refused with its place', async (text, message, place) => {
    await expect(scriptedFromFile(fileWith(text))).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringMatching(message),
      place: expect.stringMatching(place),
    })
  })

  test('that does not exist is refused with its path', async () => {
    await expect(scriptedFromFile('/nowhere/script.yaml')).rejects.toMatchObject({
      code: 'config.invalid',
      place: '/nowhere/script.yaml',
    })
  })
})

describe('a model named in one word', () => {
  test.each([
    ['offline', { kind: 'offline', latencyMs: 0, seed: 0, fail: 0 }],
    ['offline:latency=50ms,seed=7,fail=0.2', { kind: 'offline', latencyMs: 50, seed: 7, fail: 0.2 }],
    ['offline:latency=1.5s', { kind: 'offline', latencyMs: 1500, seed: 0, fail: 0 }],
    ['offline:seed=18446744073709551615', { kind: 'offline', latencyMs: 0, seed: 2n ** 64n - 1n, fail: 0 }],
    ['anthropic', { kind: 'anthropic', model: null }],
    ['anthropic:best', { kind: 'anthropic', model: 'claude-opus-5-5' }],
    ['scripted:C:\\a b.yaml', { kind: 'scripted', file: 'C:\\a b.yaml' }],
  ])('%s is understood', (spec, expected) => {
    expect(parseModelSpec(spec)).toEqual(expected)
  })

  test.each([
    ['offline:seed=abc', 'seed=abc'],
    ['offline:seed=-1', 'seed=-1'],
    ['offline:seed=36893488147419103232', 'seed=36893488147419103232'],
    ['offline:seed=', 'seed='],
    ['offline:latency=5 parsecs', 'latency=5 parsecs'],
    ['offline:latency=-5', 'latency=-5'],
    ['offline:fail=2', 'fail=2'],
    ['offline:fail=NaN', 'fail=NaN'],
    ['offline:speed=9', 'speed=9'],
    ['offline:__proto__=1', '__proto__=1'],
    ['offline:seed=1,seed=2', 'seed=2'],
    ['offline:', 'offline:'],
    ['scripted', 'scripted'],
    ['gpt', 'gpt'],
    ['\u001b[31mred', '\\u{1b}[31mred'],
    ['', ''],
  ])('BAD 91: %j is refused, naming the part', (spec, part) => {
    expect(() => parseModelSpec(spec)).toThrow(
      expect.objectContaining({ code: 'cli.usage', message: expect.stringContaining(`"${part}"`) }),
    )
  })

  test('BAD 70: an unknown model id is refused', () => {
    expect(() => parseModelSpec('anthropic:gpt-9')).toThrow(expect.objectContaining({ code: 'model.unknown' }))
  })

  test('BAD 98: anthropic without a key says so in one line', async () => {
    await expect(modelFromSpec('anthropic')).rejects.toMatchObject({
      code: 'model.auth',
      message: expect.stringContaining('--model offline'),
    })
    expect((await modelFromSpec('anthropic', { apiKey: 'not-a-key' })).id).toMatch(/^anthropic/)
  })

  test('fail= makes that share of attempts fail, retryable, the same ones every time', async () => {
    const outcomes = async (spec: string) => {
      const model = await modelFromSpec(spec)
      const turns = Array.from({ length: 100 }, (_, turn) => turn)
      const settled = await Promise.allSettled(turns.map((turn) => ask(model, 'lead', { turn })))
      return settled.map((one) => (one.status === 'rejected' ? [one.reason.code, one.reason.retryable] : null))
    }
    const failed = await outcomes('offline:fail=0.2,seed=3')
    const failures = failed.filter((one) => one !== null)
    expect(failures.length).toBeGreaterThan(8)
    expect(failures.length).toBeLessThan(35)
    expect(failures[0]).toEqual(['model.overloaded', true])
    expect(await outcomes('offline:fail=0.2,seed=3')).toEqual(failed)
    expect(await outcomes('offline:fail=0.2,seed=4')).not.toEqual(failed)
  })
})
