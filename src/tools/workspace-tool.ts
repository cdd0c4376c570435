// Workspace tool. Owns what the five tools have in common: how their input is read, and how refusals are told to the model.
import { z } from 'zod'
import { escapeText, TroupeError } from '../runtime/errors.ts'
import type { Json } from '../runtime/json.ts'
import type { Tool, ToolContext } from '../runtime/tool.ts'

type Definition<S extends z.ZodObject> = {
  name: string
  description: string
  input: S
  run(input: z.infer<S>, context: ToolContext): Promise<string>
}

/** Refusals that the model can act on are its answer; anything else is a failure of the call. */
const tellable = ['workspace.denied', 'workspace.limit', 'workspace.not-found', 'tool.invalid-input']

const parse = <S extends z.ZodObject>({ name, input: schema }: Definition<S>, input: Json): z.infer<S> => {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const place = escapeText(`/${[...issue.path, ...unknown].join('/')}`)
  const fields = Object.keys(schema.shape).join(', ')
  const why = `${name}: ${place} is wrong: ${escapeText(issue.message)}; it takes ${fields}`
  throw new TroupeError('tool.invalid-input', why, { place })
}

/** A tool on a workspace. All of them may be made again after an interruption: see each for why. */
export const workspaceTool = <S extends z.ZodObject>(definition: Definition<S>): Tool => ({
  name: definition.name,
  description: definition.description,
  inputSchema: z.toJSONSchema(definition.input, { io: 'input' }),
  interrupted: 'retry',
  timeoutMs: 60_000,
  parse: (input) => parse(definition, input),
  async run(input, context) {
    context.signal.throwIfAborted()
    try {
      return { content: await definition.run(input as z.infer<S>, context) } // the port hands over what `parse` returned
    } catch (error) {
      if (!(error instanceof TroupeError) || !tellable.includes(error.code)) throw error
      return { content: `${error.code}: ${error.message}`, isError: true }
    }
  },
})

/** A line about the answer itself, set apart from what was found. */
export const note = (text: string): string => `[${text}]`
