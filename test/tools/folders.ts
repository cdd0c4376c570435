// Folders. Owns temporary folders for the tests of the tools, and the context that a tool is run with.
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { systemClock } from '../../src/runtime/clock.ts'
import type { Json } from '../../src/runtime/json.ts'
import type { Tool, ToolContext, ToolResult } from '../../src/runtime/tool.ts'

const made: string[] = []

afterEach(async () => {
  for (const path of made.splice(0)) await rm(path, { recursive: true, force: true })
})

/** An empty folder that is removed after the test. */
export const temporaryFolder = async (): Promise<string> => {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'troupe-tools-')))
  made.push(path)
  return path
}

export const toolContext = (changes: Partial<ToolContext> = {}): ToolContext => ({
  callId: 'run/agent/0/1.0',
  attempt: 1,
  signal: new AbortController().signal,
  clock: systemClock(),
  address: 'run/agent',
  ...changes,
})

/** Runs a tool as the runtime does: through its port. */
export const use = async (tool: Tool, input: Json, changes: Partial<ToolContext> = {}): Promise<ToolResult> =>
  tool.run(tool.parse(input), toolContext(changes))
