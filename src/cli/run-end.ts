// Run end. Owns what is said when a run is over: what was made, where, how good, how long, what it cost, how to look further.
import { escapeText } from '../runtime/errors.ts'
import type { RunResult } from '../system/run-result.ts'
import { exitFor, exits } from './exit.ts'
import type { Host } from './host.ts'
import { spentText } from './narrate.ts'
import { failureLine } from './report-error.ts'
import { here, typed } from './stored.ts'
import { createStyle, type Style } from './style.ts'
import { bytes, duration, percent, plural, table, wrap } from './text.ts'
import { type RunView, refinements, type Spent, spentOf } from './view.ts'

export type RunEnd = { result: RunResult; quality: number | null; refinements: number; spent: Spent; view: RunView }

export const endOf = (result: RunResult, view: RunView): RunEnd => ({
  result,
  quality: view.quality,
  refinements: refinements(view),
  spent: spentOf(view),
  view,
})

export type EndOptions = {
  json: boolean
  /** Who answered. */
  model: string | null
  dir: string
  files: readonly string[]
  log: string | null
  store: string
}

const limitCodes = ['budget.exceeded', 'run.timeout']

/** A team fails with `run.failed` when its members ran into a limit. */
const exitOf = ({ result, view }: RunEnd): number => {
  if (result.status === 'complete') return exits.ok
  return view.failures.some((code) => limitCodes.includes(code)) ? exits.limit : exitFor(result.failure)
}

/** The last line of `--json`. It stands where an event would: with the number of the last one. */
export const resultLine = (end: RunEnd, { model, dir, files, log }: EndOptions): string => {
  const { id, ...result } = end.result
  const { quality, refinements, spent } = end
  const common = { seq: end.view.last?.seq ?? 0, at: result.endedAt, type: 'result', run: id, address: id }
  return `${JSON.stringify({ ...common, ...result, quality, refinements, spent, model, dir, files, log })}\n`
}

const outputText = (output: unknown): string => (typeof output === 'string' ? output : JSON.stringify(output, null, 2))

/** Below this many columns a line says the one thing that matters. */
const roomy = 60

const madeLines = (host: Host, { result }: RunEnd, { dir, files }: EndOptions): string[] => {
  const byName = new Map(result.artifacts.map((artifact) => [artifact.name, artifact]))
  const shown = files.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b))
  const rows = shown.map((name) => {
    const artifact = byName.get(name)
    const about = artifact && host.screen.columns() >= roomy ? [artifact.agent, bytes(artifact.bytes)] : []
    return [`  ${name}`, ...about]
  })
  return [`${here(host, dir)}/`, ...table(rows)]
}
const rank = (name: string): number => (name === 'final-output.md' ? 0 : 1)

const headLines = (
  { result, quality, refinements, view }: RunEnd,
  style: Style,
  lines: (text: string) => string[],
): string[] => {
  const took = duration(Date.parse(result.endedAt) - Date.parse(result.startedAt))
  if (result.status !== 'complete') {
    const done = [...view.tasks.values()].filter(({ state }) => state === 'done').length
    const part = view.tasks.size > 0 ? `, ${done} of ${view.tasks.size} tasks were done` : ''
    return lines(`${result.status === 'cancelled' ? 'Cancelled' : 'Failed'} after ${took}${part}.`).map(style.bad)
  }
  const good = quality === null ? '' : `: quality ${Math.round(quality)}/100`
  const again = refinements === 0 ? '' : ` after ${plural(refinements, 'refinement')}`
  return lines(`Done in ${took}${good}${again}, ${percent(result.confidence)} sure.`).map(style.good)
}

const furtherLines = (host: Host, id: string, { log, store }: EndOptions): string[] => {
  const rows = [
    ['show', 'what was planned and done'],
    ['calls', 'every call, its tokens and cost'],
    ['events', 'everything that happened'],
  ].map(([command, what]) => [`  ${typed(host, command!, id, store)}`, what!])
  const all = log === null ? rows : [...rows, [`  ${here(host, log)}`, 'the log']]
  return table(host.screen.columns() >= roomy ? all : all.map(([first]) => [first!]))
}

/** Everything for people, as lines. */
export const endLines = (host: Host, end: RunEnd, options: EndOptions): string[] => {
  const style = createStyle(host.screen.colour)
  const { result } = end
  const lines = (text: string, indent = '') =>
    wrap(text, Math.max(10, host.screen.columns() - 1 - indent.length)).map((line) => `${indent}${line}`)
  const failure = result.status === 'complete' ? [] : [failureLine(result.failure)]
  const summary = result.status === 'complete' ? lines(result.summary, '  ') : []
  const issues = result.issues.flatMap(({ severity, text }) => lines(`${severity}: ${text}`, '  ').map(style.fair))
  const by = options.model === null ? '' : `, by ${options.model}`
  return [
    '',
    ...headLines(end, style, lines),
    ...failure,
    ...summary,
    ...issues,
    '',
    ...madeLines(host, end, options),
    '',
    ...lines(`${spentText(end.spent)}${by}`),
    'Look further:',
    ...furtherLines(host, result.id, options).map(style.faint),
  ]
}

const longestShown = 20

/** On a terminal a long result is in its file; anywhere else it is the data. */
const dataOf = (host: Host, { result }: RunEnd): string => {
  if (result.status !== 'complete') return ''
  const text = outputText(result.output)
  const isLong = text.split('\n').length > longestShown
  return host.outIsTerminal && isLong ? '' : `${host.outIsTerminal ? shownText(text) : text}\n`
}

/** A model's words on a terminal: control characters are shown, lines stay lines. */
const shownText = (text: string): string =>
  text
    .split('\n')
    .map((line) => escapeText(line, 10_000))
    .join('\n')

/** Says how it ended; gives the exit code. */
export const tellEnd = (host: Host, end: RunEnd, options: EndOptions): number => {
  if (options.json) host.out(resultLine(end, options))
  else {
    host.out(dataOf(host, end))
    host.err(`${endLines(host, end, options).join('\n')}\n`)
  }
  return exitOf(end)
}
