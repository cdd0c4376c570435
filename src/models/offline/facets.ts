// Facets. Owns the parts of a task's subject: the questions it puts, or the things it lists. What is made then follows them.
import { type Job, subjectOf } from './job.ts'
import { audienceOf, withoutLead } from './kind.ts'
import { capitalise, clip, type Keyword, keywordsOf } from './words.ts'

/** `title` as a heading. */
export type Facet = { title: string; keywords: readonly Keyword[] }

const asking = /^(?:and\s+)?(?:how|what|when|why|which|who|where|whether)\b/i
/** Between the questions of one sentence. */
const between = /[,;]\s+(?:and\s+)?|\s+and\s+(?=(?:how|what|when|why|which|who|where|whether)\b)/i
const mostFacets = 6
const wordsInItem = 6

const clean = (part: string): string =>
  part
    .trim()
    .replace(/^(?:and|or|also|then|the|an?)\s+/i, '')
    .replace(/[.?!:,;\s]+$/, '')

const asksFor =
  /^\s*(?:please\s+)?(?:explain|describe|discuss|show|tell|cover|treat|compare|include|including|covering)\s+/i

/** A part that does not ask belongs to the question before it: “how it starts, stops and rests”. */
const questionsIn = (sentence: string): string[] => {
  const questions: string[] = []
  for (const part of sentence.replace(asksFor, '').split(between)) {
    if (asking.test(part.trim())) questions.push(part)
    else if (questions.length > 0) questions.push(`${questions.pop()}, ${part}`)
  }
  return questions
}

/** Three things or more with commas between are a list: “timers, messages and calls”. */
const listIn = (sentence: string): string[] => {
  const items = sentence
    .replace(asksFor, '')
    .split(/,\s*(?:and\s+|or\s+)?|\s+and\s+/)
    .map(clean)
    .filter(Boolean)
  const short = items.every((item) => item.split(/\s+/).length <= wordsInItem)
  return sentence.includes(',') && items.length >= 3 && short ? items : []
}

const partsOf = (sentence: string): string[] => {
  const questions = questionsIn(sentence)
  return questions.length > 0 ? questions : listIn(sentence)
}

/** The facets of a task; none when it puts one question only. */
export const facetsOf = (job: Job): Facet[] => {
  const subject = withoutLead(subjectOf(job).replaceAll(`for ${audienceOf(job)}`, ' '))
  const sentences = subject.split(/(?<=[.?!;:])\s+/)
  const found = new Map<string, Facet>()
  for (const part of sentences.flatMap(partsOf)) {
    const title = clip(capitalise(clean(part)), 70)
    const keywords = keywordsOf(part, 6)
    if (keywords.length > 0 && !found.has(title.toLowerCase())) found.set(title.toLowerCase(), { title, keywords })
  }
  const facets = [...found.values()].slice(0, mostFacets)
  return facets.length >= 2 ? facets : []
}

/** The words of the whole subject: those of its facets first. */
export const keywordsWith = (facets: readonly Facet[], own: readonly Keyword[]): Keyword[] => [
  ...new Map(
    [...facets.flatMap(({ keywords }) => keywords), ...own].map((keyword) => [keyword.stem, keyword]),
  ).values(),
]
