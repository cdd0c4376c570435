// Tiers. Owns the names by which people ask for a Claude model, and what each stands for today.
import { escapeText, TroupeError } from '../runtime/errors.ts'

/** Tier → model id. A tier is a wish (`fast`, `balanced`, `best`); the id behind it may change with a release. */
export const tiers = {
  fast: 'claude-haiku-5-5',
  balanced: 'claude-sonnet-5-5',
  best: 'claude-opus-5-5',
} as const

/** Names that agent files use. */
export const aliases = {
  haiku: 'claude-haiku-5-5',
  sonnet: 'claude-sonnet-5-5',
  opus: 'claude-opus-5-5',
  fable: 'claude-fable-5-2',
} as const

const names: ReadonlyMap<string, string> = new Map([...Object.entries(tiers), ...Object.entries(aliases)])
const fullId = /^claude-[a-z0-9]+(?:[.-][a-z0-9]+)*$/

/** Every name that {@link resolveModel} knows besides full ids. */
export const knownModels: readonly string[] = [...names.keys(), 'inherit']

/** The model id that `name` stands for: a tier, an alias or a full id, which passes through; null for an unknown name. */
export const findModel = (name: string, inherited: string = tiers.balanced): string | null => {
  if (name === 'inherit') return findModel(inherited)
  return names.get(name) ?? (fullId.test(name) ? name : null)
}

/** As {@link findModel}, but throws `model.unknown` with the list of known names. `inherit` is `inherited`. */
export const resolveModel = (name: string, inherited: string = tiers.balanced): string => {
  const id = findModel(name, inherited)
  if (id !== null) return id
  const known = [...knownModels, ...new Set(names.values())]
  throw new TroupeError('model.unknown', `no model is called "${escapeText(name)}"; use one of ${known.join(', ')}`, {
    details: { known },
  })
}
