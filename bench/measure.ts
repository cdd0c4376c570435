// Measure. Owns figures and their error bars: a unit of work repeated, its median, its spread.
//   B1. Each repetition is a figure of its own; what is shown is the median with the least and the greatest beside it.
//   B2. Processor time is that of the whole process, threads included: it is steadier than the clock on a busy machine.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Figure = { median: number; min: number; max: number; n: number }

const rounded = (value: number): number => Number(value.toPrecision(4))

/** Median, least and greatest of some repetitions. */
export const figure = (values: readonly number[]): Figure => {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1]!
  const lower = sorted[(sorted.length - 1) >> 1]!
  return {
    median: rounded((lower + upper) / 2),
    min: rounded(sorted[0]!),
    max: rounded(sorted.at(-1)!),
    n: sorted.length,
  }
}

/** Many measurements of the same names, as one figure for each name. */
export const figures = (repetitions: readonly Record<string, number>[]): Record<string, Figure> =>
  Object.fromEntries(Object.keys(repetitions[0]!).map((name) => [name, figure(repetitions.map((one) => one[name]!))]))

export type Spent = { ms: number; cpuMs: number }

/** How long `work` took, by the clock and by the processor. */
export const timed = async (work: () => Promise<unknown> | unknown): Promise<Spent> => {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { ms, cpuMs: (user + system) / 1000 }
}

/** Runs `work` with a folder on a real disk that is gone afterwards. */
export const inFolder = async <Result>(work: (folder: string) => Promise<Result>): Promise<Result> => {
  const folder = mkdtempSync(join(process.env.TROUPE_BENCH_DIR ?? tmpdir(), 'troupe-bench-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Bytes of a store file; call it after the store was closed, so that its WAL is in it. */
export const fileBytes = (file: string): number => statSync(file).size
