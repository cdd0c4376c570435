// Agent from file. Owns turning a file's agent into one that can run.
import type { Agent } from './agent.ts'
import type { AgentFile } from './agent-file.ts'
import { defineAgent } from './define-agent.ts'

/** The agent a file describes. Its tools are what it asks for, less what it forbids; the system decides what it gets. */
export const agentFromFile = (file: AgentFile): Agent<string, string> =>
  defineAgent({
    name: file.name,
    role: file.role,
    description: file.description,
    instructions: file.prompt,
    tools: file.tools === 'all' && file.disallowedTools.length === 0 ? 'all' : toolsOf(file),
    ...(file.model !== undefined && { model: file.model }),
    ...(file.maxTurns !== undefined && { maxTurns: file.maxTurns }),
  })

const workspaceToolNames = ['Read', 'Write', 'Edit', 'Glob', 'Grep']

const toolsOf = ({ tools, disallowedTools }: AgentFile): string[] =>
  (tools === 'all' ? workspaceToolNames : tools).filter((name) => !disallowedTools.includes(name))
