// Planning. Owns the plan that rules make: research, then writing, or one task for each specialist of the team in its order.
import { z } from 'zod'
import type { JsonObject } from '../../runtime/json.ts'
import type { Job, Report } from './job.ts'
import { subjectOf } from './job.ts'
import { titleOf } from './kind.ts'
import type { Procedure } from './procedure.ts'
import { clip, count } from './words.ts'

const memberSchema = z.object({
  name: z.string().min(1),
  role: z.string().catch(''),
  description: z.string().catch(''),
})
type Member = z.infer<typeof memberSchema>

const usual: Member[] = [
  { name: 'researcher', role: 'researcher', description: '' },
  { name: 'writer', role: 'writer', description: '' },
]

/** Who plans, judges or coordinates gets no task of their own. */
const coordinates = /^(lead|orchestrator|coordinator|manager|reviewer|validator)$/i

const teamOf = (job: Job): Member[] => {
  const parsed = z.array(memberSchema).safeParse(job.input.values.team)
  return parsed.success ? parsed.data : []
}

/** One researcher and one writer are named by role, so that any agent with that role may take over. */
const whoDoes = ({ name, role }: Member, team: readonly Member[]): JsonObject =>
  role && team.filter((other) => other.role === role).length <= 1 ? { role } : { agent: name }

const idOf = (name: string, taken: ReadonlySet<string>): string => {
  const slug =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^[^a-z]+|-+$/g, '')
      .slice(0, 50) || 'task'
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? slug : `${slug}-${n}`
    if (!taken.has(id)) return id
  }
}

type Trade = Pick<Planned, 'description' | 'requirements' | 'expectedOutput' | 'priority'>
type Planned = {
  id: string
  description: string
  requirements: string[]
  expectedOutput: string
  priority: 'low' | 'normal' | 'high'
  outputName: string
  dependencies: string[]
}

const researching = (subject: string, own: readonly string[]): Trade => ({
  description: `Search the input files and report what they say, quoting file and line.\nTask: ${subject}`,
  requirements: [
    'Every finding is cited with file and line',
    'Say what was not found',
    ...own.filter((text) => /\bfinding|\bsource/i.test(text)),
  ],
  expectedOutput:
    'A research report in markdown. Sections: Executive Summary, Research Scope, Key Findings, Conflicting Viewpoints, Recommendations, Methodology Notes, Source Bibliography.',
  priority: 'high',
})

const writing = (subject: string, own: readonly string[]): Trade => ({
  description: `Write the document that is asked for from the findings of the research, quotations unchanged.\nTask: ${subject}`,
  requirements: ['Carry over every finding with its citation', ...own],
  expectedOutput: 'A document in markdown. Sections: Table of Contents, Summary, Additional Resources.',
  priority: 'normal',
})

const other = (subject: string, member: Member, own: readonly string[]): Trade => ({
  description: `As ${member.role || member.name}${member.description ? ` (${clip(member.description, 200)})` : ''}, do your part.\nTask: ${subject}`,
  requirements: ['Cite file and line for what you claim', ...own],
  expectedOutput: 'A short cited report in markdown.',
  priority: 'normal',
})

const tradeOf = (subject: string, member: Member, own: readonly string[]): Trade => {
  if (/research/i.test(member.role)) return researching(subject, own)
  return /writ|generator/i.test(member.role) ? writing(subject, own) : other(subject, member, own)
}

const outputNameOf = (id: string, role: string, taken: ReadonlySet<string>): string => {
  const usualName = /research/i.test(role)
    ? 'research-output.md'
    : /writ|generator/i.test(role)
      ? 'synthesis-output.md'
      : ''
  return usualName && !taken.has(usualName) ? usualName : `${id}-output.md`
}

/** Researchers start at once; everyone else works from all that comes before. */
const planFor = (job: Job, workers: readonly Member[], team: readonly Member[]): JsonObject[] => {
  const subject = subjectOf(job).trim()
  const planned: { task: Planned; who: JsonObject }[] = []
  for (const member of workers) {
    const before = planned.map(({ task }) => task)
    const verb = /^research(er)?$/i.test(member.role)
      ? 'research'
      : /^writer$/i.test(member.role)
        ? 'write'
        : member.name
    const id = idOf(verb, new Set(before.map((task) => task.id)))
    const outputName = outputNameOf(id, member.role, new Set(before.map((task) => task.outputName)))
    const dependencies = /research/i.test(member.role) ? [] : before.map((task) => task.id)
    planned.push({
      who: whoDoes(member, team),
      task: { id, ...tradeOf(subject, member, job.requirements), outputName, dependencies },
    })
  }
  return planned.map(({ task, who }) => ({ ...task, ...who }))
}

export function* plan(job: Job): Procedure<Report> {
  const team = teamOf(job)
  const specialists = team.filter(({ role, name }) => !coordinates.test(role || name))
  const workers = team.length === 0 ? usual : specialists.length > 0 ? specialists : team.slice(0, 1)
  const tasks = planFor(job, workers, team)
  const criteria = [
    'Every quotation stands at the cited file and line',
    'Every required section is there',
    ...job.requirements,
  ]
  return {
    output: { objective: titleOf(job), successCriteria: criteria, tasks },
    summary: `${count(tasks.length, 'task')}: ${tasks.map(({ id }) => id).join(' → ')}.`,
    confidence: team.length > 0 || job.input.values.team === undefined ? 0.8 : 0.5,
    reasoning: 'What the files say is found first, then written up; each task names the artifact the next one reads.',
    issues: [],
  }
}
