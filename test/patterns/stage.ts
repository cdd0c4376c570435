// Stage. Owns agents and the system of the tests of patterns.
import {
  type Agent,
  createSystem,
  type Json,
  type ModelRequest,
  type RunOptions,
  type TaskInput,
} from '../../src/index.ts'
import { type Script, scripted } from '../../src/models/index.ts'

/** What an agent was asked, as data. */
export type Asked = {
  agent: string
  task: { description: string; input: { values: Record<string, Json> } } & Record<string, Json>
}

/** Runs an agent once with scripted models; gives the result, the requests in order, and the events. */
export const play = async (
  agent: Agent,
  task: string | TaskInput | object,
  script: Script,
  options: RunOptions = {},
) => {
  const model = scripted(script)
  const asked: Asked[] = []
  const watched = {
    ...model,
    generate: (request: ModelRequest, context: Parameters<typeof model.generate>[1]) => {
      asked.push({ agent: request.caller.name, task: request.task as unknown as Asked['task'] })
      return model.generate(request, context)
    },
  }
  await using system = await createSystem({ agents: [agent], model: watched })
  const run = await system.start(agent, task as never, options)
  const result = await run.result()
  const notes: Record<string, Json>[] = []
  for await (const event of system.events({ run: run.id }))
    if (event.type === 'actor.emitted') notes.push(event.event as Record<string, Json>)
  return { result, asked, notes }
}
