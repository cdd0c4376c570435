// Values. Owns what may stand after a flag: each reader gives a checked value or throws `cli.usage` with the remedy.
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { escapeText, TroupeError } from '../runtime/errors.ts'

const refuse = (flag: string, given: string, remedy: string): never => {
  throw new TroupeError('cli.usage', `${flag}: "${escapeText(given, 60)}" ${remedy}`, { place: flag })
}

/** Refuses the next flag where a value should be. */
const present = (flag: string, given: string): string => {
  if (given === '' || given.startsWith('--')) return refuse(flag, given, 'is no value; give one after the flag')
  return given
}

export const text =
  (flag: string) =>
  (given: string): string =>
    present(flag, given)

/** A run's id, which is also the name of a folder. */
export const runId =
  (flag: string) =>
  (given: string): string => {
    if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(given)) return given
    return refuse(
      flag,
      given,
      'is no id of a run; use up to 128 letters, digits, dots, dashes and underscores, the first a letter or digit',
    )
  }

export const whole =
  (flag: string, least: number, most: number) =>
  (given: string): number => {
    const value = /^\d{1,9}$/.test(present(flag, given)) ? Number(given) : Number.NaN
    return value >= least && value <= most ? value : refuse(flag, given, `is no whole number from ${least} to ${most}`)
  }

export const dollars =
  (flag: string) =>
  (given: string): number =>
    /^\d{1,7}(\.\d{1,6})?$/.test(present(flag, given))
      ? Number(given)
      : refuse(flag, given, 'is no amount in US dollars; give a number such as 2.50')

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration in milliseconds. */
export const durationOf =
  (flag: string) =>
  (given: string): number => {
    const match = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|m|min|h|d)$/.exec(present(flag, given))
    const value = match ? Math.round(Number(match[1]) * units[match[2]!]!) : 0
    if (value > 0 && value <= 10 * 365 * 86_400_000) return value
    return refuse(flag, given, 'is no duration; give a number with ms, s, m, h or d, such as 90s or 5m')
  }

export const oneOf =
  <Name extends string>(flag: string, names: readonly Name[]) =>
  (given: string): Name =>
    names.find((name) => name === given) ?? refuse(flag, given, `is none of ${names.join(', ')}`)

const kindOf = (path: string): 'folder' | 'file' | 'nothing' | 'unreadable' => {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    if (!found) return 'nothing'
    return found.isDirectory() ? 'folder' : 'file'
  } catch {
    return 'unreadable' // no permission on the way, a name too long, a circle of links
  }
}

/** A folder that exists, as an absolute path. */
export const folder = (flag: string, given: string, cwd: string): string => {
  const path = resolve(cwd, present(flag, given))
  const kind = kindOf(path)
  if (kind === 'folder') return path
  if (kind === 'nothing') return refuse(flag, given, 'is not there; name a folder that exists')
  return refuse(flag, given, kind === 'file' ? 'is no folder; name the folder it lies in' : 'cannot be read')
}
