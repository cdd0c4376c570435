// Document. Owns the shape of what a writer hands in: a tutorial, guide, reference or report made of findings.
import { cite } from './citations.ts'
import { type Finding, placeIn, sourceOf, themesOf } from './finding.ts'
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

const rule = /\b(must|should|never|do not|don't|prefer|avoid)\b/i
const trouble = /\b(crash\w*|fail(?:s|ed|ures?)?|corrupt\w*|lost|stuck|refuse[sd]?|invalid|twice|cannot)\b/i

const filesOf = (findings: readonly Finding[]): string[] => [...new Set(findings.map(sourceOf))]

/** The quotation under the name of its section in the source; a list that it introduces below it. */
const statement = (finding: Finding, indent = ''): string => {
  const [first, ...items] = finding.quotations
  const label = finding.section && finding.section !== finding.theme ? `**${finding.section}**: ` : ''
  return [`${label}${cite(first!)}`, ...items.map((item) => `${indent}- ${cite(item)}`)].join('\n')
}

const bullet = (finding: Finding): string => `- ${statement(finding, '  ')}`

/** A theme's section: its strongest statement first, the others as key points. */
const themeBody = (findings: readonly Finding[]): string => {
  const [first, ...others] = findings
  return others.length > 0
    ? `${statement(first!)}\n\n**Key Points**:\n\n${others.map(bullet).join('\n')}`
    : statement(first!)
}

const themeSections = (findings: readonly Finding[]): Passage[] =>
  themesOf(findings).map(([heading, members]) => ({ heading, body: themeBody(members) }))

/** A list of the titles of findings that a pattern picks out; the quotation itself stands in its own section. */
const pointers = (heading: string, intro: string, findings: readonly Finding[], pattern: RegExp): Passage[] => {
  const picked = findings.filter(({ title }) => pattern.test(title))
  if (picked.length === 0) return []
  return [{ heading, body: `${intro}\n\n${picked.map((one) => `- ${one.title} (${placeIn(one)})`).join('\n')}` }]
}

const opening = ({ findings, kind, audience }: Draft): string =>
  findings.length > 0
    ? `This ${kind} is for ${audience}. It quotes the given files, each statement with its file and line, and each section takes up one part of the subject. Rules put it together, not a language model: they choose and order what the files say, and add nothing to it.`
    : `This ${kind} has nothing to report: no statement on the subject was found. It was put together by rules, not by a language model.`

const normative = (findings: readonly Finding[]): Passage[] =>
  pointers('Best Practices', 'A checklist of what the statements above ask for:', findings, rule)
const failures = (findings: readonly Finding[]): Passage[] =>
  pointers(
    'Troubleshooting',
    'Where the statements above say what can go wrong:',
    findings.filter(({ title }) => !rule.test(title)),
    trouble,
  )

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
    ([theme, members]) =>
      `- **${theme}**: ${members[0]!.title} (${placeIn(members[0]!)}), and ${count(members.length - 1, 'further statement')}`,
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
