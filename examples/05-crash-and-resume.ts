// 05: the process is killed in the middle of its work, and the work goes on: no call that was answered is made again.
//   This file starts itself as a child, kills it with SIGKILL, and then opens the child's store.
//   Run it: npx node --conditions=source examples/05-crash-and-resume.ts
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createSystem, defineAgent, type Model, type System } from 'troupe'
import { report, scripted } from 'troupe/models'
import { sequential } from 'troupe/patterns'
import { sqliteStore } from 'troupe/stores'

const names = ['surveyor', 'architect', 'builder', 'painter'] as const
const agents = names.map((name) => defineAgent({ name, instructions: `You are the ${name}.` }))
const house = sequential([agents[0]!, ...agents.slice(1)], { name: 'house' })

const last = (address: string): string => address.split('/').at(-1)!

const script = Object.fromEntries(names.map((name) => [name, [[report(`${name}: done`)]]]))

/** Writes down every request that reaches it: what a provider would send a bill for. `stuck` gets its answer after a minute. */
const billed = (dir: string, stuck: string): Model => {
  const [quick, slow] = [scripted(script), scripted(script, { latencyMs: 60_000 })]
  return {
    ...quick,
    generate: async (request, context) => {
      const { name } = request.caller
      await appendFile(join(dir, 'bill'), `${name}\n`)
      console.log(`   ${name} asks the model, attempt ${context.attempt}`)
      return (name === stuck ? slow : quick).generate(request, context)
    },
  }
}

const open = async (dir: string, stuck = ''): Promise<System> => {
  const store = sqliteStore(join(dir, 'store.db'))
  const system = await createSystem({ agents: [house], model: billed(dir, stuck), store })
  system.subscribe((event) => {
    if (event.type === 'call.completed') console.log(`   ${last(event.address)} has its answer, and it is on disk`)
  })
  return system
}

const work = async (dir: string): Promise<void> => {
  await using system = await open(dir, 'builder')
  await system.run(house, 'Build a house.', { id: 'house-1' })
}

const killWhileAsked = async (dir: string, name: string): Promise<void> => {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line)
    if (line.includes(`${name} asks`)) child.kill('SIGKILL')
  }
  const [, signal] = await exited
  console.log(`killed with ${signal}`)
}

const resume = async (dir: string): Promise<void> => {
  await using system = await open(dir) // opening the store is enough: the run goes on
  const result = await (await system.attach('house-1')).result()
  console.log(`${result.status}: ${result.status === 'complete' ? result.output : result.failure.message}`)
}

const [dirOfParent] = process.argv.slice(2)
if (dirOfParent !== undefined) await work(dirOfParent)
else {
  const dir = await mkdtemp(join(tmpdir(), 'troupe-05-'))
  console.log('first process')
  await killWhileAsked(dir, 'builder')
  console.log('second process')
  await resume(dir)
  const bill = (await readFile(join(dir, 'bill'), 'utf8')).trim().split('\n')
  console.log(`the bill: ${names.map((name) => `${name} ${bill.filter((one) => one === name).length}`).join(', ')}`)
  await rm(dir, { recursive: true })
}
