// Stored. Owns looking into a store without taking it: other processes may own it and go on.
import { relative, resolve } from 'node:path'
import { z } from 'zod'
import { TroupeError } from '../runtime/errors.ts'
import type { RunRow, StoreReader } from '../runtime/store.ts'
import { nearest } from '../runtime/suggest.ts'
import { describeStore, sqliteReader } from '../stores/sqlite.ts'
import type { Host } from './host.ts'

export const defaultStore = '.troupe/troupe.db'

/** The path of the store that was named, absolute. */
export const storePath = (cwd: string, given: string | undefined): string => resolve(cwd, given ?? defaultStore)

/** A reader, or null when there is no store yet. */
export const lookInto = async (file: string): Promise<StoreReader | null> =>
  (await describeStore(file)).exists ? sqliteReader(file) : null

/** Runs `read` over the store; throws `store.invalid` when there is none. */
export const withReader = async <Result>(
  file: string,
  read: (reader: StoreReader) => Promise<Result>,
): Promise<Result> => {
  const reader = await lookInto(file)
  if (!reader)
    throw new TroupeError(
      'store.invalid',
      'there is no store here yet; start a run first, or name one with --store <file>',
      { place: file },
    )
  try {
    return await read(reader)
  } finally {
    await reader.close()
  }
}

/** A command on a run of this store, as it is typed here. */
export const typed = (host: Pick<Host, 'command' | 'cwd'>, command: string, run: string, store: string): string => {
  const named = store === storePath(host.cwd(), undefined) ? '' : ` --store ${here(host, store)}`
  return `${host.command} ${command} ${run}${named}`
}

/** A path as one would type it here. */
export const here = (host: Pick<Host, 'cwd'>, path: string): string => {
  const short = relative(host.cwd(), path)
  return short.startsWith('..') ? path : short
}

/** The row of a run. Throws `run.unknown`, with the nearest id. */
export const findRun = async (reader: StoreReader, id: string): Promise<RunRow> => {
  const row = await reader.run(id)
  if (row) return row
  const near = nearest(
    id,
    (await reader.runs()).map((run) => run.id),
  )
  throw new TroupeError(
    'run.unknown',
    `there is no run "${id}"; ${near ? `did you mean "${near}"?` : 'list them with `troupe runs`'}`,
    { place: id },
  )
}

const optionsSchema = z.object({
  input: z.string().nullable().catch(null),
  about: z
    .object({
      agents: z.string().optional(),
      model: z.string().optional(),
      /** What the model says of itself. */
      label: z.string().optional(),
      out: z.string().optional(),
      maxRounds: z.number().optional(),
    })
    .catch({}),
})
export type RunAbout = z.infer<typeof optionsSchema>

/** What the command noted when it started the run. */
export const aboutRun = (row: Pick<RunRow, 'options'>): RunAbout => {
  const about = optionsSchema.safeParse(JSON.parse(row.options)).data
  return about ?? { input: null, about: {} }
}

const taskSchema = z.object({ description: z.string(), qualityThreshold: z.number().optional() })

/** The words of a run's task. */
export const taskOfRun = (row: Pick<RunRow, 'task'>): { description: string; quality: number | null } => {
  const task = taskSchema.safeParse(JSON.parse(row.task)).data
  return { description: task?.description ?? row.task, quality: task?.qualityThreshold ?? null }
}
