// Report text. Owns the shape of a research report: what was asked, found, doubted, and not found.
import { type Conflict, conflictsIn } from './conflicts.ts'
import { metadataOf } from './evidence.ts'
import { evidenceOf, type Finding, placeIn, sourceOf, themesOf } from './finding.ts'
import type { Gathered } from './gather.ts'
import { type Job, percent } from './job.ts'
import { titleOf } from './kind.ts'
import { count } from './words.ts'

const list = (items: readonly string[], none: string): string =>
  items.length > 0 ? items.map((item) => `- ${item}`).join('\n') : none
const numbered = (items: readonly string[]): string => items.map((item, index) => `${index + 1}. ${item}`).join('\n')
const wordsOf = (keywords: Gathered['keywords']): string => keywords.map(({ word }) => `“${word}”`).join(', ')

const sourcesOf = ({ findings }: Gathered): string[] => [...new Set(findings.map(sourceOf))]

/** How far the research went, by the number of sources that gave something. */
export const depthOf = (sources: number): string =>
  sources === 0 ? 'none' : sources <= 3 ? 'preliminary' : sources <= 7 ? 'moderate' : 'comprehensive'

const strongest = (findings: readonly Finding[]): Finding =>
  findings.reduce((best, finding) => (finding.confidence > best.confidence ? finding : best))

const summary = (gathered: Gathered): string => {
  const { findings, listed, files, missing } = gathered
  if (listed.length === 0)
    return 'There was nothing to read: the input folder holds no file, so nothing is claimed here.'
  if (findings.length === 0)
    return `None of the ${count(listed.length, 'file')} given says anything that rules could tie to the subject (${wordsOf(gathered.keywords)}). Nothing is claimed here.`
  const themes = themesOf(findings).map(([theme]) => theme)
  const best = strongest(findings)
  const gap = missing.length > 0 ? ` Nothing was found about ${wordsOf(missing)}.` : ''
  return `Of ${count(listed.length, 'file')} given, ${files.length} ${files.length === 1 ? 'was' : 'were'} read and ${sourcesOf(gathered).length} gave ${count(findings.length, 'finding')}. They fall under: ${themes.join('; ')}.${gap}

The closest to the question: ${evidenceOf(best)}`
}

const questions = (job: Job, { keywords, facets }: Gathered): string =>
  numbered([
    `What do the given files say about: ${titleOf(job)}?`,
    ...(facets.length > 0
      ? facets.map(({ title }) => title)
      : keywords.slice(0, 3).map(({ word }) => `What is said about ${word}?`)),
  ])

const scope = (job: Job, gathered: Gathered): string => {
  const sources = sourcesOf(gathered).length
  return `**Questions Addressed**:
${questions(job, gathered)}

**Sources Consulted**: ${count(gathered.files.length, 'file')} read of ${gathered.listed.length} given; ${sources} gave findings
**Research Depth**: ${depthOf(sources)}`
}

const findingText = (finding: Finding, index: number): string => `### Finding ${index + 1}: ${finding.title}

**Theme**: ${finding.theme}
**Summary**: ${finding.title}.
**Evidence**: ${evidenceOf(finding)}
**Source**: ${sourceOf(finding)}${finding.section ? `, section “${finding.section}”` : ''}
**Credibility**: ${finding.credibility}
**Confidence**: ${percent(finding.confidence)}`

const analysis = (findings: readonly Finding[]): string =>
  themesOf(findings)
    .map(([theme, members], index) => {
      const files = [...new Set(members.map(sourceOf))]
      const lines = members.map((finding) => `${finding.title} (${placeIn(finding)})`)
      return `### Theme ${index + 1}: ${theme}

${count(members.length, 'finding')} from ${files.join(', ')}.

Supporting sources:
${list(lines, '')}`
    })
    .join('\n\n') || 'There are no findings to group.'

const conflictText = ({ about, a, b, values }: Conflict, index: number): string => `### Conflict ${index + 1}: ${about}

**Position A** (${values[0]}): ${evidenceOf(a)}
**Position B** (${values[1]}): ${evidenceOf(b)}
**Analysis**: both speak of ${about} and name different numbers of the same unit. Rules see the difference, not which one holds; it may be no contradiction at all.`

const conflicts = (found: readonly Conflict[]): string =>
  found.length > 0
    ? found.map(conflictText).join('\n\n')
    : 'None that rules can see: no two places that share their words name different numbers of the same unit. A disagreement in plain words would not be noticed.'

/** Facets of the subject without a finding. */
const unanswered = ({ facets, findings }: Gathered): string[] =>
  facets.map(({ title }) => title).filter((title) => !findings.some(({ theme }) => theme === title))

const recommendations = (gathered: Gathered): string => {
  const bySource = [...Map.groupBy(gathered.findings, sourceOf)].sort(([, a], [, b]) => b.length - a.length)
  const first = bySource
    .slice(0, 2)
    .map(([path, found]) => `Read ${path}: it gave ${found.length} of ${count(gathered.findings.length, 'finding')}.`)
  const weak = gathered.findings
    .filter(({ confidence }) => confidence < 0.6)
    .map(({ title }) => `Have a person check “${title}”.`)
  const gaps = [
    ...unanswered(gathered).map((title) => `Find a source for “${title}”: nothing in the given files was tied to it.`),
    ...gathered.missing.map(({ word }) => `Find a source on “${word}”: the given files do not name it.`),
  ]
  return `### For Immediate Use

${list(first, 'Give the folder that holds the material, then ask again.')}

### For Further Research

${list([...gaps, ...weak.slice(0, 3)], 'Follow what the cited sections refer to; rules read only what matches the words of the task.')}`
}

const methodology = ({
  keywords,
  listed,
  files,
}: Gathered): string => `**Search Strategy**: the words that carry the subject (${wordsOf(keywords) || 'none'}) were searched for in ${count(listed.length, 'file')}; the ${count(files.length, 'file')} with the most of them were read, and the sentences holding most of them kept.
**Limitations**: this report was made by rules, not by a language model. It quotes and groups; it does not understand, infer or translate, and it misses what is said in other words.
**Credibility**: High is a prose file that another file bears out, Medium any other, Low a file whose name calls it a draft or obsolete.
**Bias Considerations**: only the given files were consulted, and sentences that repeat the words of the task are preferred.`

const bibliography = (gathered: Gathered): string => {
  const cited = new Set(sourcesOf(gathered))
  const entries = gathered.files
    .filter(({ path }) => cited.has(path))
    .map((file) => {
      const { title, details } = metadataOf(file)
      return [
        file.path,
        ...(title ? [title] : []),
        ...(details.length > 0 ? details : ['author and date not stated']),
      ].join('; ')
    })
  return entries.length > 0 ? numbered(entries) : 'No source gave anything.'
}

export const researchReport = (job: Job, gathered: Gathered, confidence: number): string => {
  const { findings } = gathered
  return `# Research Report: ${titleOf(job)}

Researcher: ${job.caller.name}
Confidence: ${percent(confidence)}
Made by: rules, not a language model

## Executive Summary

${summary(gathered)}

## Research Scope

${scope(job, gathered)}

## Key Findings

${findings.map(findingText).join('\n\n') || 'No findings.'}

## Detailed Analysis

${analysis(findings)}

## Conflicting Viewpoints

${conflicts(conflictsIn(findings, gathered.others))}

## Recommendations

${recommendations(gathered)}

## Methodology Notes

${methodology(gathered)}

## Source Bibliography

${bibliography(gathered)}
`
}
