// Choose run. Owns which run a `troupe run` means: one that ended, one to go on with, or a new one. It only reads.
//   1. An id names its run, whatever else is given. 2. Without one, the same work for the same agents goes on where it was.
import type { Random } from '../runtime/random.ts'
import type { RunRow } from '../runtime/store.ts'
import { aboutRun, lookInto, taskOfRun } from './stored.ts'

export type Wanted = {
  id: string | undefined
  /** Null when none was typed. */
  task: string | null
  defaultTask: string
  input: string | null
  agents: string
  /** Null when none was typed. */
  quality: number | null
}

export type ChosenRun = {
  id: string
  /** The row of a run that exists. */
  row: RunRow | null
  /** Whether the store chose it, and not its id. */
  found: boolean
  /** Numbers of events up to here were given before. */
  seq: number
  /** Other runs under way: they go on when the store is opened, if their agents are the same. */
  others: RunRow[]
}

const small = new Set(
  'and are does for from give has have how make that the this use what when which who why with write'.split(' '),
)

const slug = (task: string): string =>
  task
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9 ]+/g, '')
    .split(' ')
    .filter((word) => word.length > 2 && !small.has(word))
    .slice(0, 3)
    .join('-')
    .slice(0, 32)

const freshId = (task: string, random: Random): string => `${slug(task) || 'run'}-${random.id().slice(0, 4)}`

const isSame = (row: RunRow, wanted: Wanted): boolean => {
  const { input, about } = aboutRun(row)
  const { description, quality } = taskOfRun(row)
  return (
    about.agents === wanted.agents &&
    description === (wanted.task ?? wanted.defaultTask) &&
    input === wanted.input &&
    quality === (wanted.quality ?? 80)
  )
}

/** Which run is meant, as the store has it now. */
export const chooseRun = async (file: string, wanted: Wanted, random: Random): Promise<ChosenRun> => {
  const fresh = wanted.id ?? freshId(wanted.task ?? wanted.defaultTask, random)
  const reader = await lookInto(file)
  if (!reader) return { id: fresh, row: null, found: false, seq: 0, others: [] }
  try {
    const [{ seq }, runs] = [await reader.meta(), await reader.runs()]
    const active = runs.filter(({ status }) => status === 'active')
    const same = wanted.id === undefined ? active.filter((row) => isSame(row, wanted)) : []
    const row = wanted.id === undefined ? (same.length === 1 ? same[0]! : null) : await reader.run(wanted.id)
    const id = row?.id ?? fresh
    return { id, row, found: wanted.id === undefined, seq, others: active.filter((other) => other.id !== id) }
  } finally {
    await reader.close()
  }
}
