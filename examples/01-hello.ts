// 01: one agent, one task. Run it: npx node --conditions=source examples/01-hello.ts
import { createSystem, defineAgent } from 'troupe'
import { report, scripted } from 'troupe/models'

const greeter = defineAgent({ name: 'greeter', instructions: 'You greet people by name, in one sentence.' })

// A model whose answers are written beforehand. With a key: anthropic({ apiKey }) from 'troupe/models'.
const model = scripted({ greeter: [[report('Good morning, Ada.', { confidence: 1 })]] })

await using system = await createSystem({ model })
const result = await system.run(greeter, 'Greet Ada.')

if (result.status === 'complete') {
  console.log(result.output)
  console.log(`${result.agent} was ${result.confidence * 100} % sure and made ${result.metrics.modelCalls} model call.`)
}
