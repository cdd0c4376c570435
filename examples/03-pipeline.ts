// 03: a pipeline whose second stage has a quality threshold: a reviewer scores the draft, and the writer mends it until it is met.
//   The types must fit: what the researcher gives is what the writer takes.
//   Run it: npx node --conditions=source examples/03-pipeline.ts
import { createSystem, defineAgent, type Verdict } from 'troupe'
import { report, scripted } from 'troupe/models'
import { pipeline } from 'troupe/patterns'
import { z } from 'zod'

const findings = z.strictObject({ findings: z.array(z.string()) })
const researcher = defineAgent({ name: 'researcher', instructions: 'You collect findings.', output: findings })
const writer = defineAgent({ name: 'writer', instructions: 'You write from findings.', input: findings })
const reviewer = defineAgent({ name: 'reviewer', instructions: 'You score drafts.' })

const brief = pipeline([researcher, { agent: writer, threshold: 85 }], { name: 'brief', reviewer, maxRounds: 3 })

const verdict = (score: number, issues: { severity: 'high'; text: string }[]) =>
  report({
    score,
    dimensions: { completeness: score / 10, accuracy: 9, clarity: 9, coherence: 9, format: 9 },
    issues,
    strengths: ['It is short.'],
  })

const model = scripted({
  researcher: [[report({ findings: ['A group of writes shares one flush.', 'Nothing is acknowledged before it.'] })]],
  writer: [
    [report('Writes are grouped.')],
    [report('Writes are grouped, so that one flush serves many. Nothing is acknowledged before that flush.')],
  ],
  reviewer: [
    [verdict(62, [{ severity: 'high', text: 'It does not say what is acknowledged when.' }])],
    [verdict(91, [])],
  ],
})

await using system = await createSystem({ model })
const run = await system.start(brief, 'How does the ledger write?')
for await (const event of run.events()) {
  if (event.type !== 'actor.emitted') continue
  const note = event.event as { type: string; agent?: string; round?: number } & Partial<Verdict>
  if (note.type === 'task.assigned' || note.type === 'task.refining') console.log(`${note.agent}, round ${note.round}`)
  if (note.type !== 'review.scored') continue
  console.log(`   scored ${note.score} of 100${note.issues!.map(({ text }) => `: ${text}`).join('')}`)
}
const result = await run.result()
console.log(result.status === 'complete' ? `\n${result.output}\n(${result.reasoning})` : result.failure)
