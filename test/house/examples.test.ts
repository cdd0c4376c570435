// Every example runs as a newcomer would run it, offline, says what it promises, and leaves nothing behind.
import { globSync } from 'node:fs'
import { expect, test } from 'vitest'
import { entriesIn, run, temporaryFolder } from './run.ts'
import { root } from './source.ts'

const examples: Record<string, (string | RegExp)[]> = {
  '01-hello.ts': ['Good morning, Ada.', 'greeter was 100 % sure and made 1 model call.'],
  '02-tools.ts': [
    'tool word_count answered',
    'questions.md has 51 words.',
    'Outside: workspace.denied: the path "../../etc/passwd" leads upwards',
  ],
  '03-pipeline.ts': [
    /writer, round 1\n {3}scored 62 of 100: It does not say what is acknowledged when\.\nwriter, round 2\n {3}scored 91/,
    'one flush serves many',
  ],
  '04-team-from-files.ts': [
    'The team: lead (lead), researcher (researcher), reviewer (reviewer), writer (writer)',
    /"research" round 1: \d+ of 100/,
    'Made by: rules, not a language model',
    /\((architecture|incident)\.md:\d+/,
    /Made: .*final-output\.md/,
  ],
  '05-crash-and-resume.ts': [
    /builder asks the model, attempt 1\nkilled with SIGKILL\nsecond process\n {3}builder asks the model, attempt 2/,
    'complete: painter: done',
    'the bill: surveyor 1, architect 1, builder 2, painter 1',
  ],
  '06-live-actor.ts': [
    'push  → "locked"\ncoin  → "open"\npush  → "locked"\ncoin  → "open"',
    'the gate has ended: {"coins":2}',
    /asked at work: I am at work; \d trees so far\./,
    'in the end: 4 trees.',
  ],
}

test('every example is tested', () => {
  expect(globSync('*.ts', { cwd: `${root}/examples` }).toSorted()).toEqual(Object.keys(examples))
})

test.for(Object.entries(examples))('example %s', async ([file, said]) => {
  const [cwd, TMPDIR] = [temporaryFolder(), temporaryFolder()]
  const env = { TMPDIR, ANTHROPIC_API_KEY: '' }
  const ran = await run(process.execPath, ['--conditions=source', `${root}/examples/${file}`], { cwd, env })
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  for (const text of said) expect(ran.stdout).toMatch(text)
  expect([entriesIn(cwd), entriesIn(TMPDIR)]).toEqual([[], []])
})
