// Projection stage. Owns a store filled by hand with what a run left: one row a note, so that tests can say anything happened.
import type { Store, Write } from '../../src/runtime/store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { actorRow, commitOf, journalRow, runRow } from '../stores/rows.ts'

export type Note = { type: string; [key: string]: unknown }
/** Who said it, as an address below the run, and what. */
export type Told = [address: string, note: Note]

const metrics = { durationMs: 40, modelCalls: 2, toolCalls: 3, inputTokens: 100, outputTokens: 50, usd: 0.01 }

export const artifact = (name: string, text: string, agent = 'writer') => ({
  name,
  hash: `h:${text}`,
  bytes: text.length,
  agent,
})

export const finished = (task: string, artifacts: ReturnType<typeof artifact>[], more: Partial<Note> = {}): Note => ({
  type: 'task.finished',
  agent: 'writer',
  purpose: 'work',
  task,
  round: 1,
  confidence: 0.7,
  summary: 'Done.',
  reasoning: 'By hand.',
  artifacts,
  issues: [],
  metrics,
  ...more,
})

export const assigned = (task: string, name: string, more: Partial<Note> = {}): Note => ({
  type: 'task.assigned',
  task,
  agent: 'writer',
  round: 1,
  description: `Do ${task}`,
  output: name,
  name,
  dependencies: [],
  priority: 'normal',
  requirements: ['at least 3 findings'],
  context: 'The whole work.',
  expectedOutput: 'A text.',
  qualityThreshold: 80,
  inputs: [],
  ...more,
})

export const scored = (task: string, round: number, score: number, more: Partial<Note> = {}): Note => ({
  type: 'review.scored',
  task,
  agent: 'writer',
  reviewer: 'reviewer',
  round,
  threshold: 80,
  status: score >= 80 ? 'APPROVED' : 'NEEDS_REFINEMENT',
  score,
  dimensions: { completeness: 7.25, accuracy: 10, clarity: 9, coherence: 8, format: 10 },
  issues: [{ severity: 'high', text: 'The summary is missing', recommendation: 'Add it.' }],
  strengths: ['Every source is cited'],
  ...more,
})

export const planned = (ids: readonly string[], more: Partial<Note> = {}): Note => ({
  type: 'plan.ready',
  orchestrator: 'team',
  lead: 'lead',
  request: 'Write it.',
  threshold: 80,
  objective: 'It is written',
  successCriteria: ['It reads well'],
  tasks: ids.map((id) => ({ id, description: `Do ${id}`, dependencies: [], priority: 'high', requirements: [] })),
  ...more,
})

const start = 1_700_000_000_000

/** A store in which run `run-1` of the agent `team` has told these things, one a second. */
export const storeWith = async (
  told: readonly Told[],
  texts: readonly string[],
  run: Partial<ReturnType<typeof runRow>> = {},
): Promise<Store> => {
  const store = memoryStore()
  const { epoch } = await store.open({ now: start })
  const addresses = [...new Set(['', ...told.map(([address]) => address)])]
  const idOf = (address: string): number => addresses.indexOf(address) + 1
  const writes: Write[] = [
    {
      do: 'run.put',
      row: runRow('run-1', { agent: 'team', task: '{"description":"Write it."}', startedAt: start, ...run }),
    },
    ...addresses.map(
      (address): Write => ({
        do: 'actor.add',
        row: actorRow(idOf(address), { address: address === '' ? 'run-1' : `run-1/${address}` }),
      }),
    ),
    ...told.map(([address, note], index): Write => {
      const seq = 100 + index * 2
      const notes = JSON.stringify({ notes: [{ type: 'emit', seq: seq + 1, data: note }] })
      const at = start + (index + 1) * 1_000
      return {
        do: 'journal.add',
        row: journalRow(seq, idOf(address), index + 1, { at, notes, message: '{"event":{"type":"x"}}' }),
      }
    }),
    ...texts.map((text): Write => ({ do: 'blob.put', row: { hash: `h:${text}`, data: text } })),
  ]
  await store.commit(commitOf(epoch, 100 + told.length * 2, writes))
  return store
}
