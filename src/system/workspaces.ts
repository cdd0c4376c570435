// Workspaces. Owns which tools an agent really gets in a run: its own workspace's, and those it brought along.
import { join } from 'node:path'
import type { Hands, ReadArtifact } from '../actors/agent.ts'
import { TroupeError } from '../runtime/errors.ts'
import type { StoreReader } from '../runtime/store.ts'
import type { Tool } from '../runtime/tool.ts'
import { resolveToolName } from '../tools/names.ts'
import { createWorkspace } from '../tools/workspace.ts'
import { workspaceTools } from '../tools/workspace-tools.ts'

/** Where a run's agents work: a folder each below `dir`, and `input` to read from. */
export type WorkspaceSettings = { dir: string; input: string | null }

/** The same as a run's row keeps it. */
export type StoredSettings = { input: string | null; workspaces: string }

/** Settings of runs: those told, and those of runs that were started before. */
export const createSettings = (store: StoreReader, workspaces: string) => {
  const known = new Map<string, WorkspaceSettings>()
  const settle = (run: string, { input, workspaces: dir }: StoredSettings): WorkspaceSettings => {
    const settings = { dir, input }
    known.set(run, settings)
    return settings
  }
  const read = async (run: string): Promise<StoredSettings> => {
    const row = await store.run(run)
    return row ? (JSON.parse(row.options) as StoredSettings) : { input: null, workspaces } // `settle` was told the same
  }
  return { settle, of: async (run: string) => known.get(run) ?? settle(run, await read(run)) }
}

type Place = { tools: Tool[]; artifacts: ReadArtifact }

const named = (tools: readonly Tool[], name: string): Tool => {
  const resolved = resolveToolName(name)
  const tool = 'tool' in resolved ? tools.find((one) => one.name === resolved.tool) : undefined
  if (tool) return tool
  throw new TroupeError(
    'tool.unknown',
    `there is no tool "${name}"; use one of ${tools.map((one) => one.name).join(', ')}`,
    { place: name },
  )
}

const isOffered = (name: string): boolean => 'tool' in resolveToolName(name)

/** The `tools` of {@link Hands}. One workspace per agent and run, kept while the system is open. */
export const createToolbox = (settingsOf: (run: string) => Promise<WorkspaceSettings>): Hands['tools'] => {
  const places = new Map<string, Place>()

  const placeOf = async (address: string, run: string): Promise<Place> => {
    const known = places.get(address)
    if (known) return known
    const { dir, input } = await settingsOf(run)
    const place: Place = { tools: [], artifacts: async () => null }
    const workspace = createWorkspace({
      root: join(dir, ...address.split('/')),
      ...(input !== null && { mounts: { input } }),
      artifacts: (name) => place.artifacts(name),
    })
    place.tools = workspaceTools(workspace)
    places.set(address, place)
    return place
  }

  return async ({ choice, address, run, readArtifact }) => {
    const wanted = choice === 'all' ? choice : choice.filter((tool) => typeof tool !== 'string' || isOffered(tool))
    if (wanted !== 'all' && wanted.every((tool) => typeof tool !== 'string')) return wanted as Tool[]
    const place = await placeOf(address, run)
    // One task at a time is in an agent's hands: what it may read by name is that task's.
    place.artifacts = readArtifact
    if (wanted === 'all') return place.tools
    const picked = wanted.map((tool) => (typeof tool === 'string' ? named(place.tools, tool) : tool))
    return [...new Map(picked.map((tool) => [tool.name, tool])).values()]
  }
}
