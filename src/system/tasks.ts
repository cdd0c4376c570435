// Tasks. Owns what may be asked for: the task an agent is given and the limits of its run, checked before anything starts.
import type { Agent, InputOf } from '../actors/agent.ts'
import { type TaskInput, taskSchema } from '../actors/messages.ts'
import type { Limits } from '../runtime/definition.ts'
import { TroupeError } from '../runtime/errors.ts'
import type { Json } from '../runtime/json.ts'

/** What an agent's tasks look like: words, a whole task, or the value its `input` schema describes. */
export type TaskFor<A> =
  InputOf<A> extends infer Input
    ? unknown extends Input
      ? string | TaskInput
      : Input extends string
        ? string | TaskInput
        : Input
    : never

type Issue = { message: string; path: readonly PropertyKey[] }

const misfit = (what: string, issue: Issue | undefined): TroupeError =>
  new TroupeError('config.invalid', `${what} does not fit: ${issue?.message ?? 'it has another form'}; mend it there`, {
    place: `/${issue?.path.map(String).join('/') ?? ''}`,
  })

const inputOf = (agent: Agent, task: unknown): unknown => {
  const parsed = agent.input!.safeParse(task)
  if (!parsed.success) throw misfit(`the input of "${agent.name}"`, parsed.error.issues[0])
  return { description: 'Do your work on the input value "input".', input: { values: { input: parsed.data } } }
}

/** The body of the task, as the agent gets it. Throws `config.invalid` with the JSON pointer of what is wrong. */
export const taskFrom = (agent: Agent, task: unknown, quality: number | undefined): Json => {
  const given = agent.input ? inputOf(agent, task) : typeof task === 'string' ? { description: task } : task
  const parsed = taskSchema.safeParse(given)
  if (!parsed.success) throw misfit('the task', parsed.error.issues[0])
  if (quality !== undefined && !(quality >= 0 && quality <= 100))
    throw new TroupeError('config.invalid', `quality is ${quality}; use 0 to 100`, { place: 'quality' })
  return { ...parsed.data, ...(quality !== undefined && { qualityThreshold: quality }) } as unknown as Json
}

const longestRun = 10 * 366 * 24 * 3_600_000

/** Refuses limits that no run can have. A budget of 0 is one: nothing is then paid for. */
export const checkLimits = ({ budget = {}, timeoutMs }: { budget?: Limits; timeoutMs?: number }): void => {
  for (const [name, value] of Object.entries(budget))
    if (typeof value !== 'number' || !(value >= 0) || value === Number.POSITIVE_INFINITY)
      throw new TroupeError(
        'config.invalid',
        `budget.${name} is ${String(value)}; use a number from 0, or leave it away`,
        {
          place: `budget.${name}`,
        },
      )
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs <= longestRun))
    throw new TroupeError('config.invalid', `timeoutMs is ${timeoutMs}; use 1 ms to ten years, or leave it away`, {
      place: 'timeoutMs',
    })
}
