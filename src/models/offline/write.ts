// Write. Owns the work of a writer: read what was found, draft, and on a refinement mend what the issues name and nothing else.
//   The first draft is a body: the strongest finding of each theme. Summary and resources are written once the body has been reviewed.

import { citationsIn, placeOf } from './citations.ts'
import { type Draft, documentText, type Part } from './document.ts'
import { type Finding, findingsIn, placesOf } from './finding.ts'
import { gather } from './gather.ts'
import { type Issue, type Job, type Report, round2 } from './job.ts'
import { audienceOf, kindOf, titleOf } from './kind.ts'
import { partNamed } from './outline.ts'
import type { Outcome, Procedure } from './procedure.ts'
import { textOf } from './results.ts'
import { clip, count } from './words.ts'

type Material = { findings: readonly Finding[]; basedOn: readonly string[]; previous: string }

const mends: Record<Part, RegExp> = {
  summary: /summar|next steps|recap/i,
  resources: /resources|sources|bibliograph|further reading/i,
  'every-finding':
    /finding|carried over|citation|quotation|statement|at least \d|too (short|few)|incomplete|more (detail|evidence)/i,
}
const parts = Object.keys(mends) as Part[] // the record's own keys

/** What an earlier draft of this document already had stays. */
const has: Record<Part, (draft: string, findings: readonly Finding[]) => boolean> = {
  summary: (draft) => partNamed(draft, /^Summary/) !== '',
  resources: (draft) => partNamed(draft, /^Additional Resources/) !== '',
  'every-finding': (draft, findings) => {
    const places = new Set(citationsIn(draft).map(placeOf))
    return draft !== '' && findings.every((finding) => placesOf(finding).some((place) => places.has(place)))
  },
}

const wantedParts = (job: Job, { previous, findings }: Material): Set<Part> => {
  if (job.round === 1) return new Set()
  const issues = job.feedback?.issues
  if (!issues) return new Set(parts)
  const named = (part: Part): boolean =>
    issues.some(({ text, recommendation }) => mends[part].test(`${text} ${recommendation ?? ''}`))
  return new Set(parts.filter((part) => named(part) || has[part](previous, findings)))
}

/** Places that a reviewer found to say something else than was quoted. */
const disproved = (job: Job): Set<string> =>
  new Set(
    (job.feedback?.issues ?? [])
      .filter(({ text }) => /does not (say|exist)/.test(text))
      .flatMap(({ text }) => citationsIn(text).map(placeOf)),
  )

const isOwnDraft = (job: Job, { name, agent }: { name: string; agent: string }): boolean =>
  name === job.outputName || (agent === job.caller.name && agent !== '')

const readable = /\.(md|markdown|txt)$|^[^.]+$/i

function* material(job: Job): Procedure<Material> {
  const given = job.input.artifacts.filter(({ name }) => readable.test(name))
  const drafts = given.filter((artifact) => isOwnDraft(job, artifact))
  const sources = given.filter((artifact) => !isOwnDraft(job, artifact))
  const own = job.round > 1 ? [drafts.at(-1)?.name ?? job.outputName] : []
  const names = [...sources.map(({ name }) => name), ...own]
  const outcomes =
    names.length > 0
      ? yield {
          note: `Reading ${names.join(', ')}.`,
          uses: names.map((name) => ({ name: 'Read', input: { path: `artifact:${name}` } })),
        }
      : []
  const texts = outcomes.map(textOf)
  const previous = own.length > 0 ? texts.pop()! : ''
  const findings = texts.flatMap(findingsIn)
  const basedOn = sources.map(({ name }) => name)
  return findings.length > 0
    ? { findings, basedOn, previous }
    : { findings: (yield* gather(job)).findings, basedOn, previous }
}

const unmended = (job: Job): Issue[] =>
  (job.feedback?.issues ?? [])
    .filter(
      ({ text, recommendation }) =>
        !parts.some((part) => mends[part].test(`${text} ${recommendation ?? ''}`)) &&
        !/does not (say|exist)/.test(text),
    )
    .map(({ severity, text }) => ({ severity, text: `Not mended, rules do not know how: ${text}` }))

const openEnds = (job: Job, draft: Draft): Issue[] => [
  ...(draft.findings.length === 0 ? [{ severity: 'high', text: 'There was no finding to write from' } as const] : []),
  ...(draft.parts.size < parts.length
    ? [
        {
          severity: 'low',
          text: `A draft: ${parts.filter((part) => !draft.parts.has(part)).join(', ')} not written yet`,
        } as const,
      ]
    : []),
  ...unmended(job),
]

const notWritten = ({ isError, content }: Outcome): Issue[] =>
  isError && !/is not offered$/.test(content)
    ? [{ severity: 'low', text: `The copy in the workspace could not be written: ${clip(content, 120)}` }]
    : []

const confidenceOf = ({ findings, parts: done }: Draft): number => {
  if (findings.length === 0) return 0.1
  const mean = findings.reduce((sum, { confidence }) => sum + confidence, 0) / findings.length
  return round2(Math.min(0.9, mean * (0.7 + 0.1 * done.size)))
}

export function* write(job: Job): Procedure<Report> {
  const found = yield* material(job)
  const wrong = disproved(job)
  const findings = found.findings.filter((finding) => !placesOf(finding).some((place) => wrong.has(place)))
  const draft: Draft = {
    title: titleOf(job),
    author: job.caller.name,
    audience: audienceOf(job),
    kind: kindOf(job),
    basedOn: found.basedOn,
    findings,
    parts: wantedParts(job, found),
  }
  const output = documentText(draft)
  const [copy] = yield {
    note: `Writing ${job.outputName}.`,
    uses: [{ name: 'Write', input: { path: job.outputName, content: output } }],
  }
  return {
    output,
    summary: `${job.round === 1 ? 'A first draft' : `Round ${job.round}`} of a ${draft.kind} made of ${count(findings.length, 'finding')}.`,
    confidence: confidenceOf(draft),
    reasoning: `A ${draft.kind}, because of the task's words; sections follow the themes found, quotations are carried over unchanged.`,
    issues: [...openEnds(job, draft), ...notWritten(copy!)],
  }
}
