// 02: an agent with a tool of its own and with the tools of its workspace, which reach its files and no others.
//   Run it: npx node --conditions=source examples/02-tools.ts
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSystem, defineAgent, defineTool, type ModelRequest } from 'troupe'
import { report, scripted, use } from 'troupe/models'
import { z } from 'zod'

const wordCount = defineTool({
  name: 'word_count',
  description: 'Counts the words of a text.',
  input: z.strictObject({ text: z.string() }),
  readOnly: true, // so that an interrupted call may simply be made again
  run: ({ text }) => String(text.split(/\s+/).filter(Boolean).length),
})

const clerk = defineAgent({
  name: 'clerk',
  instructions: 'You read the notes and say how long they are.',
  tools: ['Glob', 'Read', wordCount],
})

/** What the tools have answered so far, oldest first. */
const results = ({ messages }: ModelRequest): string[] =>
  messages.flatMap(({ content }) => content.flatMap((block) => (block.type === 'tool_result' ? [block.content] : [])))

// What a model would decide, turn by turn.
const model = scripted({
  clerk: [
    [
      use('Glob', { pattern: 'input/*.md' }),
      [use('Read', { path: 'input/questions.md' }), use('Read', { path: '../../etc/passwd' })],
      (request) => use('word_count', { text: results(request)[1]!.replaceAll(/^\d+\t/gm, '') }),
      (request) => {
        const [files, , refusal, words] = results(request)
        return report(`The notes are:\n${files}\nquestions.md has ${words} words.\nOutside: ${refusal}`)
      },
    ],
  ],
})

const workspaces = await mkdtemp(join(tmpdir(), 'troupe-02-'))
{
  await using system = await createSystem({ model, workspaces })
  system.subscribe((event) => {
    if (event.type === 'call.completed') console.log(`${event.kind} ${event.name} answered`)
  })
  const input = fileURLToPath(new URL('notes', import.meta.url))
  const result = await system.run(clerk, 'How long are the notes?', { input })
  console.log(result.status === 'complete' ? `\n${result.output}` : result.failure)
}
await rm(workspaces, { recursive: true })
