// Workspace tools. Owns the set of tools that a workspace gives an agent.
import type { Tool } from '../runtime/tool.ts'
import { editTool } from './edit.ts'
import { globTool } from './glob.ts'
import { grepTool } from './grep.ts'
import { readTool } from './read.ts'
import type { Workspace } from './workspace.ts'
import { writeTool } from './write.ts'

/**
 * Read, Write, Edit, Glob and Grep on one workspace. Refusals come back as results with `isError`, for the model to read.
 * @example
 * const tools = workspaceTools(createWorkspace({ root: '.troupe/workspaces/writer' }))
 */
export const workspaceTools = (workspace: Workspace): Tool[] => [
  readTool(workspace),
  writeTool(workspace),
  editTool(workspace),
  globTool(workspace),
  grepTool(workspace),
]
