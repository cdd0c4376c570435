// Grep. Owns the tool that searches files by regular expression.
import { z } from 'zod'
import { TroupeError } from '../runtime/errors.ts'
import type { Tool, ToolContext } from '../runtime/tool.ts'
import { openMatcher } from './matcher.ts'
import { findFiles, searchNotes } from './search.ts'
import type { Walked } from './walk.ts'
import type { Workspace } from './workspace.ts'
import { note, workspaceTool } from './workspace-tool.ts'

const isExpression = (pattern: string): boolean => {
  try {
    new RegExp(pattern)
    return true
  } catch {
    return false
  }
}

const input = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .max(1_000)
    .refine(isExpression, 'not a JavaScript regular expression')
    .describe('A JavaScript regular expression, matched line by line.'),
  path: z.string().default('.').describe('The file or folder to search, such as input. Default: the whole workspace.'),
  glob: z.string().min(1).max(500).default('**').describe('Only files that fit, such as *.md.'),
  case: z.enum(['sensitive', 'insensitive']).default('sensitive').describe('Whether A and a differ.'),
  limit: z.int().min(1).max(1_000).default(100).describe('How many matching lines to show.'),
})
type Query = z.infer<typeof input>
type Found = { lines: string[]; unread: number }

const patternBudgetMs = 10_000

/** The text of a file; null for one that a search passes over: binary, too large, or gone since it was listed. */
const textOrNull = async (workspace: Workspace, path: string): Promise<string | null> => {
  try {
    return await workspace.read(path)
  } catch (error) {
    if (error instanceof TroupeError && error.code.startsWith('workspace.')) return null
    throw error
  }
}

const grep = async (
  workspace: Workspace,
  { query, files, context }: { query: Query; files: readonly string[]; context: ToolContext & { budgetMs: number } },
): Promise<Found> => {
  const flags = query.case === 'insensitive' ? 'i' : ''
  await using matcher = openMatcher({ ...context, pattern: query.pattern, flags })
  const found: Found = { lines: [], unread: 0 }
  for (const path of files) {
    const text = await textOrNull(workspace, path)
    if (text === null) found.unread += 1
    else {
      const matches = await matcher.match(text, query.limit + 1 - found.lines.length) // one more tells that there are more
      found.lines.push(...matches.map((match) => `${path}:${match.line}: ${match.text}`))
    }
    if (found.lines.length > query.limit) break
  }
  return found
}

const answerOf = ({ lines, unread }: Found, walked: Walked, limit: number): string =>
  [
    ...lines.slice(0, limit),
    ...(lines.length === 0 ? [note(`no match in ${walked.files.length - unread} files`)] : []),
    ...(lines.length > limit
      ? [note(`the first ${limit} matches; use a narrower pattern, path or glob for more`)]
      : []),
    ...(unread > 0 ? [note(`${unread} not searched: binary, too large or closed`)] : []),
    ...searchNotes(walked),
  ].join('\n')

/** `Grep`: `path:line: text` of every matching line, by path and line. Reads only, so it may be made again. */
export const grepTool = (workspace: Workspace, { budgetMs = patternBudgetMs }: { budgetMs?: number } = {}): Tool =>
  workspaceTool({
    name: 'Grep',
    description:
      'Searches text files of the workspace and of input/ line by line with a regular expression. Answers path:line: text, sorted.',
    input,
    async run(query, context) {
      const walked = await findFiles(workspace, { path: query.path, pattern: query.glob, signal: context.signal })
      const found = await grep(workspace, { query, files: walked.files, context: { ...context, budgetMs } })
      return answerOf(found, walked, query.limit)
    },
  })
