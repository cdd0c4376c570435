// Team. Owns making one agent of a folder of agent files: the only one in it, or all of them as a team.
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Agent } from '../actors/agent.ts'
import { type LoadedAgentFiles, loadAgentFiles, type Problem } from '../actors/agent-file.ts'
import { agentFromFile } from '../actors/agent-from-file.ts'
import { defineTeam } from '../actors/define-team.ts'
import { findModel, knownModels } from '../models/tiers.ts'
import { escapeText, TroupeError } from '../runtime/errors.ts'
import { nearest } from '../runtime/suggest.ts'
import { resolveToolName } from '../tools/names.ts'

const ofPackage = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** The team that comes with Troupe. */
export const ownAgents = (): string => ofPackage('examples/team')
/** Troupe's own documentation: what the main job reads. */
export const ownDocs = (): string => ofPackage('docs')

const knownTool = (name: string): boolean | string => {
  const found = resolveToolName(name)
  return 'unknown' in found ? (found.suggestion ?? false) : true
}
const knownModel = (name: string): boolean | string => findModel(name) !== null || (nearest(name, knownModels) ?? false)

/** The agents in the files of a folder, and what is wrong with them. */
export const readAgents = (dir: string, strict = false): Promise<LoadedAgentFiles> =>
  loadAgentFiles(dir, { knownTool, knownModel, strict })

/** `writer.md:3: error: …` */
export const problemLine = ({ path, line, severity, message }: Problem): string =>
  `${escapeText(path, 400)}:${line}: ${severity}: ${message}`

const teamName = (dir: string): string => {
  const name = basename(dir)
  return /^[a-z][a-z0-9_-]{0,63}$/i.test(name) ? name : 'team'
}

export type TeamChoice = { dir: string; maxRounds: number; warn(line: string): void }

/** The agent that a folder holds. Throws `agent-file.invalid` when a file has an error: a team without it would be another. */
export const loadTeam = async ({ dir, maxRounds, warn }: TeamChoice): Promise<Agent<string, string>> => {
  const { agents, problems } = await readAgents(dir)
  const [worst, ...others] = problems.filter(({ severity }) => severity === 'error')
  for (const problem of problems) if (problem !== worst) warn(problemLine(problem))
  if (worst)
    throw new TroupeError(
      worst.code,
      `${worst.message}${others.length > 0 ? ` (and ${others.length} more above)` : ''}; see all with \`troupe agents\``,
      { place: `${worst.path}:${worst.line}` },
    )
  const made = agents.map(agentFromFile)
  if (made.length === 0)
    throw new TroupeError('agent-file.invalid', `there is no agent file (*.md) in ${escapeText(dir, 400)}; write one`, {
      place: dir,
    })
  return made.length === 1 ? made[0]! : defineTeam({ name: teamName(dir), agents: made, maxRounds })
}
