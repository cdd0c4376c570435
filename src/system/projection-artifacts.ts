// Projection artifacts. Owns which artifacts a run has so far, under which file names, and what is said at the head of each.
import type { Artifact } from '../machines/protocol.ts'
import { TroupeError } from '../runtime/errors.ts'
import type { StoreReader } from '../runtime/store.ts'
import type { RunFacts, TeamFacts } from './projection-facts.ts'
import { type Header, headerText } from './projection-header.ts'
import { createNames, withMark } from './projection-names.ts'
import type { Finished, Scored } from './projection-notes.ts'
import type { ProjectedFile } from './projection-write.ts'

export const finalName = 'final-output.md'
export const feedbackName = 'feedback.md'
export const logName = 'orchestration-log.md'

export type ArtifactFile = { name: string; hash: string; header: Header }

/** `work.<task>.<round>` of a team; null for a request from elsewhere. */
export const plannedTask = (taskId: string): string | null => /^work\.([^.]+)\.\d+$/.exec(taskId)?.[1] ?? null

/** The verdict on a task's work in a round, if it has one. */
export const verdictOn = (team: TeamFacts | undefined, task: string | null, round: number): Scored | undefined =>
  team?.reviews.findLast(
    (review): review is Scored => review.type === 'review.scored' && review.task === task && review.round === round,
  )

const createHeads = (run: string, { models }: RunFacts) => {
  const modelOf = (address: string): string | null => models.get(address)?.join(', ') ?? null
  return (note: Finished, artifact: Artifact, team: TeamFacts | undefined): Header => {
    const task = plannedTask(note.task)
    const verdict = verdictOn(team, task, note.round)
    return {
      agent: artifact.agent,
      timestamp: note.at,
      confidence: note.confidence,
      run,
      model: modelOf(note.address),
      ...(task !== null && { task, round: note.round }),
      ...(verdict && { score: verdict.score, status: verdict.status }),
    }
  }
}

/** The files of one task: its newest version under the name its plan gave, and every version of several under its own. */
type TaskFiles = { current: ArtifactFile; versions: number }

/** Goes through what was handed in, in its order: a file that was named once keeps its name when the run goes on. */
export const artifactFiles = (run: string, rootAgent: string, facts: RunFacts): ArtifactFile[] => {
  const nameFor = createNames([finalName, feedbackName, logName])
  const head = createHeads(run, facts)
  const root = `${run}/${rootAgent}`
  const files: ArtifactFile[] = []
  const tasks = new Map<string, TaskFiles>()
  const add = (wanted: string, artifact: Artifact, header: Header): ArtifactFile => {
    const file = { name: nameFor(wanted), hash: artifact.hash, header }
    files.push(file)
    return file
  }

  const addVersion = (team: TeamFacts, note: Finished, artifact: Artifact): void => {
    const header = head(note, artifact, team)
    const id = plannedTask(note.task)
    const planned = team.delegated.find(({ task }) => task === id)
    const wanted = planned?.name ?? planned?.output ?? artifact.name
    const key = `${facts.teams.indexOf(team)}/${note.task.replace(/\.\d+$/, '')}`
    const known = tasks.get(key)
    if (!known) {
      tasks.set(key, { current: add(wanted, artifact, header), versions: 1 })
      return
    }
    const { current } = known
    if (known.versions === 1)
      add(withMark(wanted, `r${current.header.round ?? 1}`), { ...artifact, hash: current.hash }, current.header)
    add(artifact.name === wanted ? withMark(wanted, `r${note.round}`) : artifact.name, artifact, header)
    Object.assign(current, { hash: artifact.hash, header })
    known.versions += 1
  }

  const teamOf = (note: Finished): TeamFacts | undefined => facts.teams.find(({ finished }) => finished.includes(note))

  for (const note of facts.finished) {
    const team = teamOf(note)
    const [first, ...others] = note.artifacts
    if (!first) continue
    if (team && note.purpose === 'work') addVersion(team, note, first)
    else if (note.purpose === 'synthesise' && team?.address === root)
      files.push({ name: finalName, hash: first.hash, header: head(note, first, team) })
    else add(first.name, first, head(note, first, team))
    for (const other of others) add(other.name, other, head(note, other, team))
  }
  return [...files, ...leftOver(run, root, facts, files, add)]
}

/** What the whole handed in and no agent under that name: the work of a team within the team, and the end of one without a lead. */
const leftOver = (
  run: string,
  root: string,
  { teams }: RunFacts,
  files: readonly ArtifactFile[],
  add: (wanted: string, artifact: Artifact, header: Header) => ArtifactFile,
): ArtifactFile[] => {
  const complete = teams.findLast(({ address }) => address === root)?.complete
  if (!complete) return []
  const headerOf = (artifact: Artifact): Header => ({
    agent: artifact.agent,
    timestamp: complete.at,
    confidence: complete.confidence,
    run,
    model: null,
  })
  for (const artifact of complete.artifacts)
    if (!files.some(({ hash }) => hash === artifact.hash)) add(artifact.name, artifact, headerOf(artifact))
  const last = complete.artifacts.at(-1)
  if (!last || files.some(({ name }) => name === finalName)) return []
  return [{ name: finalName, hash: last.hash, header: headerOf(last) }]
}

const isMarkdown = (name: string): boolean => /\.(md|markdown)$/i.test(name)

/** The text of each; only markdown can carry a header, anything else stands as it was handed in. */
export const readArtifacts = (reader: StoreReader, files: readonly ArtifactFile[]): Promise<ProjectedFile[]> =>
  Promise.all(
    files.map(async ({ name, hash, header }) => {
      const text = await reader.blob(hash)
      if (text === null)
        throw new TroupeError('store.corrupt', `the store has no artifact ${hash}; restore the store from a copy`, {
          place: hash,
        })
      return { name, text: isMarkdown(name) ? headerText(header) + text : text }
    }),
  )
