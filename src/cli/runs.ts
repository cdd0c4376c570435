// Runs command. Owns `troupe runs`: what a store holds, newest last.
import { isoTime } from '../runtime/clock.ts'
import { escapeText } from '../runtime/errors.ts'
import type { RunRow } from '../runtime/store.ts'
import type { Host } from './host.ts'
import { aboutRun, storePath, taskOfRun, withReader } from './stored.ts'
import { clip, duration, table } from './text.ts'

const runJson = (row: RunRow) => ({
  id: row.id,
  agent: row.agent,
  status: row.status,
  task: taskOfRun(row).description,
  startedAt: isoTime(row.startedAt),
  endedAt: row.endedAt === null ? null : isoTime(row.endedAt),
  model: aboutRun(row).about.model ?? null,
})

const shortTime = (at: number): string => isoTime(at).slice(0, 16).replace('T', ' ')

/** Carries out `troupe runs`. */
export const runRuns = (host: Host, { store, json = false }: { store?: string; json?: boolean }): Promise<number> =>
  withReader(storePath(host.cwd(), store), async (reader) => {
    const rows = await reader.runs()
    if (json) {
      for (const row of rows) host.out(`${JSON.stringify(runJson(row))}\n`)
      return 0
    }
    if (rows.length === 0) host.err('no runs yet; start one with: troupe run "<your task>"\n')
    const lines = table(
      rows.map((row) => [
        escapeText(row.id),
        row.status,
        shortTime(row.startedAt),
        row.endedAt === null ? '' : duration(row.endedAt - row.startedAt),
        clip(taskOfRun(row).description, 60),
      ]),
    )
    host.out(lines.map((line) => `${line}\n`).join(''))
    return 0
  })
