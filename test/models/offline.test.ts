import { afterEach, expect, test } from 'vitest'
import type { TaskInput } from '../../src/actors/messages.ts'
import { checkPlan, type Verdict } from '../../src/actors/plan.ts'
import { offline } from '../../src/models/index.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import type { ModelMessage } from '../../src/runtime/model.ts'
import { sizeOf } from '../../src/runtime/model.ts'
import { contextFor, expectAllTrue, folders, keep, newStage, perform, requestFor } from './offline-stage.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

const stageWith = (files?: Record<string, string>) => {
  const place = folders(files)
  cleanups.push(place.remove)
  return { ...place, stage: newStage(place.input, place.root) }
}

const request = 'Write a guide to how the ledger keeps its journal durable'
const team = ['lead', 'researcher', 'writer', 'reviewer'].map((role) => ({ name: role, role, description: '' }))

/** Plan, research, write, review, refine and synthesise, as an orchestrator would have it done. */
const performAll = async (model = offline(), files?: Record<string, string>) => {
  const { stage, input } = stageWith(files)
  const planned = await perform(
    model,
    stage,
    { description: request, purpose: 'plan', input: { values: { team } } },
    'lead',
  )
  const plan = checkPlan(planned.handed.output, team)
  const artifacts: ReturnType<typeof keep>[] = []
  const rounds: { name: string; round: number; score: number; text: string; verdict: Verdict }[] = []
  for (const { role, dependencies: _, ...planTask } of plan.tasks) {
    const { description, requirements, expectedOutput, outputName = 'output.md' } = planTask
    const base = { description, requirements, expectedOutput, outputName }
    let feedback: TaskInput['feedback']
    for (let round = 1; round <= 3; round += 1) {
      const own = round > 1 ? artifacts.filter(({ name }) => name === outputName) : []
      const given = [...artifacts.filter(({ name }) => name !== outputName), ...own]
      const task = { ...base, round, input: { artifacts: given }, ...(feedback && { feedback }) }
      const work = await perform(model, stage, task, role!)
      const text = String(work.handed.output)
      const artifact = keep(stage, outputName, role!, text)
      artifacts.splice(0, artifacts.length, ...artifacts.filter(({ name }) => name !== outputName), artifact)
      const reviewed = await perform(
        model,
        stage,
        { ...base, purpose: 'review', input: { artifacts: [artifact] } },
        'reviewer',
      )
      const verdict = reviewed.handed.output as Verdict
      rounds.push({ name: outputName, round, score: verdict.score, text, verdict })
      feedback = { issues: verdict.issues, strengths: verdict.strengths, score: verdict.score }
      if (verdict.score >= 80) break
    }
  }
  const final = await perform(
    model,
    stage,
    { description: request, purpose: 'synthesise', input: { artifacts } },
    'lead',
  )
  return { plan, rounds, final: String(final.handed.output), input, handed: final.handed }
}

test('S20, S56: a team of rules plans, researches, writes, reviews, refines once and brings everything together', async () => {
  const { plan, rounds, final } = await performAll()
  expect(plan.tasks.map(({ id, role, outputName, dependencies }) => ({ id, role, outputName, dependencies }))).toEqual([
    { id: 'research', role: 'researcher', outputName: 'research-output.md', dependencies: [] },
    { id: 'write', role: 'writer', outputName: 'synthesis-output.md', dependencies: ['research'] },
  ])
  expect(rounds.map(({ name, round }) => `${name} ${round}`)).toEqual([
    'research-output.md 1',
    'synthesis-output.md 1',
    'synthesis-output.md 2',
  ])
  expect(rounds.map(({ score }) => score >= 80)).toEqual([true, false, true])
  expect(final).toMatch(/^# How the ledger keeps its journal durable\n/)
  for (const section of ['Executive Summary', 'Overview', 'Durability', 'Sources', 'What Was Not Covered'])
    expect(final).toContain(`\n## ${section}\n`)
})

test('every quotation of every artifact stands literally at its file and line', async () => {
  const { rounds, final, input } = await performAll()
  for (const { text } of rounds) expectAllTrue(text, input)
  expectAllTrue(final, input)
})

test('S30: a refinement mends what the issues name and leaves every other line of the draft', async () => {
  const { rounds } = await performAll()
  const [first, second] = rounds.filter(({ name }) => name === 'synthesis-output.md')
  expect(first!.verdict.issues.map(({ text }) => text)).toContain('The section "Summary" is missing')
  const kept = new Set(second!.text.split('\n'))
  expect(first!.text.split('\n').filter((line) => !kept.has(line))).toEqual([])
  expect(second!.text).toContain('\n## Summary\n')
})

test('S34: the final text says nothing twice: each quotation of the body stands once', async () => {
  const { final } = await performAll()
  const body = final.slice(final.indexOf('## Overview'))
  const quotes = body.match(/“[^”]+” \([^)]+\)/g) ?? []
  expect(quotes.length).toBeGreaterThan(4)
  expect(new Set(quotes).size).toBe(quotes.length)
})

