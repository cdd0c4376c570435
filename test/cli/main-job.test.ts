// The main job: what a newcomer gets from `npm start`, over the project's own docs.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { expectAllTrue } from '../models/offline-stage.ts'
import { createPlace, start } from './stage.ts'

const docs = fileURLToPath(new URL('../../docs', import.meta.url))

test('told nothing, the command makes a guide of the docs, and every line it cites is in them', async () => {
  using place = createPlace()
  const { ended } = start(['run'], { cwd: place.dir })
  const said = await ended
  expect(said.code, said.err).toBe(0)
  expect(said.err).toMatch(/offline: rules, not a\s+language\s+model/)
  expect(said.err).toMatch(/review {2}\d+\/100 .*needs refinement/)
  const [run] = readdirSync(join(place.dir, 'artifacts'))
  const folder = join(place.dir, 'artifacts', run!)
  const made = readdirSync(folder)
  for (const name of ['research-output.md', 'synthesis-output.md', 'final-output.md']) {
    const text = readFileSync(join(folder, name), 'utf8')
    expect(text).toMatch(/^---\nagent: \w+\ntimestamp: \d{4}-\d\d-\d\dT[^\n]+Z\nconfidence: \d+%\n/)
    expectAllTrue(text, docs)
  }
  expect(made).toEqual(expect.arrayContaining(['feedback.md', 'orchestration-log.md']))
  expect(readdirSync(join(place.dir, 'logs'))[0]).toMatch(/^execution-.*\.log$/)
})
