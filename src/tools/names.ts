// Names. Owns which tool an agent file means: the names in use for the same thing, and those that are known but not offered.
import { nearest } from '../runtime/suggest.ts'

/** `unavailable` says why, and what to do instead. */
export type ResolvedToolName = { tool: string } | { unavailable: string } | { unknown: true; suggestion?: string }

const ours: readonly (readonly [tool: string, names: string])[] = [
  ['Read', 'Read read_file read'],
  ['Write', 'Write write_file write'],
  ['Edit', 'Edit edit_file edit'],
  ['Glob', 'Glob List_Files list_files LS glob'],
  ['Grep', 'Grep grep'],
]

const noWeb = 'the web is not available here: give the sources as input files'
const noShell = 'running commands is not available here: agents read and write files alone'
const noSuch = 'it belongs to another program and is not available here'
const elsewhere: readonly (readonly [why: string, names: string])[] = [
  [noWeb, 'Web_Search WebSearch web_search WebFetch Web_Fetch web_fetch'],
  [noShell, 'Bash bash execute_command BashOutput KillBash KillShell PowerShell'],
  ['use Edit, once for each change', 'MultiEdit NotebookEdit'],
  ['use Read', 'NotebookRead'],
  [noSuch, 'Task Agent TodoWrite TodoRead Skill SlashCommand ExitPlanMode EnterPlanMode AskUserQuestion ToolSearch'],
]

const tableOf = (rows: readonly (readonly [value: string, names: string])[]): ReadonlyMap<string, string> =>
  new Map(rows.flatMap(([value, names]) => names.split(' ').map((name) => [name, value] as const)))
const tools = tableOf(ours)
const others = tableOf(elsewhere)

/**
 * What a name in an agent file's `tools` means here.
 * @example
 * resolveToolName('read_file') // { tool: 'Read' }
 * resolveToolName('Bash') // { unavailable: '…' }
 * resolveToolName('Raed') // { unknown: true, suggestion: 'Read' }
 */
export const resolveToolName = (name: string): ResolvedToolName => {
  const trimmed = name.trim()
  const scoped = /^([^()]+)\(.*\)$/s.exec(trimmed)
  const plain = scoped?.[1]?.trim() ?? trimmed
  const [tool, why] = [tools.get(plain), others.get(plain)]
  if (why !== undefined) return { unavailable: why }
  if (plain.startsWith('mcp__')) return { unavailable: 'no MCP server of that name is connected' }
  // Granting the whole tool where a part was named would grant more than was asked for.
  if (tool !== undefined && scoped) return { unavailable: `a part of ${tool} cannot be granted; name ${tool} alone` }
  if (tool !== undefined) return { tool }
  const near = nearest(plain, tools.keys())
  return near === null ? { unknown: true } : { unknown: true, suggestion: tools.get(near)! }
}
