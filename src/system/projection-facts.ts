// Projection facts. Owns what the events of a run say of it, put in order: its teams, what each was told, made and scored.
import type { StoreReader } from '../runtime/store.ts'
import { readEvents } from './event-stream.ts'
import type {
  Complete,
  Delegated,
  Failed,
  Finished,
  Planned,
  RunNote,
  Scored,
  Started,
  Unreviewed,
} from './projection-notes.ts'
import { readNote } from './projection-notes.ts'

type Trouble = Extract<RunNote, { type: 'task.failed-over' | 'task.given-up' | 'task.skipped' }> | Failed

/** One piece of work of one team, from its plan to its end. */
export type TeamFacts = {
  /** The orchestrator's. */
  address: string
  plan: Planned | null
  delegated: Delegated[]
  started: Started[]
  finished: Finished[]
  reviews: (Scored | Unreviewed)[]
  /** Tasks that are over and were done. */
  done: string[]
  troubles: Trouble[]
  complete: Complete | null
}

export type RunFacts = {
  /** In the order in which they began. */
  teams: TeamFacts[]
  /** What every agent began and handed in, in a team or not. */
  started: Started[]
  finished: Finished[]
  failed: Failed[]
  /** Names of the models that answered, by the address of who asked. */
  models: Map<string, string[]>
  /** When something last happened; null before anything has. */
  lastAt: string | null
}

const newTeam = (address: string): TeamFacts => ({
  address,
  plan: null,
  delegated: [],
  started: [],
  finished: [],
  reviews: [],
  done: [],
  troubles: [],
  complete: null,
})

const parentOf = (address: string): string => address.slice(0, Math.max(0, address.lastIndexOf('/')))

/** An orchestrator may be given work again: a plan that comes after a plan begins the next. */
const createTeams = () => {
  const teams: TeamFacts[] = []
  const latest = new Map<string, TeamFacts>()
  const begin = (address: string): TeamFacts => {
    const team = newTeam(address)
    teams.push(team)
    latest.set(address, team)
    return team
  }
  const planning = (address: string): TeamFacts => {
    const team = latest.get(address)
    return team && team.plan === null ? team : begin(address)
  }
  return { teams, planning, at: (address: string) => latest.get(address) }
}
type Teams = ReturnType<typeof createTeams>

const keepMemberNote = (note: Started | Finished | Failed, facts: RunFacts, teams: Teams): void => {
  const address = parentOf(note.address)
  if (note.type === 'task.started') {
    facts.started.push(note)
    const team = note.purpose === 'plan' ? teams.planning(address) : teams.at(address)
    team?.started.push(note)
  } else if (note.type === 'task.finished') {
    facts.finished.push(note)
    teams.at(address)?.finished.push(note)
  } else {
    facts.failed.push(note)
    teams.at(address)?.troubles.push(note)
  }
}

const keepTeamNote = (note: Exclude<RunNote, Started | Finished | Failed>, teams: Teams): void => {
  if (note.type === 'plan.ready') {
    teams.planning(note.address).plan = note
    return
  }
  const team = teams.at(note.address)
  if (!team) return
  switch (note.type) {
    case 'task.assigned':
    case 'task.refining':
      team.delegated.push(note)
      break
    case 'review.scored':
    case 'review.failed':
      team.reviews.push(note)
      break
    case 'task.done':
      team.done.push(note.task)
      break
    case 'work.complete':
      team.complete = note
      break
    default:
      team.troubles.push(note)
  }
}

const isOfMember = (note: RunNote): note is Started | Finished | Failed =>
  note.type === 'task.started' || note.type === 'task.finished' || note.type === 'task.failed'

const keepModel = (models: Map<string, string[]>, address: string, name: string): void => {
  const known = models.get(address) ?? []
  if (!known.includes(name)) models.set(address, [...known, name])
}

/** Reads a run's events from its first to its last. */
export const readFacts = async (reader: StoreReader, run: string): Promise<RunFacts> => {
  const teams = createTeams()
  const facts: RunFacts = {
    teams: teams.teams,
    started: [],
    finished: [],
    failed: [],
    models: new Map(),
    lastAt: null,
  }
  for await (const event of readEvents(reader, { run })) {
    facts.lastAt = facts.lastAt === null || event.at > facts.lastAt ? event.at : facts.lastAt
    if (event.type === 'call.completed' && event.kind === 'model') keepModel(facts.models, event.address, event.name)
    const note = event.type === 'actor.emitted' ? readNote(event) : null
    if (note === null) continue
    if (isOfMember(note)) keepMemberNote(note, facts, teams)
    else keepTeamNote(note, teams)
  }
  return facts
}
