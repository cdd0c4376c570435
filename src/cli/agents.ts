// Agents command. Owns `troupe agents`: what a folder of agent files would give, and every problem with its line.
import type { AgentFile } from '../actors/agent-file.ts'
import { escapeText } from '../runtime/errors.ts'
import { resolveToolName } from '../tools/names.ts'
import { exits } from './exit.ts'
import type { Host } from './host.ts'
import { problemLine, readAgents } from './team.ts'
import { clip, plural, table } from './text.ts'
import { folder } from './values.ts'

/** What a file asks for and does not get, and why. */
const refusedTools = ({ tools }: AgentFile): { name: string; why: string }[] =>
  (tools === 'all' ? [] : tools).flatMap((name) => {
    const found = resolveToolName(name)
    return 'unavailable' in found ? [{ name, why: found.unavailable }] : []
  })

const grantedTools = ({ tools }: AgentFile): string =>
  tools === 'all'
    ? 'all workspace tools'
    : tools
        .flatMap((name) => {
          const found = resolveToolName(name)
          return 'tool' in found ? [found.tool] : []
        })
        .join(', ') || 'no tools'

const agentJson = (agent: AgentFile) => ({
  type: 'agent',
  name: agent.name,
  role: agent.role,
  description: agent.description,
  tools: agent.tools,
  refused: refusedTools(agent),
  model: agent.model ?? 'inherit',
  path: agent.path,
})

/** Carries out `troupe agents`. Fails when a file would not be loaded. */
export const runAgents = async (
  host: Host,
  given: string,
  { strict = false, json = false }: { strict?: boolean; json?: boolean },
): Promise<number> => {
  const { agents, problems } = await readAgents(folder('<dir>', given, host.cwd()), strict)
  const errors = problems.filter(({ severity }) => severity === 'error').length
  if (json) {
    for (const agent of agents) host.out(`${JSON.stringify(agentJson(agent))}\n`)
    for (const problem of problems) host.out(`${JSON.stringify({ type: 'problem', ...problem })}\n`)
  } else {
    const room = Math.max(20, host.screen.columns() - 50)
    const rows = agents.map((agent) => [agent.name, agent.role, grantedTools(agent), clip(agent.description, room)])
    for (const line of table(rows)) host.out(`${line}\n`)
    for (const agent of agents)
      for (const { name, why } of refusedTools(agent))
        host.err(`${escapeText(agent.path, 400)}: not granted: ${escapeText(name)}: ${why}\n`)
    for (const problem of problems) host.err(`${problemLine(problem)}\n`)
    host.err(`${plural(agents.length, 'agent')}, ${plural(errors, 'error')}\n`)
  }
  return errors > 0 || agents.length === 0 ? exits.failed : exits.ok
}
