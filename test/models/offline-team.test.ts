import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { resolveModel } from '../../src/models/index.ts'
import { missingSections } from '../../src/models/offline/validators.ts'
import { resolveToolName } from '../../src/tools/index.ts'

const fileOf = (name: string) => {
  const text = readFileSync(new URL(`../../examples/team/${name}.md`, import.meta.url), 'utf8')
  const [, front, body] = /^---\n([\s\S]*?)\n---\n([\s\S]+)$/.exec(text)!
  return { front: parse(front!) as Record<string, string>, body: body! }
}

test.each(['lead', 'researcher', 'writer', 'reviewer'])(
  'S4–S10: the team file of the %s says who it is, when to use it and what it may do',
  (name) => {
    const { front } = fileOf(name)
    expect(front).toMatchObject({
      name,
      role: name,
      description: expect.stringMatching(/\bUse when /),
      color: expect.any(String),
    })
    expect(front.tools!.split(', ').map((tool) => resolveToolName(tool))).toEqual(
      front.tools!.split(', ').map((tool) => ({ tool })),
    )
    expect(resolveModel(front.model!)).toMatch(/^claude-/)
  },
)

test('S49, S52: the templates in the prompts have the sections that the validators require', () => {
  const template = (name: string) => /```markdown\n([\s\S]*?)\n```/.exec(fileOf(name).body)![1]!
  const research = [
    'Executive Summary',
    'Research Scope',
    'Key Findings',
    'Detailed Analysis',
    'Conflicting Viewpoints',
    'Recommendations',
    'Methodology Notes',
    'Source Bibliography',
  ]
  expect(missingSections(template('researcher'), research)).toEqual([])
  expect(missingSections(template('writer'), ['Table of Contents', 'Summary', 'Additional Resources'])).toEqual([])
})
