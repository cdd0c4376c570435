// Validators. Owns the checks a draft must pass: pure functions of its text. They find faults; the verdict weighs them.
import { type Citation, citationsIn, placeOf } from './citations.ts'
import type { Finding } from './finding.ts'
import { placesOf } from './finding.ts'
import { anchorOf, headingsOf, sectionsOf, withoutCode } from './outline.ts'

export { checkCitations, citationsIn } from './citations.ts'
export { checkCriteria, criteriaIn, uncitedSections, wantsEveryClaimCited } from './criteria.ts'

const plainHeading = (text: string): string =>
  text
    .toLowerCase()
    .replace(/^(?:section\s+)?\d+(?:\.\d+)*[.:)]?\s+/, '')
    .trim()

/** Required sections that no heading begins with. */
export const missingSections = (markdown: string, required: readonly string[]): string[] => {
  const present = headingsOf(markdown).map(({ text }) => plainHeading(text))
  return required.filter((name) => !present.some((heading) => heading.startsWith(name.toLowerCase())))
}

const researchSections = [
  'Executive Summary',
  'Research Scope',
  'Key Findings',
  'Detailed Analysis',
  'Conflicting Viewpoints',
  'Recommendations',
  'Methodology Notes',
  'Source Bibliography',
]
const documentSections = ['Table of Contents', 'Summary', 'Additional Resources']

/** Sections that statements ask for by name: `Sections: Overview, Limits.` */
export const sectionsAskedFor = (statements: readonly string[]): string[] =>
  statements.flatMap((statement) =>
    [...statement.matchAll(/\bsections?:\s*([^.;\n]+)/gi)].flatMap((match) =>
      match[1]!
        .split(/,\s*|\s+and\s+/)
        .map((name) => name.trim())
        .filter((name) => /^\p{Lu}/u.test(name)),
    ),
  )

/** The sections a text must have: by its own kind, and by what was asked. */
export const requiredSections = (markdown: string, statements: readonly string[]): string[] => {
  const own = /^# Research Report/m.test(markdown)
    ? researchSections
    : /^Type: (tutorial|guide|reference|report)\s*$/m.test(markdown)
      ? documentSections
      : []
  return [...new Set([...own, ...sectionsAskedFor(statements)])]
}

/** Findings that the text cites nowhere. */
export const findingsLeftOut = (markdown: string, findings: readonly Finding[]): Finding[] => {
  const cited = new Set(citationsIn(markdown).map((citation: Citation) => placeOf(citation)))
  return findings.filter((finding) => !placesOf(finding).some((place) => cited.has(place)))
}

const levelFaults = (levels: readonly number[]): string[] =>
  levels.flatMap((level, index) =>
    index > 0 && level > levels[index - 1]! + 1
      ? [`a heading of level ${level} follows one of level ${levels[index - 1]}`]
      : [],
  )

/** Faults of the build: one title, no level skipped, no heading twice, no empty section, contents that lead somewhere. */
export const coherenceFaults = (markdown: string): string[] => {
  const sections = sectionsOf(markdown)
  const titles = sections.filter(({ level }) => level === 1).length
  const anchors = new Set(sections.map(({ text }) => anchorOf(text)))
  const seconds = sections.filter(({ level }) => level === 2).map(({ text }) => text)
  const links = [...withoutCode(markdown).matchAll(/\]\(#([^)\s]+)\)/g)].map((match) => match[1]!)
  const empty = sections.filter(({ level, body }, index) => body === '' && (sections[index + 1]?.level ?? 0) <= level)
  return [
    ...(titles === 1 ? [] : [`there are ${titles} titles of level 1 where one belongs`]),
    ...levelFaults(sections.map(({ level }) => level)),
    ...seconds
      .filter((text, index) => seconds.indexOf(text) < index)
      .map((text) => `the section "${text}" stands twice`),
    ...empty.map(({ text }) => `the section "${text}" is empty`),
    ...links.filter((link) => !anchors.has(link)).map((link) => `the contents link to "#${link}", which is no heading`),
  ]
}

/** Faults of the markdown itself. */
export const formatFaults = (markdown: string): string[] => [
  ...(/^\s*# \S/.test(markdown) ? [] : ['it does not begin with a title of level 1']),
  ...((markdown.match(/^\s*(```|~~~)/gm)?.length ?? 0) % 2 === 0 ? [] : ['a code block is not closed']),
  ...(/^(Author|Researcher): \S/m.test(markdown) ? [] : ['no line names its author']),
  ...(/\{[a-z]+(-[a-z]+)+\}|\b(TBD|lorem ipsum)\b/i.test(withoutCode(markdown))
    ? ['a blank of the template was left unfilled']
    : []),
]

const ownProse = (markdown: string): string[] =>
  withoutCode(markdown)
    .replace(/“[^”\n]*” \([^)\n]*\)/g, '')
    .split(/\n\s*\n/)
    .filter((block) => /^\p{L}/u.test(block.trim()) && !/^[A-Z][\w ]*:/.test(block.trim()))

/** Faults of the writing that is not quoted: sentences of more than 25 words on average, paragraphs of more than 150. */
export const clarityFaults = (markdown: string): string[] => {
  const blocks = ownProse(markdown)
  const words = (text: string): number => text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0
  const sentences = blocks
    .flatMap((block) => block.split(/[.!?:;](?:\s|$)|\n/))
    .filter((sentence) => words(sentence) > 2)
  const average = sentences.reduce((sum, sentence) => sum + words(sentence), 0) / Math.max(1, sentences.length)
  const long = blocks.filter((block) => words(block) > 150).length
  return [
    ...(average > 25 ? [`its sentences have ${Math.round(average)} words on average`] : []),
    ...(long > 0 ? [`${long} of its paragraphs have more than 150 words`] : []),
  ]
}
