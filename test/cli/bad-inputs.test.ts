// What the command says to bad input: BAD-INPUTS 89 to 104, by number.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { screenOf } from '../../src/cli/host.ts'
import { refuseNode } from '../../src/cli/node-version.ts'
import { liveLines } from '../../src/cli/screen.ts'
import { createStyle } from '../../src/cli/style.ts'
import { emptyView, fold } from '../../src/cli/view.ts'
import { createPlace, mainFile, run, runHere, type Said, start, startProgram } from './stage.ts'

let place: ReturnType<typeof createPlace>
beforeAll(() => {
  place = createPlace()
})
afterAll(() => place[Symbol.dispose]())

/** One line, with its code, no stack, nothing on stdout. */
const expectLine = ({ code, out, err }: Said, exit: number, text: RegExp): void => {
  expect(err).toMatch(text)
  expect(err).toMatch(/^troupe: [a-z-]+\.[a-z-]+: [^\n]+\n$/)
  expect(err).not.toMatch(/\n {4}at /)
  expect(out).toBe('')
  expect(code).toBe(exit)
}

const task = ['run', 'What does the store keep?', '--input', 'in']

const rows: [name: string, args: string[], exit: number, text: RegExp][] = [
  ['BAD 89: an unknown command is refused with the nearest', ['rnu'], 2, /unknown command 'rnu'; did you mean run\?/],
  ['BAD 89: an unknown flag is refused with the nearest', ['run', '--modle', 'x'], 2, /did you mean --model\?/],
  ['BAD 90: a flag at the end without its value', ['run', 'x', '--model'], 2, /'--model <spec>' argument missing/],
  ['BAD 90: a flag where a value should be', ['run', 'x', '--out', '--json'], 2, /--out: "--json" is no value/],
  ['BAD 91: a seed that is no number', [...task, '--model', 'offline:seed=abc'], 2, /seed=abc/],
  ['BAD 91: a negative seed', [...task, '--model', 'offline:seed=-1'], 2, /seed=-1/],
  ['BAD 91: a seed of 2^65', [...task, '--model', 'offline:seed=36893488147419103232'], 2, /is no seed/],
  ['BAD 92: an id that is a path', [...task, '--id', '../../etc'], 2, /is no id of a run/],
  ['BAD 92: an id that is a pattern', ['show', '*'], 2, /is no id of a run/],
  ['BAD 92: an empty id', ['events', ''], 2, /is no id of a run/],
  ['BAD 92: an id of 5,000 characters', ['cancel', 'a'.repeat(5000)], 2, /a{60}…" is no id of a run/],
  ['BAD 94: a store that is a folder', [...task, '--store', 'in'], 2, /store\.invalid: .*is no regular file/],
  ['BAD 94: a store that is a device', [...task, '--store', '/dev/full'], 2, /store\.invalid: .*is no regular file/],
  ['BAD 94: a store below a file', [...task, '--store', 'in/store.md/x.db'], 2, /store\.invalid: .*ENOTDIR/],
  ['BAD 94: no store to look into', ['runs', '--store', 'no/such.db'], 2, /there is no store here yet/],
  ['BAD 98: no key', [...task, '--model', 'anthropic'], 1, /model\.auth: no API key .*ANTHROPIC_API_KEY/],
  ['BAD 98: a key in the wrong place', [...task, '--model', 'sk-ant-api03-abcdef'], 2, /"\[key\]" is no model/],
  ['BAD 102: an argument with control characters', ['\u001b[31mred'], 2, /'\\u\{1b\}\[31mred'/],
  ['an input that is not there', ['run', 'x', '--input', 'nowhere'], 2, /--input: "nowhere" is not there/],
  ['an input that is a file', ['run', 'x', '--input', 'in/store.md'], 2, /is no folder/],
  ['a duration of parsecs', [...task, '--timeout', '5 parsecs'], 2, /is no duration/],
  ['a quality of 101', [...task, '--quality', '101'], 2, /from 0 to 100/],
  ['a negative budget', [...task, '--budget-usd', '-1'], 2, /is no amount/],
  ['an empty task', ['run', '  '], 2, /the task is empty/],
]

/** What a row needs that does not exist yet. */
const later = { 'BAD 93': 'there is no --port' }

describe('bad command lines', () => {
  test.each(rows)('%s', async (_name, args, exit, text) => {
    expectLine(await runHere(args, { cwd: place.dir }), exit, text)
  })

  test.each(Object.entries(later))('%s does not apply: %s', (_row, why) => {
    expect(readFileSync(new URL('../../src/cli/program.ts', import.meta.url), 'utf8')).not.toContain('--port')
    expect(why).not.toBe('')
  })

  test('BAD 98: a key is never echoed, whatever is wrong with it', async () => {
    const env = { ANTHROPIC_API_KEY: 'secret with spaces' }
    const said = await runHere([...task, '--model', 'anthropic'], { cwd: place.dir, env })
    expectLine(said, 1, /model\.auth: the API key holds a space/)
    expect(said.err).not.toContain('secret')
  })

  test('a run that is not there is refused with the nearest', async () => {
    await runHere([...task, '--id', 'explain', '--model', 'offline'], { cwd: place.dir })
    expectLine(await runHere(['show', 'explian'], { cwd: place.dir }), 1, /run\.unknown: .*did you mean "explain"\?/)
  })

  test('--debug shows the stack, and only then', async () => {
    const said = await runHere(['--debug', 'show', 'x', '--store', 'no.db'], { cwd: place.dir })
    expect(said.err).toMatch(/\n {4}at /)
  })
})

describe('bad surroundings', () => {
  const real = (args: string[], env: Record<string, string | undefined> = {}) => run(args, { cwd: place.dir, env })
  const shell = (script: string) =>
    startProgram('/bin/sh', ['-c', script, 'sh', process.execPath, mainFile], { cwd: place.dir }).ended

  test.skipIf(process.getuid?.() === 0)('BAD 94: a store in a folder that is read-only', async () => {
    mkdirSync(join(place.dir, 'closed'), { mode: 0o500 })
    expectLine(await runHere([...task, '--store', 'closed/x.db'], { cwd: place.dir }), 2, /store\.invalid: .*EACCES/)
  })

  test('BAD 95: a reader that leaves ends the command quietly', async () => {
    const help = start(['--help'], { cwd: place.dir })
    help.child.stdout?.destroy()
    expect(await help.ended).toMatchObject({ code: 0, err: '' })
  })

  test('BAD 95: a closed stdin is no matter', async () => {
    expect(await shell('exec "$1" "$2" --version <&-')).toMatchObject({ code: 0, err: '' })
  })

  test('BAD 97: without a terminal there are plain lines and no colour', async () => {
    const { err } = await real([...task, '--model', 'offline'], { TERM: 'xterm', FORCE_COLOR: '1' })
    expect(err).toMatch(/^done +researcher/m)
    expect(err).not.toContain('\u001b')
  })

  test('BAD 97: NO_COLOR and a dumb terminal are obeyed', () => {
    const terminal = { isTTY: true, columns: 20 }
    expect(screenOf(terminal, { TERM: 'xterm' })).toMatchObject({ live: true, colour: true })
    expect(screenOf(terminal, { TERM: 'xterm', NO_COLOR: '1' })).toMatchObject({ live: true, colour: false })
    expect(screenOf(terminal, { TERM: 'dumb' })).toMatchObject({ live: false, colour: false })
  })

  test('BAD 97: live lines fit into 20 columns', () => {
    const view = emptyView()
    const common = { at: '2026-01-01T00:00:00.000Z', run: 'a', address: 'a/team/researcher' }
    fold(view, { ...common, seq: 1, type: 'actor.spawned', machine: 'm' })
    const event = { type: 'tool.used', agent: 'researcher', tool: 'Read', about: 'input/a/very/long/path.md' }
    fold(view, { ...common, seq: 2, type: 'actor.emitted', event })
    const lines = liveLines(view, { columns: 20, style: createStyle(false), elapsed: 1000 })
    expect(lines.length).toBe(3)
    for (const line of lines) expect(line.length).toBeLessThan(20)
  })

  test('BAD 100: a Node that is too old gets one clear line before anything is loaded', async () => {
    const old = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'22.1.0'})"
    const said = await startProgram(process.execPath, ['--import', old, mainFile, 'run'], { cwd: place.dir }).ended
    expectLine(said, 2, /Node 22\.1\.0 is too old, Troupe needs Node 24 or newer/)
    expect(refuseNode('24.0.0')).toBeNull()
  })

  test('BAD 101: a current folder that was deleted', async () => {
    const said = await shell('mkdir gone && cd gone && rmdir ../gone && exec "$1" "$2" runs')
    expectLine(said, 2, /the current folder was deleted/)
  })

  test('BAD 103: no HOME is no matter', async () => {
    expect(await real(['runs'], { HOME: undefined })).toMatchObject({ code: 0, err: '' })
  })

  test('BAD 104: files are their owner’s alone, whatever the umask', async () => {
    using own = createPlace()
    const script = 'umask 000; exec "$1" "$2" run "What does the store keep?" --input in --id a --model offline'
    const said = await startProgram('/bin/sh', ['-c', script, 'sh', process.execPath, mainFile], { cwd: own.dir }).ended
    expect(said.code).toBe(0)
    const made = readdirSync(own.dir, { recursive: true, withFileTypes: true })
      .map((entry) => ({ path: join(entry.parentPath, entry.name), allowed: entry.isFile() ? 0o600 : 0o700 }))
      .filter(({ path }) => !path.startsWith(join(own.dir, 'in')))
    expect(made.some(({ path }) => path.endsWith('.log'))).toBe(true)
    expect(made.some(({ path }) => path.endsWith('final-output.md'))).toBe(true)
    for (const { path, allowed } of made) expect([path, statSync(path).mode & 0o777]).toEqual([path, allowed])
  })

  test('an agent file with an error is refused with its line, and nothing runs', async () => {
    mkdirSync(join(place.dir, 'team'))
    writeFileSync(join(place.dir, 'team', 'a.md'), '---\nname: a b\ndescription: x\n---\nWork.\n')
    const said = await runHere([...task, '--agents', 'team'], { cwd: place.dir })
    expectLine(said, 1, /agent-file\.invalid: .*a\.md:2/)
  })
})
