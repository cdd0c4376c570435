// The default script: every agent reports at once, with an output that fits what its `report` tool asks for.
import type { Json } from '../../src/runtime/json.ts'
import { answer, type ServerAnswer } from './messages-server-answers.ts'
import type { ServerRequest } from './messages-server-check.ts'

const dimensions = { completeness: 9, accuracy: 9, clarity: 9, coherence: 9, format: 9 }
const verdict = { score: 90, dimensions, issues: [], strengths: ['It does what was asked.'] }
const plan = { objective: 'Do the work.', tasks: [{ id: 'work', description: 'Do the work.' }] }

const outputFor = (schema: Record<string, unknown>): Json => {
  const report = (schema.properties ?? {}) as Record<string, { properties?: Record<string, unknown> }> // a JSON Schema object
  const members = report.output?.properties ?? {}
  if ('tasks' in members) return plan
  return 'score' in members ? verdict : '# Result\n\nThe work is done.\n'
}

/** Reports when it may, else says one sentence. Tool-call ids are unique in one server. */
export const reports = (request: ServerRequest, n: number): ServerAnswer => {
  const tool = request.body.tools?.find(({ name }) => name === 'report')
  if (!tool) return answer([{ type: 'text', text: 'The work is done.' }])
  const input = {
    output: outputFor(tool.input_schema),
    summary: 'The work is done.',
    confidence: 0.9,
    reasoning: 'It was asked for.',
    issues: [],
  }
  return answer([
    { type: 'text', text: 'I hand in the work.' },
    { type: 'tool_use', id: `toolu_report${n}`, name: 'report', input },
  ])
}