test('the same input gives the same bytes', async () => {
  const [one, two] = [await performAll(), await performAll()]
  expect(two.final).toBe(one.final)
  expect(two.rounds).toEqual(one.rounds)
})

test('a seed changes how long an answer takes, never what it says', async () => {
  const waits: number[] = []
  const clock: Clock = {
    now: () => 0,
    setTimer: (at, wake) => {
      waits.push(at)
      queueMicrotask(wake)
      return { clear: () => undefined }
    },
  }
  const asked = requestFor({ description: request }, { role: 'researcher', tools: stageWith().stage.tools })
  const answers = await Promise.all(
    [1, 2].map((seed) => offline({ latencyMs: 100, seed }).generate(asked, contextFor('run-1/a/1/0/0', { clock }))),
  )
  expect(answers[0]).toEqual(answers[1])
  expect(waits[0]).not.toBe(waits[1])
  for (const wait of waits) expect(wait >= 50 && wait <= 150).toBe(true)
})

test('an abort during the latency ends the call with the reason of the signal', async () => {
  const controller = new AbortController()
  const clock: Clock = { now: () => 0, setTimer: () => ({ clear: () => undefined }) }
  const asked = requestFor({ description: request }, { role: 'researcher' })
  const pending = offline({ latencyMs: 100 }).generate(asked, contextFor('c', { clock, signal: controller.signal }))
  controller.abort(new Error('enough'))
  await expect(pending).rejects.toThrow('enough')
})

test('an answer depends on the conversation alone: forgotten results are asked for again, further talk changes nothing', async () => {
  const { stage } = stageWith()
  const model = offline()
  const first = await model.generate(
    requestFor({ description: request }, { role: 'researcher', tools: stage.tools }),
    contextFor('c1'),
  )
  const chat: ModelMessage = { role: 'user', content: [{ type: 'text', text: 'please go on' }] }
  const again = await model.generate(
    requestFor({ description: request }, { role: 'researcher', tools: stage.tools, messages: [chat] }),
    contextFor('c2'),
  )
  const inputs = (content: typeof first.content) =>
    content.filter(({ type }) => type === 'tool_use').map((block) => ({ ...block, id: '' }))
  expect(inputs(again.content)).toEqual(inputs(first.content))
})

test('it says that it is no language model, and costs nothing', async () => {
  const { handed, final } = await performAll()
  expect(offline().label).toContain('not a language model')
  expect(final).toContain('rules, not a language model')
  expect(handed.confidence).toBeLessThanOrEqual(0.9)
  const asked = requestFor({ description: request }, { role: 'writer' })
  const answer = await offline().generate(asked, contextFor('c'))
  expect(answer.usd).toBe(0)
  expect(answer.usage.inputTokens).toBeGreaterThan(10)
  expect(offline().estimate(sizeOf(asked)).tokens).toBeGreaterThanOrEqual(
    answer.usage.inputTokens + answer.usage.outputTokens,
  )
})
