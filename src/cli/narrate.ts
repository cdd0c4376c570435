// Narrate. Owns the lines that tell a run's story: the plan, what was handed in, every review, and what went wrong.
import type { TroupeEvent } from '../runtime/events.ts'
import type { Style } from './style.ts'
import { clip, count, money, pad, percent, plural, table, wrap } from './text.ts'
import { type Note, noteOf, type RunView, type TaskView, taskOf, workOf } from './view.ts'

export type Told = {
  style: Style
  columns: number
  /** Whether to tell what the live lines do not show: beginnings. */
  full: boolean
}

const word = 8

/** A word on the left, and the text beside it, line by line. */
const beside = (name: string, text: string, columns: number): string[] =>
  wrap(text, Math.max(8, columns - word - 1)).map((line, index) => pad(index === 0 ? name : '', word) + line)

const standing = ({ state, score }: TaskView): string =>
  state === 'waiting' ? '' : score === null ? state : `${state}, ${score}/100`

/** The plan, and how far each task has come. */
export const planLines = (view: RunView, { style, columns }: Omit<Told, 'full'>): string[] => {
  const tasks = [...view.tasks.values()]
  const rows = table(
    tasks.map((task) => [
      task.id,
      task.agent ?? 'anyone',
      task.priority,
      task.dependencies.length > 0 ? `after ${task.dependencies.join(', ')}` : '',
      standing(task),
    ]),
  )
  return [
    `${style.strong('Plan')}  ${clip(view.objective ?? '', columns - 7)}`,
    ...rows.map((row) => `  ${clipRow(row, columns - 3)}`),
  ]
}

/** A row keeps its spaces; `clip` would close them up. */
const clipRow = (row: string, width: number): string => {
  const letters = [...row]
  return letters.length <= width ? clipped(row) : `${clipped(letters.slice(0, Math.max(0, width - 1)).join(''))}…`
}
const clipped = (row: string): string =>
  row
    .split(/( +)/)
    .map((part) => (part.trim() === '' ? part : clip(part, 400)))
    .join('')

const longestIssue = 160

const reviewLines = (note: Note, { style, columns }: Told): string[] => {
  const approved = note.status === 'APPROVED'
  const score = `${note.score ?? 0}/100`
  const verdict = approved ? 'approved' : 'needs refinement'
  const head = `${pad('review', word)}${score}  ${note.task}${note.round > 1 ? `, round ${note.round}` : ''}: ${verdict}`
  const colour = approved ? style.good : style.fair
  const issues = approved ? [] : note.issues.slice(0, 3)
  return [
    colour(clipRow(head, columns - 1)),
    ...issues.flatMap(({ severity, text }) => beside('', clip(`${severity}: ${text}`, longestIssue), columns)),
  ]
}

const finishedLine = (note: Note, { columns }: Told): string => {
  const sure = note.confidence === null ? '' : ` (${percent(note.confidence)} sure)`
  const who = `${pad('done', word)}${note.agent}, ${workOf(note)}: `
  const room = columns - 1 - who.length - sure.length
  return room < 12 ? clipRow(who.trimEnd().replace(/:$/, ''), columns - 1) : `${who}${clip(note.summary, room)}${sure}`
}

const noteLines = (view: RunView, note: Note, told: Told): string[] => {
  const { style, columns, full } = told
  const bad = (name: string, text: string) => beside(name, text, columns).map(style.bad)
  switch (note.type) {
    case 'plan.ready':
      return planLines(view, told)
    case 'task.started':
      return full ? [clipRow(`${pad('begins', word)}${note.agent}, ${workOf(note)}`, columns - 1)] : []
    case 'task.finished':
      return note.purpose === 'review' || note.purpose === 'plan' ? [] : [finishedLine(note, told)]
    case 'review.scored':
      return reviewLines(note, told)
    case 'review.failed':
      return bad('review', `${note.task}: failed: ${note.code}: ${note.message}`)
    case 'task.failed':
      return bad('failed', `${note.agent}, ${taskOf(note.task)}: ${note.code}: ${note.message}`)
    case 'task.failed-over':
      return bad('moved', `${note.task} goes from ${note.from} to someone else: ${note.code}`)
    case 'task.given-up':
      return bad('dropped', `${note.task} was given up: ${note.code}`)
    case 'task.skipped':
      return bad('dropped', `${note.task} was passed over, since what it needs failed`)
    case 'task.done':
      return note.below ? [style.fair(`${pad('taken', word)}${note.task}, although below the threshold`)] : []
    default:
      return []
  }
}

/** What people are told of an event, after it was folded into the view; mostly nothing. */
export const narrate = (view: RunView, event: TroupeEvent, told: Told): string[] => {
  const note = noteOf(event)
  if (note) return noteLines(view, note, told)
  const { style, columns } = told
  const who = event.address.slice(event.run.length + 1)
  const warn = (name: string, text: string) => beside(name, text, columns).map(style.fair)
  switch (event.type) {
    case 'call.retrying':
      return warn('again', `${who}: attempt ${event.attempt} of ${event.name} failed: ${errorText(event.error)}`)
    case 'call.interrupted':
      return warn('again', `${who}: ${event.name} was under way when the process ended`)
    case 'call.parked':
      return warn('waits', `${who}: ${event.name} was under way when the process ended; a person must decide`)
    case 'message.dead':
      return warn('dead', `a message to ${event.target} was not taken: ${event.reason}`)
    default:
      return []
  }
}

const errorText = (error: unknown): string => {
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
  return `${code ?? 'failed'}: ${message ?? ''}`
}

/** `24 model calls, 32 tool calls, 126k tokens in, 7.5k out, $0.00`. */
export const spentText = (spent: {
  calls: number
  toolCalls: number
  inputTokens: number
  outputTokens: number
  usd: number | null
}): string =>
  [
    plural(spent.calls, 'model call'),
    plural(spent.toolCalls, 'tool call'),
    `${count(spent.inputTokens)} tokens in`,
    `${count(spent.outputTokens)} out`,
    money(spent.usd),
  ].join(', ')
