// Spec. Owns how a model is named in one word: `offline:latency=50ms,seed=7`, `anthropic:best`, `scripted:answers.yaml`.
import { escapeText, TroupeError } from '../runtime/errors.ts'
import type { Model } from '../runtime/model.ts'
import { anthropic } from './anthropic.ts'
import { failing } from './offline/failing.ts'
import { offline } from './offline.ts'
import { scriptedFromFile } from './scripted-file.ts'
import { resolveModel } from './tiers.ts'

export type ModelSpec =
  | { kind: 'offline'; latencyMs: number; seed: number | bigint; fail: number }
  | { kind: 'anthropic'; model: string | null }
  | { kind: 'scripted'; file: string }

const forms = 'offline[:latency=50ms,seed=7,fail=0.2], anthropic[:model], scripted:<file>'

const refuse = (part: string, remedy: string): never => {
  throw new TroupeError('cli.usage', `--model: "${escapeText(part)}" ${remedy}`, { place: '--model' })
}

const latencyOf = (value: string): number => {
  const match = /^(\d{1,7}(?:\.\d{1,3})?)(ms|s)?$/.exec(value)
  const ms = match ? Number(match[1]) * (match[2] === 's' ? 1000 : 1) : Number.NaN
  return ms <= 3_600_000
    ? ms
    : refuse(`latency=${value}`, 'is no duration; give milliseconds or seconds up to an hour, e.g. latency=50ms')
}

const seedOf = (value: string): number | bigint => {
  const seed = /^\d{1,20}$/.test(value) ? BigInt(value) : -1n
  if (seed < 0n || seed >= 2n ** 64n)
    return refuse(`seed=${value}`, 'is no seed; give a whole number from 0 to 2^64 − 1')
  return seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : seed
}

const shareIn = (value: string): number => {
  const share = /^(0|1|0?\.\d+|0\.\d+|1\.0+)$/.test(value) ? Number(value) : Number.NaN
  return share >= 0 && share <= 1
    ? share
    : refuse(`fail=${value}`, 'is no share; give a number from 0 to 1, e.g. fail=0.2')
}

const offlineSpec = (text: string): ModelSpec => {
  const spec = { kind: 'offline' as const, latencyMs: 0, seed: 0 as number | bigint, fail: 0 }
  const set: Record<string, (value: string) => void> = {
    latency: (value) => (spec.latencyMs = latencyOf(value)),
    seed: (value) => (spec.seed = seedOf(value)),
    fail: (value) => (spec.fail = shareIn(value)),
  }
  const given = new Set<string>()
  for (const part of text.split(',')) {
    const [name, value] = [part.split('=')[0]!.trim(), part.split('=').slice(1).join('=').trim()]
    if (!Object.hasOwn(set, name)) refuse(part, `is no setting of offline; it has ${Object.keys(set).join(', ')}`)
    if (given.has(name)) refuse(part, 'is given twice; give it once')
    given.add(name)
    set[name]!(value)
  }
  return spec
}

/**
 * What a model is called on a command line, as data. Throws `cli.usage` naming the part that is wrong.
 * @example parseModelSpec('offline:latency=50ms,seed=7') // { kind: 'offline', latencyMs: 50, seed: 7, fail: 0 }
 */
export const parseModelSpec = (text: string): ModelSpec => {
  const colon = text.indexOf(':')
  const kind = colon < 0 ? text : text.slice(0, colon)
  const rest = colon < 0 ? null : text.slice(colon + 1)
  if (rest === '') return refuse(text, `ends after its colon; use one of: ${forms}`)
  if (kind === 'offline') return rest === null ? { kind, latencyMs: 0, seed: 0, fail: 0 } : offlineSpec(rest)
  if (kind === 'anthropic') return { kind, model: rest === null ? null : resolveModel(rest) }
  if (kind === 'scripted')
    return rest === null ? refuse(text, 'names no file; use scripted:<file>') : { kind, file: rest }
  return refuse(text, `is no model; use one of: ${forms}`)
}

export type ModelFromSpecOptions = { apiKey?: string; baseURL?: string }

const missingKey = (): never => {
  throw new TroupeError(
    'model.auth',
    'no API key for anthropic; set ANTHROPIC_API_KEY, or use --model offline, which needs none',
  )
}

/** The model that a spec names. Throws `cli.usage`, `config.invalid` (script file), `model.auth` or `model.unknown`. */
export const modelFromSpec = async (
  spec: string | ModelSpec,
  { apiKey, baseURL }: ModelFromSpecOptions = {},
): Promise<Model> => {
  const parsed = typeof spec === 'string' ? parseModelSpec(spec) : spec
  if (parsed.kind === 'scripted') return scriptedFromFile(parsed.file)
  if (parsed.kind === 'anthropic')
    return anthropic({
      apiKey: apiKey || missingKey(),
      ...(parsed.model !== null && { model: parsed.model }),
      ...(baseURL !== undefined && { baseURL }),
    })
  const { latencyMs, seed, fail } = parsed
  const model = offline({ latencyMs, seed })
  return fail === 0 ? model : failing(model, { share: fail, seed })
}
