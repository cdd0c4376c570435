// Agent file. Owns agents that are written as markdown files: front matter says who the agent is, the body is its prompt.
//   Nothing in a file is executed, obeyed or granted; what is wrong with it is a value, so that one bad file hides no other.
import { join } from 'node:path'
import { type ErrorCode, escapeText } from '../runtime/errors.ts'
import { type AgentFields, type FieldOptions, type Problem, type Report, readAgentFields } from './agent-fields.ts'
import { listAgentFiles, maxAgentFileBytes, readAgentFile } from './agent-folder.ts'
import { readFrontMatter } from './front-matter.ts'
import { findHidden } from './hidden-text.ts'

export type { Knows, Problem } from './agent-fields.ts'

export type AgentFile = AgentFields & {
  /** The system prompt: the body of the file. */
  prompt: string
  path: string
  /** The line of the file on which the body begins, from 1. */
  bodyLine: number
}

export type AgentFileOptions = FieldOptions & {
  /** Whether characters that cannot be seen are an error instead of a warning. Default false. */
  strict?: boolean
}

export type ParsedAgentFile = { agent: AgentFile | null; problems: Problem[] }
export type LoadedAgentFiles = { agents: AgentFile[]; problems: Problem[] }

const problem = (path: string, line: number, message: string): Problem => ({
  path,
  line,
  severity: 'error',
  code: 'agent-file.invalid',
  message,
})

const reportHidden = (
  report: Report,
  severity: Problem['severity'],
  what: string,
  text: string,
  line: number,
): void => {
  const found = findHidden(text)
  if (!found) return
  const shown = `${found.codePoints.slice(0, 8).join(', ')}${found.codePoints.length > 8 ? ', …' : ''}`
  report(
    severity,
    line + found.line - 1,
    `${what} holds ${found.count} characters that cannot be seen (${shown}) but that a model reads; remove them`,
  )
}

/**
 * Reads the text of an agent file. Never throws for what is in it: a file with an error gives no agent.
 *
 * @example parseAgentFile('---\nname: writer\ndescription: Writes.\n---\nYou write.', 'writer.md').agent?.prompt
 */
export const parseAgentFile = (text: string, path: string, options: AgentFileOptions = {}): ParsedAgentFile => {
  if (Buffer.byteLength(text) > maxAgentFileBytes)
    return {
      agent: null,
      problems: [problem(path, 1, `the text is larger than ${maxAgentFileBytes / 1024} KB; shorten it`)],
    }
  const read = readFrontMatter(text)
  if (!read.ok) return { agent: null, problems: [problem(path, read.fault.line, read.fault.message)] }
  const problems: Problem[] = []
  const report = (
    severity: Problem['severity'],
    line: number,
    message: string,
    code: ErrorCode = 'agent-file.invalid',
  ) => {
    problems.push({ path, line, severity, code, message })
  }
  if (read.warning) report('warning', read.warning.line, read.warning.message)
  const fields = readAgentFields(read.fields, report, options)
  const hidden = options.strict === true ? 'error' : 'warning'
  reportHidden(report, hidden, 'the description', fields.description, read.fields.get('description')?.line ?? 1)
  reportHidden(report, hidden, 'the prompt', read.body, read.bodyLine)
  if (read.body.trim() === '')
    report('warning', read.bodyLine, 'the prompt is empty; write below the front matter what the agent must do')
  const agent = { ...fields, prompt: read.body.trim(), path, bodyLine: read.bodyLine }
  return { agent: problems.some(({ severity }) => severity === 'error') ? null : agent, problems }
}

/** Names are compared without case: two that differ in it alone are one file, or one address, to somebody. */
const withoutDuplicates = (agents: readonly AgentFile[]): LoadedAgentFiles => {
  const byName = Map.groupBy(agents, ({ name }) => name.toLowerCase())
  const isAlone = ({ name }: AgentFile) => byName.get(name.toLowerCase())?.length === 1
  const problems = agents
    .filter((agent) => !isAlone(agent))
    .map((agent) => {
      const all = byName.get(agent.name.toLowerCase()) ?? []
      const others = all.filter((other) => other !== agent).map(({ path }) => escapeText(path))
      return problem(
        agent.path,
        1,
        `${escapeText(agent.path)} and ${others.join(', ')} both define the agent "${agent.name}"; rename all but one`,
      )
    })
  return { agents: agents.filter(isAlone), problems }
}

/**
 * Loads the agents of a folder, by convention `.claude/agents`. A file with an error is left out and reported.
 * Throws `agent-file.invalid` when the folder itself cannot be read.
 *
 * @example const { agents, problems } = await loadAgentFiles('.claude/agents')
 */
export const loadAgentFiles = async (dir: string, options: AgentFileOptions = {}): Promise<LoadedAgentFiles> => {
  const { folder, names } = await listAgentFiles(dir)
  const agents: AgentFile[] = []
  const problems: Problem[] = []
  for (const name of names) {
    const path = join(dir, name)
    const read = await readAgentFile(folder, name)
    const parsed = read.ok
      ? parseAgentFile(read.text, path, options)
      : { agent: null, problems: [problem(path, read.line, read.message)] }
    problems.push(...parsed.problems)
    if (parsed.agent) agents.push(parsed.agent)
  }
  const unique = withoutDuplicates(agents)
  return { agents: unique.agents, problems: [...problems, ...unique.problems] }
}
