// 06: any XState machine made with setup() is a durable actor, unchanged. And a question to an agent that is at work.
//   Run it: npx node --conditions=source examples/06-live-actor.ts
import { createSystem, defineAgent, defineTool, type Json } from 'troupe'
import { report, scripted, use } from 'troupe/models'
import { assign, setup } from 'xstate'
import { z } from 'zod'

const turnstile = setup({
  types: {
    context: {} as { coins: number },
    input: {} as { coins: number },
    output: {} as { coins: number },
    events: {} as { type: 'coin' } | { type: 'push' } | { type: 'close' },
  },
}).createMachine({
  id: 'turnstile',
  context: ({ input }) => input,
  initial: 'locked',
  on: { close: '.closed' },
  states: {
    locked: { on: { coin: { target: 'open', actions: assign({ coins: ({ context }) => context.coins + 1 }) } } },
    open: { on: { push: 'locked' } },
    closed: { type: 'final' },
  },
  output: ({ context }) => ({ coins: context.coins }),
})

const plant = defineTool({
  name: 'plant',
  description: 'Plants a tree.',
  input: z.strictObject({ tree: z.string() }),
  run: ({ tree }) => `The ${tree} stands.`,
})
const gardener = defineAgent({ name: 'gardener', instructions: 'You plant trees.', tools: [plant] })

const trees = ['oak', 'elm', 'ash', 'yew']
const isQuestion = (task: Json): boolean => Object.hasOwn(Object(task), 'question')
// A question is answered beside the work, from the same conversation.
const model = scripted(
  {
    gardener: ({ task, caller, messages }) => {
      if (isQuestion(task))
        return `I am at work; ${messages.filter(({ role }) => role === 'assistant').length} trees so far.`
      const tree = trees[caller.turn]
      return tree === undefined ? report(`${trees.length} trees.`) : use('plant', { tree })
    },
  },
  { latencyMs: 60 },
)

await using system = await createSystem({ machines: [turnstile], model })

const address = await system.spawn(turnstile, { id: 'gate', input: { coins: 0 } })
for (const type of ['push', 'coin', 'push', 'coin']) {
  await system.send(address, { type }) // resolves when the message is durable
  await system.idle()
  console.log(`${type.padEnd(5)} → ${JSON.stringify(system.status(address)[0]!.state)}`)
}
await system.send(address, { type: 'close' })
console.log(`the gate has ended: ${JSON.stringify((await system.ended(address)).output)}`)

const run = await system.start(gardener, 'Plant four trees.', { id: 'garden' })
const answer = await system.ask('garden/gardener', 'How far are you?')
console.log(`asked at work: ${answer.answered ? answer.text : 'no answer'}`)
const result = await run.result()
console.log(`in the end: ${result.status === 'complete' ? result.output : result.failure.message}`)
