// Tools. Owns the list of what this folder offers.
export { editTool } from './edit.ts'
export { globTool } from './glob.ts'
export { grepTool } from './grep.ts'
export { type ResolvedToolName, resolveToolName } from './names.ts'
export { readTool } from './read.ts'
export {
  createWorkspace,
  type Workspace,
  type WorkspaceLimits,
  type WorkspaceOptions,
} from './workspace.ts'
export { workspaceTools } from './workspace-tools.ts'
export { writeTool } from './write.ts'
