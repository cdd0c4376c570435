// Scripted. Owns the model whose answers are written beforehand, for tests and demonstrations.
//   An answer is chosen by (agent, task, turn), never by global order, so retries and parallel branches cannot shift it.

import { sleep } from '../runtime/clock.ts'
import { type ErrorCode, TroupeError, type TroupeErrorOptions } from '../runtime/errors.ts'
import type { Json, JsonObject } from '../runtime/json.ts'
import type {
  ContentBlock,
  Model,
  ModelAnswer,
  ModelCaller,
  ModelContext,
  ModelRequest,
  Usage,
} from '../runtime/model.ts'
import { mostTokens, usageOf } from './usage.ts'

export type ReportExtra = { summary?: string; confidence?: number; reasoning?: string; issues?: readonly JsonObject[] }

/** One thing an agent does in a turn. */
export type ScriptedAct =
  | { kind: 'say'; text: string }
  | { kind: 'use'; tool: string; input: JsonObject }
  | { kind: 'report'; input: JsonObject }
  | {
      kind: 'fail'
      code: ErrorCode
      message: string
      options: TroupeErrorOptions
      attempts: number
      after: ScriptedTurn | null
    }

/** A turn: one act, several acts of one answer, or a function of the request. A string is said. */
export type ScriptedTurn =
  | string
  | ScriptedAct
  | readonly (string | ScriptedAct)[]
  | ((request: ModelRequest, context: Pick<ModelContext, 'callId' | 'attempt'>) => ScriptedTurn)

/** The turns of one task, or one function for all of them. */
export type ScriptedTask = readonly ScriptedTurn[] | Extract<ScriptedTurn, (...input: never) => unknown>

/** By name of the agent, or by its full address, which goes first: a list of tasks, or one function for all of them. */
export type Script = {
  readonly [agent: string]: readonly ScriptedTask[] | Extract<ScriptedTurn, (...input: never) => unknown>
}

export type ScriptedOptions = {
  /** Default `scripted`. */
  id?: string
  /** Milliseconds each answer takes by the call's clock. Default 0. */
  latencyMs?: number
  /** What each answer costs in US dollars. Default 0. */
  usd?: number
  /** What each answer is counted as. Default: four characters a token. */
  usage?: Usage
}

/** Says a text and ends the turn without a tool. */
export const say = (text: string): ScriptedAct => ({ kind: 'say', text })

/** Calls a tool. */
export const use = (tool: string, input: JsonObject = {}): ScriptedAct => ({ kind: 'use', tool, input })

/** Hands in the work: the call of `report` that ends a task. */
export const report = (output: Json, extra: ReportExtra = {}): ScriptedAct => ({
  kind: 'report',
  input: { output, summary: 'done', confidence: 0.9, reasoning: '', issues: [], ...extra },
})

/** Fails with a `TroupeError`. With `attempts`, only the first so many attempts of the call fail; then it does `after`. */
export const fail = (
  code: ErrorCode,
  {
    message,
    attempts,
    after,
    ...options
  }: TroupeErrorOptions & { message?: string; attempts?: number; after?: ScriptedTurn } = {},
): ScriptedAct => ({
  kind: 'fail',
  code,
  message: message ?? `the script says that this call fails with ${code}`,
  options,
  attempts: attempts ?? Number.POSITIVE_INFINITY,
  after: after ?? null,
})

const whereIs = ({ name, task, turn }: ModelCaller): string => `agent "${name}", task ${task}, turn ${turn}`

const silent = (caller: ModelCaller, known: string): TroupeError =>
  new TroupeError('model.output', `the script has no answer for ${whereIs(caller)} (${known}); add one there`, {
    place: `/${caller.name}/${caller.task}/${caller.turn}`,
  })

const turnFor = (script: Script, caller: ModelCaller): ScriptedTurn => {
  const key = [caller.address, caller.name].find((name) => Object.hasOwn(script, name))
  if (key === undefined) throw silent(caller, `it knows ${Object.keys(script).join(', ') || 'nobody'}`)
  const tasks = script[key]!
  if (typeof tasks === 'function') return tasks
  const task = tasks[caller.task]
  if (task === undefined) throw silent(caller, `it has ${tasks.length} tasks for this agent, counted from 0`)
  if (typeof task === 'function') return task
  const turn = task[caller.turn]
  if (turn === undefined) throw silent(caller, `it has ${task.length} turns for this task, counted from 0`)
  return turn
}

const deepest = 10 // functions that give functions, failures that give failures

const actsOf = (turn: ScriptedTurn, request: ModelRequest, context: ModelContext, depth = 0): ScriptedAct[] => {
  if (depth > deepest)
    throw new TroupeError(
      'model.output',
      `the script for ${whereIs(request.caller)} never comes to an answer; give it one`,
    )
  if (typeof turn === 'function')
    return actsOf(turn(request, { callId: context.callId, attempt: context.attempt }), request, context, depth + 1)
  const acts = (Array.isArray(turn) ? turn : [turn]).map((act: string | ScriptedAct) =>
    typeof act === 'string' ? say(act) : act,
  )
  const failure = acts.find((act) => act.kind === 'fail')
  if (failure?.kind !== 'fail') return acts
  if (context.attempt <= failure.attempts) throw new TroupeError(failure.code, failure.message, failure.options)
  return actsOf(failure.after ?? acts.filter((act) => act !== failure), request, context, depth + 1)
}

const blockOf = (act: ScriptedAct, { task, turn }: ModelCaller, index: number): ContentBlock[] => {
  const id = `use-${task}-${turn}-${index}`
  if (act.kind === 'say') return [{ type: 'text', text: act.text }]
  if (act.kind === 'use') return [{ type: 'tool_use', id, name: act.tool, input: act.input }]
  return act.kind === 'report' ? [{ type: 'tool_use', id, name: 'report', input: act.input }] : []
}

const answerWith = (request: ModelRequest, acts: readonly ScriptedAct[], options: ScriptedOptions): ModelAnswer => {
  const content = acts.flatMap((act, index) => blockOf(act, request.caller, index))
  return {
    content,
    stop: content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end',
    usage: options.usage ?? usageOf(request, content),
    model: options.id ?? 'scripted',
    usd: options.usd ?? 0,
  }
}

/**
 * A model that answers from a script. Throws `model.output`, naming agent, task and turn, where the script has no answer.
 * @example
 * const model = scripted({
 *   researcher: [[use('Grep', { pattern: 'fsync' }), report('# Findings')]],
 *   writer: (request) => report(`about ${request.caller.name}`),
 * })
 */
export const scripted = (script: Script, options: ScriptedOptions = {}): Model => ({
  id: options.id ?? 'scripted',
  label: 'scripted: answers written beforehand, not a language model',
  generate: async (request, context) => {
    context.signal.throwIfAborted()
    if (options.latencyMs) await sleep(context.clock, options.latencyMs, context.signal)
    const acts = actsOf(turnFor(script, request.caller), request, context)
    let offset = 0
    for (const act of acts) {
      if (act.kind !== 'say') continue
      context.onPart?.({ kind: 'text', text: act.text, offset })
      offset += act.text.length
    }
    return answerWith(request, acts, options)
  },
  estimate: (size) => ({ tokens: mostTokens(size), usd: options.usd ?? 0 }),
})
