// Read. Owns the tool that shows a file's lines.
import { z } from 'zod'
import type { Tool } from '../runtime/tool.ts'
import type { Page } from './text.ts'
import type { Workspace } from './workspace.ts'
import { note, workspaceTool } from './workspace-tool.ts'

const input = z.strictObject({
  path: z.string().min(1).describe('Relative path such as notes.md or input/report.md, or artifact:<name>.'),
  offset: z.int().min(1).default(1).describe('The first line to show, from 1.'),
  limit: z.int().min(1).max(10_000).default(2_000).describe('How many lines to show.'),
})

const notesOf = ({ lines, first, more, total }: Page): string[] => {
  const last = first + lines.length - 1
  if (more) return [note(`lines ${first} to ${last}; more follow: read on with offset ${last + 1}`)]
  if (total === 0) return [note('the file is empty')]
  return lines.length === 0 ? [note(`the file has ${total} lines; use a smaller offset`)] : []
}

/** `Read`: numbered lines (number, tab, text) of a file or artifact. Reads only, so it may be made again. */
export const readTool = (workspace: Workspace): Tool =>
  workspaceTool({
    name: 'Read',
    description:
      'Shows a text file of the workspace, of input/, or an artifact (artifact:<name>), with line numbers. ' +
      'For a long file, use offset and limit.',
    input,
    async run({ path, offset, limit }) {
      const page = await workspace.readLines(path, { offset, limit })
      const lines = page.lines.map((line, index) => `${page.first + index}\t${line}`)
      return [...lines, ...notesOf(page)].join('\n')
    },
  })
