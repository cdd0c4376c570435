// Agent fields. Owns what the fields of an agent file must look like.
//   A1. A bad name, description or list of tools is an error: without its tools an agent would get all of them.
//   A2. Any other bad field is dropped with a warning.   A3. What would give a file power over its reader is never obeyed.
import { type ErrorCode, escapeText } from '../runtime/errors.ts'
import { nearest } from '../runtime/suggest.ts'
import { type Color, colors, knownKeys, otherKeys, refusedKeys } from './agent-keys.ts'
import type { Field } from './front-matter-lines.ts'

/** Something wrong in an agent file; a file with an error gives no agent. `line` counts from 1. */
export type Problem = { path: string; line: number; severity: 'error' | 'warning'; code: ErrorCode; message: string }

/** True when a name is known, false when not, text to say which was meant. */
export type Knows = (name: string) => boolean | string

export type FieldOptions = {
  /** Asked for every tool named; an unknown one is an error. Default: every tool is taken as known. */
  knownTool?: Knows
  /** Asked for the model; an unknown one is an error. Default: every model is taken as known. */
  knownModel?: Knows
}

export type AgentFields = {
  name: string
  description: string
  role: string
  /** Raw names as requested; nothing is granted by asking for it. */
  tools: 'all' | string[]
  disallowedTools: string[]
  model?: string
  color?: Color
  maxTurns?: number
}

export type Report = (severity: Problem['severity'], line: number, message: string, code?: ErrorCode) => void
type Reading = { fields: ReadonlyMap<string, Field>; report: Report; options: FieldOptions }

const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return `"${escapeText(text, 60).replace(/[^\u0020-\u007e]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`)}"`
}

const reserved = /^(con|prn|aux|nul|com\d|lpt\d|constructor|prototype)$/i

const nameFault = (name: unknown): string | null => {
  if (name === undefined || name === null || name === '')
    return 'the name is missing; add a line such as `name: writer`'
  if (typeof name !== 'string') return `the name ${shown(name)} is not text; put it in quotes`
  if (name.length > 64) return `the name ${shown(name)} is longer than 64 characters; shorten it`
  if (reserved.test(name))
    return `the name ${shown(name)} is reserved by an operating system or the language; choose another`
  if (/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) return null
  return `the name ${shown(name)} may hold only the letters a to z, digits, - and _, beginning with a letter or digit; rename the agent`
}

/** The names in `Read, Bash(git *) Write`: split at commas and spaces, but not within parentheses. Null when one is not closed. */
export const splitTools = (text: string): string[] | null => {
  const names = text.match(/(?:\([^()]*\)|[^\s,()])+/g) ?? []
  const rest = text.replace(/(?:\([^()]*\)|[^\s,()])+/g, '')
  return /[()]/.test(rest) ? null : names
}

const readTools = ({ fields, report, options }: Reading, key: 'tools' | 'disallowedTools'): string[] | null => {
  const field = fields.get(key)
  if (!field) return null
  const values: unknown[] = field.value === null ? [] : Array.isArray(field.value) ? field.value : [field.value]
  const names = values.flatMap((value) => (typeof value === 'string' ? (splitTools(value) ?? [null]) : [null]))
  if (names.includes(null)) {
    report(
      'error',
      field.line,
      `${key}: ${shown(field.value)} is not a list of tools; write names such as \`Read, Bash(git *)\``,
    )
    return []
  }
  const tools = [...new Set(names as string[])] // the line above has sent away what is null
  for (const tool of tools)
    checkKnown(
      { report, line: field.line, what: 'tool', code: 'tool.unknown' },
      tool,
      tool === '*' ? undefined : options.knownTool,
    )
  return tools
}

type Kind = { report: Report; line: number; what: string; code: ErrorCode }

const checkKnown = ({ report, line, what, code }: Kind, name: string, knows: Knows | undefined): void => {
  const answer = knows?.(name) ?? true
  if (answer === true) return
  const remedy = answer === false ? 'correct the name or remove it' : `did you mean "${escapeText(answer)}"?`
  report('error', line, `there is no ${what} ${shown(name)}; ${remedy}`, code)
}

const optional = <T>(
  { fields, report }: Reading,
  key: string,
  accept: (value: unknown) => value is T,
  wants: string,
): T | undefined => {
  const field = fields.get(key)
  if (!field || field.value === null) return undefined
  if (accept(field.value)) return field.value
  report('warning', field.line, `${key}: ${shown(field.value)} is ignored; it must be ${wants}`)
  return undefined
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= 200
const isRole = (value: unknown): value is string => typeof value === 'string' && /^[a-z][a-z0-9-]{0,63}$/.test(value)
const isColor = (value: unknown): value is Color => colors.some((color) => color === value)
const isTurns = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) <= 10_000 // isInteger is true of numbers only

const reportKeys = ({ fields, report }: Reading): void => {
  const has = (keys: readonly string[], key: string) => keys.includes(key)
  for (const [key, { line }] of fields) {
    if (has(refusedKeys, key) || /^[A-Z][A-Z0-9]*_[A-Z0-9_]*$/.test(key))
      report(
        'warning',
        line,
        `${shown(key)} is ignored for security: an agent file may not change the environment, hooks, servers or permissions`,
      )
    else if (has(otherKeys, key)) report('warning', line, `"${key}" has no meaning here and is ignored`)
    else if (!has(knownKeys, key)) {
      const near = nearest(key, knownKeys)
      report(
        'warning',
        line,
        `the key ${shown(key)} is unknown and is ignored; ${near ? `did you mean "${near}"?` : 'remove it'}`,
      )
    }
  }
}

/** `security-reviewer-2` does the work of a `reviewer`. */
const roleOf = (name: string): string => {
  const words = name
    .toLowerCase()
    .split(/[-_]/)
    .filter((word) => /^[a-z]/.test(word))
  return words.at(-1) ?? name.toLowerCase()
}

const readDescription = ({ fields, report }: Reading): string => {
  const { value, line } = fields.get('description') ?? { value: null, line: 1 }
  if (typeof value === 'string' && value.trim() !== '') return value.trim()
  report(
    'error',
    line,
    value === null || value === ''
      ? 'the description is missing; say what the agent does and when to use it'
      : `the description ${shown(value)} is not text; put it in quotes`,
  )
  return ''
}

const present = <K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: T } // the key is K by its type

/** The fields of an agent; what is wrong with them goes to `report`, and they count only if no error was reported. */
export const readAgentFields = (
  fields: ReadonlyMap<string, Field>,
  report: Report,
  options: FieldOptions,
): AgentFields => {
  const reading: Reading = { fields, report, options }
  const given = fields.get('name')
  const fault = nameFault(given?.value)
  if (fault) report('error', given?.line ?? 1, fault)
  const name = String(given?.value)
  const description = readDescription(reading)
  const tools = readTools(reading, 'tools')
  const model = optional(reading, 'model', isText, 'the name of a model')
  if (model !== undefined)
    checkKnown(
      { report, line: fields.get('model')?.line ?? 1, what: 'model', code: 'model.unknown' },
      model,
      options.knownModel,
    )
  reportKeys(reading)
  return {
    name,
    description,
    role: optional(reading, 'role', isRole, 'a word in lower case, such as reviewer') ?? roleOf(name),
    tools: tools === null || tools.includes('*') ? 'all' : tools,
    disallowedTools: readTools(reading, 'disallowedTools') ?? [],
    ...present('model', model),
    ...present('color', optional(reading, 'color', isColor, `one of ${colors.join(', ')}`)),
    ...present('maxTurns', optional(reading, 'maxTurns', isTurns, 'a whole number from 1 to 10,000')),
  }
}
