// Scripted file. Owns the script as a file: YAML or JSON, agents → tasks → turns.
import { readFile, stat } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { type ErrorCode, escapeText, TroupeError, toFailure } from '../runtime/errors.ts'
import type { Model } from '../runtime/model.ts'
import { fail, report, type ScriptedOptions, type ScriptedTurn, say, scripted, use } from './scripted.ts'

const object = z.record(z.string(), z.json())

const failSchema = z.strictObject({
  code: z.string().regex(/^[a-z]+\.[a-z-]+$/, 'a code looks like model.overloaded'),
  message: z.string().optional(),
  retryable: z.boolean().default(false),
  attempts: z.number().int().positive().optional(),
})

const actSchema = z.union([
  z.string().transform((text) => say(text)),
  z.strictObject({ say: z.string() }).transform((act) => say(act.say)),
  z.strictObject({ use: z.string(), input: object.default({}) }).transform((act) => use(act.use, act.input)),
  z
    .strictObject({
      report: z.json(),
      summary: z.string().default('done'),
      confidence: z.number().min(0).max(1).default(0.9),
      reasoning: z.string().default(''),
      issues: z.array(object).default([]),
    })
    .transform(({ report: output, ...extra }) => report(output, extra)),
  z.strictObject({ fail: failSchema }).transform(({ fail: { code, message, attempts, retryable } }) =>
    // a script may fail with any code, also one that only its test knows
    fail(code as ErrorCode, {
      retryable,
      ...(message !== undefined && { message }),
      ...(attempts !== undefined && { attempts }),
    }),
  ),
])

const turnSchema: z.ZodType<ScriptedTurn> = z.union([actSchema, z.array(actSchema)])
const scriptSchema = z.record(z.string(), z.array(z.array(turnSchema)))

const largest = 1024 * 1024 // bytes

const readText = async (path: string): Promise<string> => {
  try {
    const stats = await stat(path)
    if (!stats.isFile() || stats.size > largest)
      throw new TroupeError('config.invalid', `it must be a file of at most ${largest} bytes`)
    return await readFile(path, 'utf8')
  } catch (cause) {
    const message = `the script ${escapeText(path)} cannot be read: ${escapeText(toFailure(cause).message)}; give the path of a YAML or JSON file`
    throw new TroupeError('config.invalid', message, { place: path, cause })
  }
}

const dataIn = (text: string, path: string): unknown => {
  const document = parseDocument(text, { uniqueKeys: true, schema: 'core', resolveKnownTags: false, logLevel: 'error' })
  const error = document.errors[0]
  if (error === undefined) return document.toJS({ maxAliasCount: 100 })
  const line = error.linePos?.[0].line ?? 1
  throw new TroupeError(
    'config.invalid',
    `the script is no YAML: ${escapeText(error.message.split('\n')[0]!)}; mend this line`,
    { place: `${path}:${line}` },
  )
}

/** A `scripted` model from a file. Throws `config.invalid` with the place of what is wrong. */
export const scriptedFromFile = async (path: string, options: ScriptedOptions = {}): Promise<Model> => {
  const parsed = scriptSchema.safeParse(dataIn(await readText(path), path))
  if (parsed.success) return scripted(parsed.data, options)
  const issue = parsed.error.issues[0]!
  const place = `${path}#/${issue.path.join('/')}`
  throw new TroupeError(
    'config.invalid',
    `the script does not fit: ${issue.message}; it is agents, each with a list of tasks, each a list of turns`,
    { place },
  )
}
