// 04: a team from markdown files. Its lead plans, the others work, the reviewer scores, the lead brings it together.
//   The offline model works by rules: what it quotes is really in the notes.
//   Run it: npx node --conditions=source examples/04-team-from-files.ts
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { agentFromFile, createSystem, defineTeam, loadAgentFiles } from 'troupe'
import { offline } from 'troupe/models'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const { agents, problems } = await loadAgentFiles(here('team'))
for (const { path, line, message } of problems) console.log(`${path}:${line}: ${message}`)
const team = defineTeam({ agents: agents.map(agentFromFile) })
console.log(`The team: ${team.members.map(({ name, role }) => `${name} (${role})`).join(', ')}`)

const workspaces = await mkdtemp(join(tmpdir(), 'troupe-04-'))
{
  await using system = await createSystem({ model: offline(), workspaces })
  const task = 'Explain how the ledger writes, what is acknowledged, and what happened when the disk filled up.'
  const run = await system.start(team, task, { input: here('notes') })
  for await (const event of run.events()) {
    if (event.type !== 'actor.emitted') continue
    const note = event.event as { type: string; agent?: string; task?: string; round?: number; score?: number }
    if (note.type === 'task.assigned') console.log(`${note.agent} takes "${note.task}"`)
    if (note.type === 'review.scored') console.log(`"${note.task}" round ${note.round}: ${note.score} of 100`)
  }
  const result = await run.result()
  if (result.status !== 'complete') throw new Error(result.failure.message)
  console.log(`\n${result.output.split('\n').slice(0, 24).join('\n')}\n…`)
  console.log(`\nMade: ${result.artifacts.map(({ name }) => name).join(', ')}`)
}
await rm(workspaces, { recursive: true })
