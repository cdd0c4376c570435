// Define tool. Owns how a tool is written: a zod schema, a function, and what becomes of a call that was interrupted.
import { z } from 'zod'
import { escapeText, TroupeError } from '../runtime/errors.ts'
import type { Json, JsonSchema } from '../runtime/json.ts'
import type { Interruption, Tool, ToolContext, ToolResult } from '../runtime/tool.ts'

export type ToolDefinition<S extends z.ZodType> = {
  /** What the model calls it: letters, digits, `_` and `-`, at most 64. */
  name: string
  /** What it does and when to use it: all that the model knows of it. */
  description: string
  /** An object schema; `run` gets what it parses. */
  input: S
  /** It changes nothing, so that an interrupted call may simply be made again. Default false. */
  readOnly?: boolean
  /** What becomes of an interrupted call. Default `retry` for a tool that only reads, else `once`. */
  interrupted?: Interruption
  /** Milliseconds for one attempt. Default 60,000. */
  timeoutMs?: number
  /** Text is a result that is no error. */
  run(input: z.infer<S>, context: ToolContext): Promise<ToolResult | string> | ToolResult | string
}

const nameRule = /^[a-zA-Z0-9_-]{1,64}$/
const longestTimeout = 7 * 24 * 3_600_000

const wrongDefinition = (name: string, why: string, cause?: unknown): TroupeError =>
  new TroupeError('config.invalid', `the tool "${escapeText(name, 80)}" ${why}`, {
    ...(cause !== undefined && { cause }),
  })

const jsonSchemaOf = (name: string, input: z.ZodType): JsonSchema => {
  let schema: JsonSchema
  try {
    schema = z.toJSONSchema(input, { io: 'input' })
  } catch (error) {
    throw wrongDefinition(name, 'has an input that JSON Schema cannot describe; use plain JSON types', error)
  }
  if (schema.type !== 'object') throw wrongDefinition(name, 'needs an object as its input; wrap it in z.strictObject')
  return schema
}

const invalidInput = (name: string, field: readonly PropertyKey[], why: string): TroupeError => {
  const place = `/${field.map((part) => escapeText(String(part), 80)).join('/')}`
  return new TroupeError('tool.invalid-input', `${name}: ${place} ${why}; mend this field and call again`, { place })
}

/** The path to a key named `__proto__`, which reaches prototypes wherever objects are merged; null when there is none. */
const prototypeKey = (input: Json): string[] | null => {
  const left: { value: Json; path: string[] }[] = [{ value: input, path: [] }]
  for (let item = left.pop(); item; item = left.pop()) {
    if (typeof item.value !== 'object' || item.value === null) continue
    for (const [key, value] of Object.entries(item.value)) {
      const path = [...item.path, key]
      if (key === '__proto__') return path
      left.push({ value, path })
    }
  }
  return null
}

const parseWith = <S extends z.ZodType>(name: string, schema: S, input: Json): z.infer<S> => {
  const hidden = prototypeKey(input)
  if (hidden) throw invalidInput(name, hidden, 'is a key that no input may have')
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  throw invalidInput(name, [...issue.path, ...unknown], `is wrong: ${escapeText(issue.message)}`)
}

/**
 * A tool that agents can be given. Its input is checked against the schema before `run` sees it. Throws `config.invalid` when
 * the definition itself cannot work.
 * @example
 * const wordCount = defineTool({
 *   name: 'word_count',
 *   description: 'Counts the words of a text.',
 *   input: z.strictObject({ text: z.string() }),
 *   readOnly: true,
 *   run: ({ text }) => String(text.split(/\s+/).length),
 * })
 */
export const defineTool = <S extends z.ZodType>(definition: ToolDefinition<S>): Tool => {
  const { name, description, input, readOnly = false, timeoutMs = 60_000, run } = definition
  if (!nameRule.test(name)) throw wrongDefinition(name, 'needs a name of letters, digits, _ and -, at most 64')
  if (!(timeoutMs > 0 && timeoutMs <= longestTimeout))
    throw wrongDefinition(name, `has a timeoutMs of ${timeoutMs}; use 1 to ${longestTimeout} milliseconds`)
  return {
    name,
    description,
    inputSchema: jsonSchemaOf(name, input),
    interrupted: definition.interrupted ?? (readOnly ? 'retry' : 'once'),
    timeoutMs,
    parse: (given) => parseWith(name, input, given),
    async run(parsed, context) {
      const result = await run(parsed as z.infer<S>, context) // the port hands over what `parse` returned
      return typeof result === 'string' ? { content: result } : result
    },
  }
}
