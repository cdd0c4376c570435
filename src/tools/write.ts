// Write. Owns the tool that makes or replaces a file.
import { z } from 'zod'
import type { Tool } from '../runtime/tool.ts'
import type { Workspace } from './workspace.ts'
import { workspaceTool } from './workspace-tool.ts'

const input = z.strictObject({
  path: z.string().min(1).describe('Relative path such as notes.md; missing folders are made. input/ is read-only.'),
  content: z.string().describe('The whole text of the file.'),
})

/** `Write`: a file with exactly this content. Made twice it leaves the same file and gives the same answer, so it may be made again. */
export const writeTool = (workspace: Workspace): Tool =>
  workspaceTool({
    name: 'Write',
    description: 'Writes a text file in the workspace, replacing what was there. To change a part of a file, use Edit.',
    input,
    run: async ({ path, content }) => `wrote ${path}: ${await workspace.write(path, content)} bytes`,
  })
