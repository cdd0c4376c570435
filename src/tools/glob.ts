// Glob. Owns the tool that lists files by pattern.
import { z } from 'zod'
import type { Tool } from '../runtime/tool.ts'
import { findFiles, searchNotes } from './search.ts'
import type { Workspace } from './workspace.ts'
import { note, workspaceTool } from './workspace-tool.ts'

const input = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .max(500)
    .default('**')
    .describe('Such as *.md, src/**/*.ts or **/{a,b}*.txt. Default: every file.'),
  path: z.string().default('.').describe('The folder to look in, such as input. Default: the whole workspace.'),
  limit: z.int().min(1).max(5_000).default(500).describe('How many paths to list.'),
})

/** `Glob`: paths of files, one a line, sorted. Reads only, so it may be made again. */
export const globTool = (workspace: Workspace): Tool =>
  workspaceTool({
    name: 'Glob',
    description:
      'Lists files of the workspace and of input/ by pattern, sorted. ' +
      'A pattern without a slash fits names in any folder. .git and node_modules are left out.',
    input,
    async run({ pattern, path, limit }, { signal }) {
      const found = await findFiles(workspace, { path, pattern, signal })
      const more = found.files.length - limit
      return [
        ...found.files.slice(0, limit),
        ...(found.files.length === 0 ? [note('no file fits')] : []),
        ...(more > 0 ? [note(`${more} more; use a narrower pattern or path`)] : []),
        ...searchNotes(found),
      ].join('\n')
    },
  })
