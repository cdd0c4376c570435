// Kind. Owns what sort of document a task asks for, for whom, and under which title.
import type { Job } from './job.ts'
import { statementsOf, subjectOf } from './job.ts'
import { capitalise, clip, keywordsOf } from './words.ts'

export type Kind = 'tutorial' | 'guide' | 'reference' | 'report'

/** The task's own word for it; a question of how is answered by a guide, anything else by a report. */
export const kindOf = (job: Job): Kind => {
  const text = statementsOf(job).join('\n')
  const named =
    /\b(tutorial|guide|reference|report)\b/i.exec(subjectOf(job)) ?? /\b(tutorial|guide|reference|report)\b/i.exec(text)
  if (named) return named[1]!.toLowerCase() as Kind // one of the four, by the pattern
  return /\bhow\b/i.test(text) ? 'guide' : 'report'
}

export const audienceOf = (job: Job): string => {
  const named = job.input.values.audience
  if (typeof named === 'string' && named) return named
  const text = statementsOf(job).join('\n')
  const match =
    /\baudience:?\s+([^\n.;]{3,60})/i.exec(text) ??
    /\bfor ((?:[\p{L}-]+ ){0,3}(?:beginners|developers|engineers|experts|managers|newcomers|operators|people|readers|students|teams|users))\b/iu.exec(
      text,
    )
  return match?.[1]?.trim() ?? 'readers of the given files'
}

const lead =
  /^(?:please\s+)?(?:(?:research|read|analyse|analyze|study|investigate)\b[^.]{0,60}?\band\s+)?(?:write|create|make|produce|prepare|draft|compose)\s+(?:me\s+|us\s+)?(?:an?\s+|the\s+)?(?:[\p{L}-]+\s+){0,3}?(?:tutorial|guide|reference|report|document|article|overview|summary)\b\s*(?:(?:on|about|of|to|for|explaining|describing|that\s+(?:explains|describes))\b\s*)?/iu

/** The text without the words that ask for the work. */
export const withoutLead = (subject: string): string =>
  subject
    .trim()
    .replace(lead, '')
    .replace(/^(?:please\s+)?(?:explain|describe)\s+/i, '')

/** The subject without the words that ask for the work, up to its questions: “Write a guide to the store: how it …” is titled “The store”. */
export const titleOf = (job: Job): string => {
  const subject = subjectOf(job).trim().split('\n')[0]!
  const rest = withoutLead(subject).split(/[.;?!]\s/)[0]!
  const [topic, detail] = rest.split(/:\s+/)
  const named = detail !== undefined && keywordsOf(topic!).length > 0 ? topic! : rest
  const title = clip((named.trim() || subject).replace(/^[:,\s]+|[.?!:\s]+$/g, ''), 80)
  return capitalise(title || 'Untitled')
}
