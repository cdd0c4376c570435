// Question. Owns the answer to someone who asks an agent something: one or two sentences from what the conversation holds.
import type { ModelRequest } from '../../runtime/model.ts'
import { cite, quotable } from './citations.ts'
import { exchangesOf } from './procedure.ts'
import { citedPath, linesOf, type Match, matchesOf } from './results.ts'
import { clip, count, keywordsIn, keywordsOf } from './words.ts'

export const questionIn = ({ task }: ModelRequest): string | undefined => {
  const question = typeof task === 'object' && task !== null && 'question' in task ? task.question : undefined
  return typeof question === 'string' ? question : undefined
}

const seenLines = (request: ModelRequest): { lines: Match[]; files: number } => {
  const exchanges = exchangesOf(request.messages)
  const read = exchanges.filter(({ use, outcome }) => use.name === 'Read' && !outcome.isError)
  const readLines = read.flatMap(({ use, outcome }) => {
    const path = citedPath(String(use.input.path))
    return [...linesOf(outcome)].map(([line, text]) => ({ path, line, text }))
  })
  const found = exchanges.filter(({ use }) => use.name === 'Grep').flatMap(({ outcome }) => matchesOf(outcome))
  return { lines: [...readLines, ...found], files: new Set(read.map(({ use }) => String(use.input.path))).size }
}

const firstWords = ({ messages }: ModelRequest): string => {
  const block = messages.find(({ role }) => role === 'user')?.content.find(({ type }) => type === 'text')
  const text = block?.type === 'text' ? block.text : ''
  const line = /^\s*task:\s*(.+)$/im.exec(text)?.[1] ?? text.split('\n').find((one) => /^[^#\s]/.test(one)) ?? ''
  return clip(line.trim(), 120)
}

export const answerTo = (question: string, request: ModelRequest): string => {
  const { lines, files } = seenLines(request)
  const keywords = keywordsOf(question)
  const fits = lines
    .filter(({ text }) => !/^\s*#/.test(text))
    .map((line) => ({ line, held: keywordsIn(line.text, keywords).length }))
  const best = fits.reduce<(typeof fits)[number] | undefined>(
    (top, one) => (one.held > (top?.held ?? 0) ? one : top),
    undefined,
  )
  const work = firstWords(request)
  const state = `I am ${request.caller.name}${work ? `, working on: ${work}` : ''}; I have read ${count(files, 'file')} so far.`
  if (!best)
    return `${state} Nothing I have read answers that in its own words (I work by rules, I am not a language model).`
  return `${state} The closest I have read: ${cite({ quote: quotable(best.line.text), path: best.line.path, line: best.line.line })}.`
}
