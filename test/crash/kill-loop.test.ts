// The command, killed again and again until its run is done. Counted from what it printed and from what its store holds.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { seededRandom } from '../../src/runtime/random.ts'
import { sqliteReader } from '../../src/stores/sqlite.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const input = join(root, 'test/fixtures/input')
// What is installed starts faster than the source; `npm test` has built it just before.
const built = join(root, 'dist/cli/main.js')
const command = existsSync(built) ? built : join(root, 'src/cli/main.ts')
const task = 'Explain how durable execution survives a crash, for engineers'

type Line = { type: string; call?: string; attempt?: number; output?: string; status?: string }
type Life = { lines: Line[]; code: number | null }

/** One life of the command; killed `after` ms after its first event, or left alone when null. */
const live = (folder: string, seed: number, after: number | null): Promise<Life> =>
  new Promise((resolve, reject) => {
    const args = [
      command,
      'run',
      task,
      '--input',
      input,
      '--id',
      'a',
      '--store',
      join(folder, 'troupe.db'),
      '--out',
      join(folder, 'out'),
    ]
    const child = spawn(process.execPath, [...args, '--model', `offline:latency=50ms,seed=${seed}`, '--json'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const lines: Line[] = []
    createInterface({ input: child.stdout }).on('line', (text) => {
      if (lines.length === 0 && after !== null) setTimeout(() => child.kill('SIGKILL'), after)
      try {
        lines.push(JSON.parse(text) as Line)
      } catch {
        lines.push({ type: 'cut' }) // the line under way when it was killed
      }
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ lines, code }))
  })

const resultOf = (life: Life): Line => life.lines.find(({ type }) => type === 'result')!

const killUntilDone = async (folder: string, seed: number): Promise<{ kills: number; lives: Life[] }> => {
  const random = seededRandom(seed)
  const lives: Life[] = []
  for (let kills = 0; ; kills++) {
    const life = await live(folder, seed, 60 + Math.floor(random.next() * 340))
    lives.push(life)
    if (life.code === 0) return { kills, lives }
    if (kills > 200) throw new Error('the run makes no progress')
  }
}

const startsAfterCompletion = (lives: readonly Life[]): string[] => {
  const completed = new Set<string>()
  const wrong: string[] = []
  for (const { lines } of lives) {
    const before = new Set(completed)
    for (const { type, call } of lines) {
      if (type === 'call.completed') completed.add(call!)
      if (type === 'call.started' && before.has(call!)) wrong.push(call!)
    }
  }
  return wrong
}

const outcomesIn = async (folder: string) => {
  const reader = await sqliteReader(join(folder, 'troupe.db'))
  const outcomes = await reader.outcomes({ run: 'a', limit: 10_000 })
  await reader.close()
  return outcomes
}

const folders: string[] = []
const fresh = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'troupe-kill-'))
  folders.push(folder)
  return folder
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

const checkSeed = async (seed: number, expected: string): Promise<number> => {
  const folder = await fresh()
  const { kills, lives } = await killUntilDone(folder, seed)
  expect(resultOf(lives.at(-1)!).output, `seed ${seed}`).toBe(expected)
  expect(startsAfterCompletion(lives), `seed ${seed}`).toEqual([])
  const done = (await outcomesIn(folder)).filter(({ status }) => status === 'done')
  expect(new Set(done.map(({ call }) => call)).size, `seed ${seed}: no call is done twice`).toBe(done.length)
  expect(await readFile(join(folder, 'out', 'final-output.md'), 'utf8')).toContain('## ')
  return kills
}

const leastSeeds = 10
const leastKills = 50

test('C1 C17: killed at random moments until it is done, a run gives the same output and makes no completed call again', async () => {
  const calm = await live(await fresh(), 1, null)
  expect(calm.code).toBe(0)
  const expected = resultOf(calm).output!
  expect(expected.length).toBeGreaterThan(500)
  let seed = 0
  let kills = 0
  const lane = async () => {
    while (seed < leastSeeds || kills < leastKills) kills += await checkSeed(++seed, expected)
  }
  await Promise.all([lane(), lane()])
  expect(seed).toBeGreaterThanOrEqual(leastSeeds)
  expect(kills).toBeGreaterThanOrEqual(leastKills)
}, 400_000)
