// Offline stage. Owns a small world for models: a folder of input files, artifacts, and tools that answer as the real ones do.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { z } from 'zod'
import { type TaskInput, taskSchema } from '../../src/actors/messages.ts'
import { planSchema, verdictSchema } from '../../src/actors/plan.ts'
import { reportName, reportSchema, reportTool } from '../../src/actors/report.ts'
import { citationsIn } from '../../src/models/offline/citations.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import type { Json } from '../../src/runtime/json.ts'
import type { ContentBlock, Model, ModelContext, ModelMessage, ModelRequest } from '../../src/runtime/model.ts'
import type { Tool } from '../../src/runtime/tool.ts'
import { createWorkspace, workspaceTools } from '../../src/tools/index.ts'

export type Outcome = { content: string; isError: boolean }
export type Handed = {
  output: Json
  summary: string
  confidence: number
  reasoning: string
  issues: { severity: string; text: string }[]
}

export const inputFiles: Record<string, string> = {
  'architecture.md': `# The ledger service
Author: R. Example

The ledger keeps every transfer in one append-only journal. A transfer is durable
once its journal record is on disk. Nothing is acknowledged before that.

## Durability

- The journal is written with one fsync for each group of transfers.
- A torn record at the end of the journal is cut off when the ledger starts.
- The journal retries a failed fsync never; the ledger stops instead.

## Recovery

After a crash the ledger replays the journal from the last snapshot. Replay of one
million transfers takes 40 seconds on the reference machine.

\`\`\`ts
const journal = openJournal(path) // the journal is quoted nowhere
\`\`\`
`,
  'operations/runbook.md': `# Runbook

Replay of one million transfers takes 90 seconds when the disk is cold.

1. Never delete the journal while the ledger runs.
2. You must copy the journal before an upgrade.

| column | the journal in a table |
`,
  'notes.txt': `The ledger refuses a transfer that is larger than its account allows.
An operator can read the journal with the inspect command.
`,
}

/** A temporary folder with `files` in its `input`, and room for a workspace beside it; `remove` deletes both. */
export const folders = (files: Record<string, string> = inputFiles) => {
  const base = mkdtempSync(join(tmpdir(), 'troupe-offline-'))
  const input = join(base, 'input')
  mkdirSync(input)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(input, name)), { recursive: true })
    writeFileSync(join(input, name), text)
  }
  return { input, root: join(base, 'work'), remove: () => rmSync(base, { recursive: true, force: true }) }
}

/** What a run holds while agents work: the input, the artifacts so far, and tools over both. */
export type Stage = { artifacts: Map<string, string>; tools: readonly Tool[] }

/** `root` is the folder that agents write to. */
export const newStage = (input: string, root: string): Stage => {
  const artifacts = new Map<string, string>()
  const workspace = createWorkspace({ root, mounts: { input }, artifacts: async (name) => artifacts.get(name) ?? null })
  return { artifacts, tools: workspaceTools(workspace) }
}

const runTool = async ({ tools }: Stage, name: string, input: Json, context: ModelContext): Promise<Outcome> => {
  const tool = tools.find((one) => one.name === name)!
  const { content, isError = false } = await tool.run(tool.parse(input), { ...context, address: 'run-1/agent' })
  return { content, isError }
}

const outputSchemas = { work: z.string(), plan: planSchema, review: verdictSchema, synthesise: z.string() }

export const contextFor = (callId: string, more: Partial<ModelContext> = {}): ModelContext => ({
  callId,
  attempt: 1,
  signal: new AbortController().signal,
  clock: systemClock(),
  ...more,
})

export const requestFor = (
  task: TaskInput,
  {
    role,
    turn = 0,
    messages = [],
    output,
    tools = [],
  }: {
    role: string
    turn?: number
    messages?: readonly ModelMessage[]
    output?: z.ZodType
    tools?: ModelRequest['tools']
  },
): ModelRequest => {
  const body = taskSchema.parse(task)
  const first: ModelMessage = { role: 'user', content: [{ type: 'text', text: `# Task\n\n${body.description}` }] }
  return {
    model: 'balanced',
    caller: { address: `run-1/${role}`, name: role, role, turn, task: 0 },
    system: `You are the ${role}.`,
    messages: [first, ...messages],
    tools: [...tools, reportTool(output ?? outputSchemas[body.purpose])],
    task: body as Json,
    maxTokens: 4096,
  }
}

/** Everything an agent does for one task until it reports: the turns it took, and what it handed in, checked by the report's schema. */
export const perform = async (
  model: Model,
  stage: Stage,
  task: TaskInput,
  role: string,
  output?: z.ZodType,
): Promise<{ handed: Handed; turns: ContentBlock[][] }> => {
  const messages: ModelMessage[] = []
  const turns: ContentBlock[][] = []
  for (let turn = 0; turn < 20; turn += 1) {
    const request = requestFor(task, { role, turn, messages, tools: stage.tools, ...(output && { output }) })
    const { content } = await model.generate(request, contextFor(`run-1/${role}/1/${turn}/0`))
    turns.push([...content])
    const uses = content.filter((block) => block.type === 'tool_use')
    const report = uses.find(({ name }) => name === reportName)
    if (report) {
      const schema = reportSchema(output ?? outputSchemas[taskSchema.parse(task).purpose])
      return { handed: schema.parse(report.input) as Handed, turns }
    }
    const results = await Promise.all(
      uses.map(async (use): Promise<ContentBlock> => {
        const outcome = await runTool(stage, use.name, use.input, contextFor(use.id))
        return { type: 'tool_result', toolUseId: use.id, ...outcome }
      }),
    )
    messages.push({ role: 'assistant', content }, { role: 'user', content: results })
  }
  throw new Error(`${role} did not report within 20 turns`)
}

/** Keeps text as an artifact and gives the reference that tasks pass on. */
export const keep = (stage: Stage, name: string, agent: string, text: string) => {
  stage.artifacts.set(name, text)
  return { name, agent, hash: `h-${name}`, bytes: text.length }
}

/** Every citation of `text` names lines that exist below `input`, and every quotation stands in them word for word. */
export const expectAllTrue = (text: string, input: string): void => {
  const citations = citationsIn(text)
  expect(citations.length).toBeGreaterThan(3)
  for (const { path, line, end = line, quote } of citations) {
    const lines = readFileSync(join(input, path), 'utf8').split('\n')
    const cited = lines.slice(line - 1, end)
    expect(cited, `${path}:${line}`).toHaveLength(end - line + 1)
    const whole = cited.length === 1 ? cited[0]! : cited.map((one) => one.trim()).join(' ')
    if (quote !== undefined) expect(whole, `${path}:${line}`).toContain(quote)
  }
}
