// The command, killed again and again until its run is done. Counted from what it printed and from what its store holds.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { seededRandom } from '../../src/runtime/random.ts'
import { sqliteReader } from '../../src/stores/sqlite.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const input = join(root, 'test/fixtures/input')
const task = 'Explain how durable execution survives a crash, for engineers'

type Line = { type: string; call?: string; attempt?: number; output?: string; status?: string }
type Life = { lines: Line[]; code: number | null }

/** One life of the command; killed `after` ms after its first event, or left alone when null. */
const live = (folder: string, seed: number, after: number | null): Promise<Life> =>
  new Promise((resolve, reject) => {
    const args = [
      'src/cli/main.ts',
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
      cwd: root,
      env: { ...process.env, TROUPE_LOG_DIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
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
    const life = await live(folder, seed, 20 + Math.floor(random.next() * 160))
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

const seeds = Array.from({ length: 10 }, (_, index) => index + 1)

test('C17: killed at random moments until it is done, a run gives the same output and makes no completed call again', async () => {
  const folders: string[] = []
  const fresh = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'troupe-kill-'))
    folders.push(folder)
    return folder
  }
  try {
    const calm = await live(await fresh(), 1, null)
    expect(calm.code).toBe(0)
    const expected = resultOf(calm).output
    expect(expected?.length).toBeGreaterThan(500)
    let kills = 0
    for (const seed of seeds) {
      const folder = await fresh()
      const done = await killUntilDone(folder, seed)
      kills += done.kills
      expect(resultOf(done.lives.at(-1)!).output, `seed ${seed}`).toBe(expected)
      expect(startsAfterCompletion(done.lives), `seed ${seed}`).toEqual([])
      const final = (await outcomesIn(folder)).filter(({ status }) => status === 'done')
      expect(new Set(final.map(({ call }) => call)).size, `seed ${seed}: no call is done twice`).toBe(final.length)
      expect(await readFile(join(folder, 'out', 'final-output.md'), 'utf8')).toContain('## ')
    }
    expect(kills).toBeGreaterThanOrEqual(50)
  } finally {
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
  }
}, 300_000)
