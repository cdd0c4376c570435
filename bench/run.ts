// Bench. Owns the command: which measurements are made, how often, and how they are printed, one JSON line each.
//   npm run bench -- [--quick] [--only <name>]…
import { parseArgs } from 'node:util'
import { idle } from './idle.ts'
import { imports } from './imports.ts'
import { type Figure, figures } from './measure.ts'
import { recovery } from './recovery.ts'
import { sqliteSteps } from './sqlite-baseline.ts'
import { steps } from './steps.ts'
import { turns } from './turns.ts'
import { xstateSteps } from './xstate-baseline.ts'

type Measurement = {
  name: string
  /** What it is compared with, made in the same process just after it. */
  baseline?: string
  repetitions: number
  once(): Promise<Record<string, number>>
}

const measurements = (quick: boolean): Measurement[] => {
  const size = (full: number, short: number) => (quick ? short : full)
  const repetitions = size(5, 3)
  return [
    { name: 'steps-1', repetitions, baseline: 'sqlite-1', once: () => steps({ runs: 1, tasks: size(600, 150) }) },
    { name: 'sqlite-1', repetitions, once: () => sqliteSteps({ group: 1, tasks: size(600, 150) }) },
    { name: 'steps-64', repetitions, baseline: 'sqlite-64', once: () => steps({ runs: 64, tasks: size(6000, 1500) }) },
    { name: 'sqlite-64', repetitions, once: () => sqliteSteps({ group: 64, tasks: size(6000, 1500) }) },
    {
      name: 'steps-64-kept',
      repetitions,
      baseline: 'sqlite-64',
      once: () => steps({ runs: 64, tasks: size(4000, 1000), keep: 'results' }),
    },
    { name: 'xstate', repetitions, once: () => xstateSteps({ tasks: size(20_000, 3000) }) },
    ...[10, 100, 1000, ...(quick ? [] : [3000])].map((count) => ({
      name: `turns-${count}`,
      repetitions: count > 500 ? size(3, 1) : repetitions,
      once: () => turns({ count }),
    })),
    { name: 'idle', repetitions: size(5, 3), once: () => idle({ actors: size(10_000, 1000) }) },
    { name: 'recovery', repetitions: size(5, 2), once: () => recovery({ runs: size(2000, 200) }) },
    { name: 'import', repetitions: size(9, 3), once: () => imports() },
  ]
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', multiple: true } },
})
const all = measurements(values.quick)
const unknown = values.only?.find((name) => !all.some((one) => one.name.startsWith(name)))
if (unknown !== undefined) {
  process.stderr.write(`there is no measurement "${unknown}"; there are ${all.map(({ name }) => name).join(', ')}\n`)
  process.exit(1)
}

const known = new Map<string, Record<string, Figure>>()
const measure = async ({ name, repetitions, once }: Measurement): Promise<Record<string, Figure>> => {
  const before = known.get(name)
  if (before) return before
  await once() // warms the code up, and is not counted
  const results: Record<string, number>[] = []
  for (let i = 0; i < repetitions; i++) results.push(await once())
  const made = figures(results)
  known.set(name, made)
  return made
}

say({ machine: { node: process.version, platform: `${process.platform}-${process.arch}`, quick: values.quick } })
for (const one of all) {
  if (values.only && !values.only.some((name) => one.name.startsWith(name))) continue
  if (!values.only && all.some(({ baseline }) => baseline === one.name) && known.has(one.name)) continue
  const found = await measure(one)
  const beside = all.find(({ name }) => name === one.baseline)
  say({ name: one.name, ...found, ...(beside && { baseline: { name: beside.name, ...(await measure(beside)) } }) })
}
