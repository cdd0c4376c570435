// Synthesise. Owns the last step: the approved artifacts become one text, nothing said twice, quotations as they were.
import { type Citation, citationsIn, quotationsIn } from './citations.ts'
import { evidenceOf, findingsIn, placeIn, themesOf } from './finding.ts'
import { type Issue, type Job, type Report, round2 } from './job.ts'
import { titleOf } from './kind.ts'
import { headingsOf, listItemsIn, partNamed } from './outline.ts'
import type { Procedure } from './procedure.ts'
import { textOf } from './results.ts'
import { count, listed } from './words.ts'

type Part = { name: string; agent: string; text: string; kind: 'research' | 'document' | 'other' }

const kindOf = (text: string): Part['kind'] =>
  /^# Research Report/m.test(text) ? 'research' : /^Type: \w+\s*$/m.test(text) ? 'document' : 'other'

/** The sections that the final text writes anew, or that only served the draft. */
const dropped =
  /^(table of contents|contents|summary|executive summary|additional resources|methodology|limits|sources)\b/i

/** The level-2 sections of a part worth keeping, their headings and bodies as they are. */
const keptSections = (text: string): string[] =>
  text
    .split(/^(?=## )/m)
    .filter((section) => /^## /.test(section) && !dropped.test(section.slice(3)))
    .map((section) => section.trim())

const bodyOf = (parts: readonly Part[]): string => {
  const written = parts.filter(({ kind }) => kind === 'document')
  const main = written.length > 0 ? written : parts.filter(({ kind }) => kind === 'research')
  const said = new Set(main.flatMap(({ text }) => quotationsIn(text)).map(({ quote }) => quote))
  const others = parts
    .filter(({ kind }) => kind === 'other')
    .flatMap(({ agent, name, text }) => {
      const fresh = findingsIn(text).filter(({ quotations }) => quotations.some(({ quote }) => !said.has(quote)))
      for (const { quotations } of fresh) for (const { quote } of quotations) said.add(quote)
      return fresh.length > 0
        ? [`## Also found by ${agent || name}\n\n${fresh.map((one) => `- ${evidenceOf(one)}`).join('\n')}`]
        : []
    })
  const mainSections =
    written.length > 0 ? written.flatMap(({ text }) => keptSections(text)) : main.map(({ text }) => findingsOnly(text))
  return [...mainSections, ...others].join('\n\n')
}

const findingsOnly = (text: string): string =>
  themesOf(findingsIn(text))
    .map(([theme, members]) => `## ${theme}\n\n${members.map((one) => `- ${evidenceOf(one)}`).join('\n')}`)
    .join('\n\n')

const mostAnswers = 6

/** What each part of the task comes to, in the words of the source, and what stayed open. */
const executiveSummary = (parts: readonly Part[], paths: readonly string[]): string => {
  const research = parts.filter(({ kind }) => kind === 'research')
  const findings = (research.length > 0 ? research : parts).flatMap(({ text }) => findingsIn(text))
  if (findings.length === 0)
    return 'Nothing was found in the given files that could be quoted. The sections below say what was looked for.'
  const answers = themesOf(findings)
    .slice(0, mostAnswers)
    .map(([theme, [best]]) => `- **${theme}**: ${best!.title} (${placeIn(best!)})`)
  const gaps = research.flatMap(({ text }) => /Nothing was found about [^\n]*?\.(?=\s)/.exec(text)?.[0] ?? [])
  const disputed = conflicts(parts) === '' ? '' : ' Two of them disagree; see Conflicting Viewpoints.'
  return `${gaps.length > 0 ? `${gaps.join(' ')}\n\n` : ''}What ${listed(paths)} ${paths.length === 1 ? 'says' : 'say'}, in short:

${answers.join('\n')}

The sections below quote ${count(paths.length, 'file')} in full sentences.${disputed} Rules made this, not a language model.`
}

const linesOf = ({ line, end }: Citation): string => (end === undefined || end === line ? `${line}` : `${line}-${end}`)

const sources = (text: string): string => {
  const byPath = Map.groupBy(citationsIn(text), ({ path }) => path)
  const lines = [...byPath].map(([path, cited]) => {
    const places = [...new Set(cited.toSorted((a, b) => a.line - b.line).map(linesOf))]
    return `- ${path}: ${places.length === 1 && !places[0]!.includes('-') ? 'line' : 'lines'} ${places.join(', ')}`
  })
  return lines.join('\n') || 'None.'
}

const notCovered = (parts: readonly Part[]): string => {
  const research = parts
    .filter(({ kind }) => kind === 'research')
    .map(({ text }) => partNamed(text, /^For Further Research/))
  // What only a person can judge is for whoever reads the research.
  const items = [...new Set(research.flatMap(listItemsIn))].filter((item) => !item.startsWith('Have a person check'))
  return [...items, 'What the files say in other words than the task: rules match words, they do not understand.']
    .map((item) => `- ${item}`)
    .join('\n')
}

/** Disagreements stay visible: whoever reads the result must settle them. */
const conflicts = (parts: readonly Part[]): string => {
  const found = parts
    .map(({ text }) => partNamed(text, /^Conflicting Viewpoints/))
    .filter((text) => text.includes('### Conflict'))
  return found.length > 0 ? `## Conflicting Viewpoints\n\n${found.join('\n\n')}\n\n` : ''
}

const finalText = (job: Job, parts: readonly Part[]): string => {
  const body = bodyOf(parts)
  const paths = [...new Set(citationsIn(body).map(({ path }) => path))]
  const audience = parts.map(({ text }) => /^Audience: .+$/m.exec(text)?.[0]).find(Boolean)
  const title =
    parts
      .filter(({ kind }) => kind === 'document')
      .map(({ text }) => headingsOf(text)[0]?.text)
      .find(Boolean) ?? titleOf(job)
  return `# ${title}

Author: ${[...new Set(parts.map(({ agent }) => agent).filter(Boolean)), job.caller.name].join(', ')}
${audience ? `${audience}\n` : ''}Made by: rules, not a language model

## Executive Summary

${executiveSummary(parts, paths)}

${body || '## Result\n\nNo artifact had anything to integrate.'}

${conflicts(parts)}## Sources

${sources(body + conflicts(parts))}

## What Was Not Covered

${notCovered(parts)}
`
}

export function* synthesise(job: Job): Procedure<Report> {
  const artifacts = job.input.artifacts
  const outcomes =
    artifacts.length > 0
      ? yield {
          note: `Bringing together ${artifacts.map(({ name }) => name).join(', ')}.`,
          uses: artifacts.map(({ name }) => ({ name: 'Read', input: { path: `artifact:${name}` } })),
        }
      : []
  const parts = artifacts.map(({ name, agent }, index): Part => {
    const text = textOf(outcomes[index]!)
    return { name, agent, text, kind: kindOf(text) }
  })
  const unread = parts
    .filter(({ text }) => text.trim() === '')
    .map(({ name }): Issue => ({ severity: 'high', text: `${name} could not be read and is not part of the result` }))
  const output = finalText(
    job,
    parts.filter(({ text }) => text.trim() !== ''),
  )
  const cited = quotationsIn(output).length
  return {
    output,
    summary: `${count(parts.length - unread.length, 'artifact')} brought together; ${count(cited, 'quotation')} kept.`,
    confidence: round2(cited === 0 ? 0.1 : Math.min(0.9, 0.5 + cited / 20) * (1 - unread.length / parts.length)),
    reasoning:
      'The written document is the body; what other artifacts add is appended; its contents, summary and resources are replaced by those of the whole.',
    issues: unread,
  }
}
