// Small team. Owns a team of four with a script for all of them, small enough that a test sees all of it at once.
import { z } from 'zod'
import { defineAgent } from '../../src/actors/define-agent.ts'
import { defineTeam } from '../../src/actors/define-team.ts'
import { defineTool } from '../../src/actors/define-tool.ts'
import { report, type Script, use } from '../../src/models/scripted.ts'
import type { JsonObject } from '../../src/runtime/json.ts'

/** Told of each use of a tool; the tool waits for it. */
export type OnUse = (callId: string, attempt: number) => unknown

const lookUp = (onUse: OnUse) =>
  defineTool({
    name: 'look_up',
    description: 'Looks a word up.',
    input: z.strictObject({ word: z.string() }),
    readOnly: true,
    run: async ({ word }, { callId, attempt }) => {
      await onUse(callId, attempt)
      return `${word}: a word`
    },
  })

const sendMail = (onUse: OnUse) =>
  defineTool({
    name: 'send_mail',
    description: 'Sends a mail; doing it twice is wrong.',
    input: z.strictObject({ to: z.string() }),
    interrupted: 'once',
    run: async ({ to }, { callId, attempt }) => {
      await onUse(callId, attempt)
      return `sent to ${to}`
    },
  })

export const smallTeam = (onUse: OnUse = () => {}) =>
  defineTeam({
    name: 'team',
    agents: [
      defineAgent({ name: 'lead', role: 'lead', instructions: 'Plan.' }),
      defineAgent({ name: 'finder', role: 'finder', instructions: 'Find.', tools: [lookUp(onUse)] }),
      defineAgent({ name: 'writer', role: 'writer', instructions: 'Write.', tools: [sendMail(onUse)] }),
      defineAgent({ name: 'judge', role: 'reviewer', instructions: 'Judge.' }),
    ],
  })

const plan: JsonObject = {
  objective: 'say what a word means',
  tasks: [
    { id: 'find', description: 'find it', role: 'finder', review: false },
    { id: 'find-more', description: 'find more', role: 'finder', review: false },
    { id: 'write', description: 'write it', role: 'writer', dependencies: ['find', 'find-more'] },
  ],
}

export const verdict = (score: number): JsonObject => ({
  score,
  dimensions: { completeness: 8, accuracy: 8, clarity: 8, coherence: 8, format: 8 },
  issues: score < 80 ? [{ severity: 'medium', text: 'too short' }] : [],
  strengths: ['plain'],
})

const finding = [use('look_up', { word: 'store' }), use('look_up', { word: 'commit' })]

/** Plans, finds twice, writes, is sent back once, writes again, is approved, and integrates: 12 model calls, 5 tool calls. */
export const smallScript: Script = {
  lead: [[report(plan)], [report('# The whole')]],
  finder: [
    [finding, report('# Found')],
    [[use('look_up', { word: 'journal' })], report('# Found more')],
  ],
  writer: [
    [[use('send_mail', { to: 'ada' })], report('# Draft')],
    [[use('send_mail', { to: 'bob' })], report('# Better')],
  ],
  judge: [[report(verdict(60))], [report(verdict(90))]],
}
