// Projection. Owns the files of a run: artifacts, feedback.md, orchestration-log.md and final-output.md, made from the store alone.
//   F1. The same store gives the same bytes, so writing again changes nothing.   F2. A file is whole or absent.
//   F3. No name that a model chose leads out of the folder or stands for one of our own files.
import { isoTime } from '../runtime/clock.ts'
import { TroupeError } from '../runtime/errors.ts'
import type { RunRow, StoreReader } from '../runtime/store.ts'
import { logText } from './log-text.ts'
import { artifactFiles, feedbackName, logName, readArtifacts } from './projection-artifacts.ts'
import { type RunFacts, readFacts } from './projection-facts.ts'
import { feedbackText } from './projection-feedback.ts'
import { type Header, headerText } from './projection-header.ts'
import { type ProjectedFile, writeFiles } from './projection-write.ts'

const lowest = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.min(...values))

const modelsIn = ({ models }: RunFacts): string | null => {
  const names = [...new Set([...models.values()].flat())]
  return names.length === 0 ? null : names.join(', ')
}

const feedbackHeader = (row: RunRow, facts: RunFacts): Header => {
  const reviews = facts.finished.filter(({ purpose }) => purpose === 'review')
  const reviewers = [...new Set(reviews.map(({ agent }) => agent))]
  return {
    agent: reviewers.join(', ') || 'none',
    timestamp: facts.teams.flatMap((team) => team.reviews).at(-1)?.at ?? isoTime(row.startedAt),
    confidence: lowest(reviews.map(({ confidence }) => confidence)),
    run: row.id,
    model: modelsIn(facts),
  }
}

/** Of the whole when it is done, else the least of what was handed in. */
const confidenceOf = (row: RunRow, { teams, finished }: RunFacts): number | null =>
  teams.findLast(({ address }) => address === `${row.id}/${row.agent}`)?.complete?.confidence ??
  lowest(finished.map(({ confidence }) => confidence))

const logHeader = (row: RunRow, facts: RunFacts): Header => ({
  agent: row.agent,
  timestamp: row.endedAt === null ? (facts.lastAt ?? isoTime(row.startedAt)) : isoTime(row.endedAt),
  confidence: confidenceOf(row, facts),
  run: row.id,
  model: modelsIn(facts),
})

/** The files of a run as it stands in the store. */
export const projectRun = async (reader: StoreReader, run: string): Promise<ProjectedFile[]> => {
  const row = await reader.run(run)
  if (!row)
    throw new TroupeError('run.unknown', `there is no run "${run}" in this store; list them with runs()`, {
      place: run,
    })
  const facts = await readFacts(reader, run)
  const log = { name: logName, text: headerText(logHeader(row, facts)) + logText(row, facts) }
  const artifacts = await readArtifacts(reader, artifactFiles(run, row.agent, facts))
  const feedback = { name: feedbackName, text: headerText(feedbackHeader(row, facts)) + feedbackText(facts) }
  return [...artifacts, ...(facts.teams.length > 0 ? [feedback] : []), log]
}

/**
 * Writes the files of a run into `dir`; files that are there already with the same text are left alone. A run under way gives
 * what there is so far. Throws `run.unknown`, `store.corrupt`, and `workspace.denied` when the folder cannot be written.
 * @example const { files } = await writeRunFiles(store, 'run-42', 'artifacts/run-42')
 */
export const writeRunFiles = async (reader: StoreReader, run: string, dir: string): Promise<{ files: string[] }> => {
  const files = await projectRun(reader, run)
  await writeFiles(dir, files)
  return { files: files.map(({ name }) => name) }
}
