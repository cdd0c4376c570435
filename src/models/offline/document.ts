// Document. Owns the shape of what a writer hands in: a tutorial, guide, reference or report made of findings.
import { evidenceOf, type Finding, sourceOf, themesOf } from './finding.ts'
import type { Kind } from './kind.ts'
import { anchorOf } from './outline.ts'
import { count } from './words.ts'

/** The parts a draft may still lack. */
export type Part = 'summary' | 'resources' | 'every-finding'

export type Draft = {
  title: string
  author: string
  audience: string
  kind: Kind
  /** The artifacts it was written from. */
  basedOn: readonly string[]
  findings: readonly Finding[]
  parts: ReadonlySet<Part>
}

type Passage = { heading: string; body: string }

const rule = /\b(must|should|never|always|do not|don't|prefer|avoid|recommended)\b/i
const trouble = /\b(error|fail\w*|crash\w*|lost?|lose[sd]?|problem|refuse[sd]?|invalid|corrupt\w*|limit\w*|cannot)\b/i

const bullet = (finding: Finding): string => `- ${evidenceOf(finding)}`
const textOf = (finding: Finding): string => finding.quotations.map(({ quote }) => quote).join(' ')
const filesOf = (findings: readonly Finding[]): string[] => [...new Set(findings.map(sourceOf))]

/** A theme's section: its strongest statement first, the others as key points. */
const themeBody = (findings: readonly Finding[]): string => {
  const [first, ...others] = findings
  const opening = `${first!.section ? `${sourceOf(first!)}, section “${first!.section}”,` : sourceOf(first!)} says: ${evidenceOf(first!)}`
  return others.length > 0 ? `${opening}\n\n**Key Points**:\n${others.map(bullet).join('\n')}` : opening
}

const themeSections = (findings: readonly Finding[]): Passage[] =>
  themesOf(findings).map(([heading, members]) => ({ heading, body: themeBody(members) }))

/** A list of the titles of findings that a pattern picks out; the quotation itself stands in its own section. */
const pointers = (heading: string, intro: string, findings: readonly Finding[], pattern: RegExp): Passage[] => {
  const picked = findings.filter((finding) => pattern.test(textOf(finding)))
  if (picked.length === 0) return []
  const lines = picked.map((finding) => `- ${finding.title} (${sourceOf(finding)}:${finding.quotations[0]!.line})`)
  return [{ heading, body: `${intro}\n\n${lines.join('\n')}` }]
}

const opening = ({ findings, kind }: Draft): string =>
  findings.length > 0
    ? `This ${kind} gathers what ${filesOf(findings).join(', ')} ${filesOf(findings).length === 1 ? 'says' : 'say'} on the subject. Every statement is quoted with its file and line. It was put together by rules, not by a language model.`
    : `This ${kind} has nothing to report: no statement on the subject was found. It was put together by rules, not by a language model.`

const normative = (findings: readonly Finding[]): Passage[] =>
  pointers('Best Practices', 'These statements say what to do or to leave:', findings, rule)
const failures = (findings: readonly Finding[]): Passage[] =>
  pointers('Troubleshooting', 'These statements speak of what goes wrong:', findings, trouble)

const bodies: Record<Kind, (draft: Draft) => Passage[]> = {
  tutorial: (draft) => [
    {
      heading: 'Introduction',
      body: `${opening(draft)}\n\n**What You Will Learn**:\n${
        themesOf(draft.findings)
          .map(([theme]) => `- ${theme}`)
          .join('\n') || '- Nothing yet.'
      }`,
    },
    { heading: 'Prerequisites', body: `The files quoted: ${filesOf(draft.findings).join(', ') || 'none'}.` },
    ...themeSections(draft.findings).map(({ heading, body }, index) => ({
      heading: `Step ${index + 1}: ${heading}`,
      body,
    })),
  ],
  guide: (draft) => [
    { heading: 'Overview', body: opening(draft) },
    ...themeSections(draft.findings),
    ...normative(draft.findings),
    ...failures(draft.findings),
  ],
  reference: (draft) => [
    { heading: 'Overview', body: opening(draft) },
    ...themeSections(draft.findings).sort((a, b) => (a.heading < b.heading ? -1 : 1)),
  ],
  report: (draft) => [
    { heading: 'Introduction', body: opening(draft) },
    {
      heading: 'Methodology',
      body: `The findings come from ${draft.basedOn.join(', ') || 'a search of the input'}. Each was found by the words of the task and quoted as it stands.`,
    },
    ...themeSections(draft.findings),
    ...normative(draft.findings).map((part) => ({ ...part, heading: 'Recommendations' })),
  ],
}

const summaryPart = ({ findings }: Draft): Passage => {
  const lines = themesOf(findings).map(
    ([theme, members]) => `- **${theme}**: ${count(members.length, 'statement')}; first, ${evidenceOf(members[0]!)}`,
  )
  return {
    heading: 'Summary',
    body: `${count(findings.length, 'statement')} from ${count(filesOf(findings).length, 'file')}, under ${count(themesOf(findings).length, 'theme')}:\n\n${lines.join('\n') || '- Nothing was found.'}\n\nNext: read the cited lines in their files; a quotation leaves out what stands around it.`,
  }
}

const resourcesPart = ({ findings, basedOn }: Draft): Passage => {
  const files = [...Map.groupBy(findings, sourceOf)].map(
    ([path, found]) => `- ${path}: ${count(found.length, 'statement')} quoted here`,
  )
  const artifacts = basedOn.map((name) => `- ${name}: the findings this was written from`)
  return { heading: 'Additional Resources', body: [...files, ...artifacts].join('\n') || '- None.' }
}

/** A first draft states the strongest finding of every theme and no more. */
const strongestOfEach = (findings: readonly Finding[]): Finding[] =>
  themesOf(findings).map(([, members]) =>
    members.reduce((best, one) => (one.confidence > best.confidence ? one : best)),
  )

export const documentText = (whole: Draft): string => {
  const findings = whole.parts.has('every-finding') ? whole.findings : strongestOfEach(whole.findings)
  const draft = { ...whole, findings }
  const sections = [
    ...bodies[draft.kind](draft),
    ...(draft.parts.has('summary') ? [summaryPart(draft)] : []),
    ...(draft.parts.has('resources') ? [resourcesPart(draft)] : []),
  ]
  const contents = sections.map(({ heading }, index) => `${index + 1}. [${heading}](#${anchorOf(heading)})`)
  return `# ${draft.title}

Author: ${draft.author}
Audience: ${draft.audience}
Type: ${draft.kind}
Based on: ${draft.basedOn.join(', ') || 'the input files'}

## Table of Contents

${contents.join('\n')}

${sections.map(({ heading, body }) => `## ${heading}\n\n${body}`).join('\n\n')}
`
}
