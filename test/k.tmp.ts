import { setup, assign, fromPromise, sendTo, sendParent } from 'xstate'
import { createRuntime } from '../src/runtime/runtime.ts'
import { memoryStore } from '../src/stores/memory.ts'
const step = (n: number) => fromPromise<string,{i:number}>(async ({input}) => `r${n}:${input.i}`.padEnd(1000,'x'))
const child = setup({}).createMachine({ id:'c', initial:'x', context: ({input}: any)=>({n: input}), states:{x:{after: {20: 'y'}}, y: {type:'final'}}, output: ({context}: any) => context.n * 2 })
const m = setup({ actors: { one: step(1), two: step(2), three: step(3), child }, types: { context: {} as {out: string[], kid?: number} } }).createMachine({ id:'m', context: { out: [] as string[] }, initial:'a', output: ({context}) => context, states: {
  a: { invoke: { src:'one', input: {i:1}, onDone: { target: 'b', actions: assign({out: ({context, event}) => [...context.out, event.output.slice(0,5)]}) } } },
  b: { invoke: { src:'two', input: {i:2}, onDone: { target: 'c', actions: assign({out: ({context, event}) => [...context.out, event.output.slice(0,5)]}) } } },
  c: { invoke: { src:'child', id:'kid', input: 21, onDone: { target: 'd', actions: assign({kid: ({event}: any) => event.output }) } } },
  d: { type:'final' } } })
const rt = await createRuntime({ store: memoryStore() })
rt.subscribe((e) => console.log(JSON.stringify(e)))
const a = await rt.spawn(m, { id: 'x1' })
console.log(await rt.ended(a))
console.log(rt.counters(), await rt.store.conservation())
await rt.send('x1', {type:'HI'}).catch((e) => console.log(e.code, e.message))
await rt.close()
