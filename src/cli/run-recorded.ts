// Run recorded. Owns a run that ended before: its result as the store has it. Nothing is called, nothing is locked.
import { resolve } from 'node:path'
import { escapeText, TroupeError } from '../runtime/errors.ts'
import type { RunRow, StoreReader } from '../runtime/store.ts'
import { readEvents } from '../system/event-stream.ts'
import { writeRunFiles } from '../system/projection.ts'
import { type RunResult, readResult } from '../system/run-result.ts'
import type { Host } from './host.ts'
import { endOf, type RunEnd, tellEnd } from './run-end.ts'
import { aboutRun, withReader } from './stored.ts'
import { emptyView, fold } from './view.ts'

/** The result of an ended run, from a reader alone. */
export const recordedResult = (reader: StoreReader, row: RunRow): Promise<RunResult> =>
  readResult(row, async ({ hash }) => {
    const text = await reader.blob(hash)
    if (text === null) throw new TroupeError('store.corrupt', `the store has no artifact ${hash}`, { place: hash })
    return text
  })

/** The picture of a run as its events give it. */
export const viewOf = async (reader: StoreReader, run: string) => {
  const view = emptyView()
  for await (const event of readEvents(reader, { run })) fold(view, event)
  return view
}

export const recordedEnd = async (reader: StoreReader, row: RunRow): Promise<RunEnd> =>
  endOf(await recordedResult(reader, row), await viewOf(reader, row.id))

/** Prints what a run came to, long after; gives the exit code it had. */
export const showRecorded = (
  host: Host,
  store: string,
  row: RunRow,
  { json = false, out }: { json?: boolean; out?: string },
): Promise<number> =>
  withReader(store, async (reader) => {
    host.err(`troupe: run ${escapeText(row.id)} ended before; this is its recorded result\n`)
    const { about } = aboutRun(row)
    const dir = resolve(host.cwd(), out ?? about.out ?? `artifacts/${row.id}`)
    const { files } = await writeRunFiles(reader, row.id, dir)
    return tellEnd(host, await recordedEnd(reader, row), {
      json,
      model: about.label ?? null,
      dir,
      files,
      log: null,
      store,
    })
  })
