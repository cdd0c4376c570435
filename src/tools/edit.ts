// Edit. Owns the tool that changes a part of a file.
import { z } from 'zod'
import { escapeText, TroupeError } from '../runtime/errors.ts'
import type { Tool } from '../runtime/tool.ts'
import { type Replaced, type Replacement, replaceIn } from './replace.ts'
import type { Workspace } from './workspace.ts'
import { workspaceTool } from './workspace-tool.ts'

const input = z
  .strictObject({
    path: z.string().min(1).describe('Relative path of an existing file.'),
    oldText: z.string().min(1).max(100_000).describe('The exact text to replace, without line numbers.'),
    newText: z.string().describe('The text to put in its place; empty to delete.'),
    occurrences: z.enum(['one', 'all']).default('one').describe('one: the old text must be there exactly once.'),
  })
  .refine(({ oldText, newText }) => oldText !== newText, { path: ['newText'], message: 'it equals oldText' })

/** Models write \n; in a file that ends its lines with \r\n throughout, that is what is meant. */
const inLineEndingsOf = (text: string, edit: Replacement): Replacement => {
  const windows = text.includes('\r\n') && !/[^\r]\n|^\n/.test(text)
  if (!windows) return edit
  const ended = (part: string): string => part.replace(/\r?\n/g, '\r\n')
  return { ...edit, oldText: ended(edit.oldText), newText: ended(edit.newText) }
}

const answerOf = (path: string, outcome: Replaced): string => {
  if (outcome.kind === 'replaced') return `edited ${path}: ${outcome.count} replaced`
  if (outcome.kind === 'already')
    return `${path} already reads so: nothing changed. To repeat it, include more of its surroundings`
  const shown = escapeText(path)
  throw new TroupeError('tool.invalid-input', `Edit ${shown}: ${outcome.why}`, { place: shown })
}

/**
 * `Edit`: exact replacement. It may be made again after an interruption, with nothing stored: where the old text stands only
 * inside the new, or not at all while the new does, the edit has been made and nothing changes; an edit that could not be
 * recognised so afterwards is refused. A deletion that was interrupted answers that the old text is not there.
 */
export const editTool = (workspace: Workspace): Tool =>
  workspaceTool({
    name: 'Edit',
    description:
      'Replaces an exact piece of text in a file of the workspace. The old text must be there exactly once, unless occurrences is "all".',
    input,
    async run({ path, ...edit }) {
      let outcome: Replaced = { kind: 'already' }
      await workspace.update(path, (text) => {
        outcome = replaceIn(text, inLineEndingsOf(text, edit))
        return outcome.kind === 'replaced' ? outcome.text : null
      })
      return answerOf(path, outcome)
    },
  })
