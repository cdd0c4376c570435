// Finding. Owns one thing found in the input: its quotations, its theme, and what rules may say of how far to trust it.
import { cite, placeOf, quotationsIn } from './citations.ts'
import type { Candidate } from './evidence.ts'
import { firstSentence, type Quotation } from './passages.ts'
import { isProse, plain } from './sentences.ts'
import { capitalise, clip, headline } from './words.ts'

export type { Quotation } from './passages.ts'

export type Finding = {
  title: string
  /** The section of its file it stands under, or ''. */
  section: string
  theme: string
  quotations: readonly Quotation[]
  credibility: 'High' | 'Medium' | 'Low'
  confidence: number
}

export const evidenceOf = ({ quotations }: Finding): string => quotations.map(cite).join(' ')
export const sourceOf = ({ quotations }: Finding): string => quotations[0]!.path
export const placeIn = ({ quotations }: Finding): string => placeOf(quotations[0]!)
export const placesOf = ({ quotations }: Finding): string[] => quotations.map(placeOf)

/** Sections that every document has: a theme of the same name would be taken for them. */
const taken =
  /^(table of contents|contents|summary|overview|introduction|additional resources|executive summary|sources|recommendations)$/i

const themeOf = ({ heading, path, facet }: Candidate): string => {
  if (facet !== null) return facet
  const name = clip(capitalise(plain(heading)), 60) || `In ${path}`
  return taken.test(name) ? `${name} (${path})` : name
}

/** Low for what calls itself unfinished, high for a prose file that another file bears out, medium for the rest. */
const credibilityOf = (candidate: Candidate, borneOut: boolean): Finding['credibility'] => {
  if (/draft|obsolete|deprecated|todo|old\b/i.test(candidate.path)) return 'Low'
  return isProse(candidate.path) && borneOut ? 'High' : 'Medium'
}

/** More of the subject's words in one sentence, and another file that speaks of the same, make it likelier to be to the point. */
const confidenceOf = ({ fit }: Candidate, borneOut: boolean): number =>
  Math.min(0.95, 0.5 + 0.35 * fit + (borneOut ? 0.1 : 0))

const sharedWords = 2 // one word in common is chance

const findingOf = (candidate: Candidate, all: readonly Candidate[]): Finding => {
  const { path, quotations } = candidate
  const stems = new Set(candidate.keywords.map(({ stem }) => stem))
  const borneOut = all.some(
    (other) => other.path !== path && other.keywords.filter(({ stem }) => stems.has(stem)).length >= sharedWords,
  )
  return {
    title: headline(capitalise(plain(firstSentence(quotations[0]!.quote)))),
    section: plain(candidate.heading),
    theme: themeOf(candidate),
    quotations,
    credibility: credibilityOf(candidate, borneOut),
    confidence: Math.round(confidenceOf(candidate, borneOut) * 100) / 100,
  }
}

const maxThemes = 6
const further = 'Further points of'

/** With more themes than a reader can hold, those of a single finding go together, file by file. */
const gathered = (findings: readonly Finding[]): Finding[] => {
  const sizes = Map.groupBy(findings, ({ theme }) => theme)
  if (sizes.size <= maxThemes) return [...findings]
  return findings.map((finding) =>
    sizes.get(finding.theme)!.length > 1 ? finding : { ...finding, theme: `${further} ${sourceOf(finding)}` },
  )
}

export const findingsOf = (candidates: readonly Candidate[]): Finding[] => {
  const themed = gathered(candidates.map((candidate) => findingOf(candidate, candidates)))
  return [...Map.groupBy(themed, ({ theme }) => theme).values()].flat()
}

/** Findings by theme, in order of appearance, further points last. */
export const themesOf = (findings: readonly Finding[]): [string, Finding[]][] => {
  const themes = [...Map.groupBy(findings, ({ theme }) => theme)]
  return themes.sort(([a], [b]) => Number(a.startsWith(further)) - Number(b.startsWith(further)))
}

const field = (block: string, name: string): string =>
  new RegExp(`^\\*\\*${name}\\*\\*: *(.+)$`, 'm').exec(block)?.[1]?.trim() ?? ''

const credibilityIn = (block: string): Finding['credibility'] =>
  (/^(High|Medium|Low)\b/.exec(field(block, 'Credibility'))?.[1] as Finding['credibility'] | undefined) ?? 'Medium' // one of the three, by the pattern

/** The findings of a research report, whoever wrote it: a block a heading of level three that quotes something. */
export const findingsIn = (report: string): Finding[] => {
  const blocks = report.split(/^(?=#{1,3} )/m).filter((block) => /^### /.test(block))
  const read = blocks.flatMap((block): Finding[] => {
    const quotations = quotationsIn(field(block, 'Evidence') || block)
    const title = /^### (?:Finding \d+: *)?(.*)$/m.exec(block)![1]!
    if (quotations.length === 0 || /^(theme|conflict)\b/i.test(title)) return []
    const confidence = Number.parseInt(field(block, 'Confidence'), 10) / 100
    return [
      {
        title,
        section: /section “([^”]+)”/.exec(field(block, 'Source'))?.[1] ?? '',
        theme: field(block, 'Theme') || title,
        quotations,
        credibility: credibilityIn(block),
        confidence: Number.isFinite(confidence) ? confidence : 0.5,
      },
    ]
  })
  return read.length > 0 ? read : loose(report)
}

/** A text without blocks of findings: each quotation is one, under the heading it stands under. */
const loose = (text: string): Finding[] =>
  text.split(/^(?=#{1,6} )/m).flatMap((block) => {
    const theme = plain(/^#{1,6} (.*)$/m.exec(block)?.[1] ?? '') || 'Findings'
    return quotationsIn(block).map((quotation): Finding => {
      const title = headline(capitalise(plain(firstSentence(quotation.quote))))
      return { title, section: '', theme, quotations: [quotation], credibility: 'Medium', confidence: 0.5 }
    })
  })
