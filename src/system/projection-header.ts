// Projection header. Owns the front matter with which every file of a run begins, and text made fit for one line.
import { escapeText } from '../runtime/errors.ts'

export type Header = {
  agent: string
  /** ISO-8601, as recorded when the work was handed in. */
  timestamp: string
  /** 0..1; null while nothing has been handed in. */
  confidence: number | null
  run: string
  model: string | null
  task?: string
  round?: number
  score?: number
  status?: string
}

const longest = 4_000

/** Text from outside on one line: no line of it can be taken for a heading, a rule or front matter. */
export const oneLine = (text: string): string => escapeText(text.replace(/\s+/g, ' ').trim(), longest)

export const percent = (share: number): string => `${Math.round(share * 100)}%`
/** A score of 0..100. */
export const scoreText = (score: number): string => `${Math.round(score * 10) / 10}%`

/** Plain where YAML reads it as the text it is, quoted elsewhere. */
const yaml = (value: string): string =>
  /^[A-Za-z][\w./-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value)
    ? value
    : JSON.stringify(oneLine(value))

export const headerText = (header: Header): string => {
  const { agent, timestamp, confidence, run, model, task, round, score, status } = header
  const lines = [
    `agent: ${yaml(agent)}`,
    `timestamp: ${timestamp}`,
    `confidence: ${confidence === null ? 'unknown' : percent(confidence)}`,
    `run: ${yaml(run)}`,
    ...(task === undefined ? [] : [`task: ${yaml(task)}`]),
    ...(round === undefined ? [] : [`round: ${round}`]),
    ...(score === undefined ? [] : [`score: ${scoreText(score)}`]),
    ...(status === undefined ? [] : [`status: ${status}`]),
    ...(model === null ? [] : [`model: ${yaml(model)}`]),
  ]
  return `---\n${lines.join('\n')}\n---\n\n`
}
