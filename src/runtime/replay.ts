// Replay. Owns taking a run to an earlier position: its journal again, turn by turn, through the same code over a scratch store.
//   G1. Messages, timers and call results are taken in the recorded order and at the recorded time; no call is made.
//   G2. Afterwards the scratch store holds what the store held then: actors, waiting messages, armed timers, open calls.
//   G3. A machine that does something else now than it did then is found out at the first turn that differs (C8).
import { bearRoot } from './births.ts'
import { failFinally, succeed } from './call-end.ts'
import type { Clock } from './clock.ts'
import { createCore } from './core.ts'
import type { Definition } from './definition.ts'
import { stopTree } from './ends.ts'
import { type ErrorCode, type Failure, TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import { foreign } from './kernel-scope.ts'
import type { StoredLetter } from './letter-text.ts'
import { post } from './letters.ts'
import type { Observers } from './observers.ts'
import { seededRandom } from './random.ts'
import { atOneTime, type Core, type Entry, enqueue, type Letter } from './state.ts'
import { isLiving, type JournalRow, type OutcomeRow, type Store, type StoreReader } from './store.ts'
import { turn } from './turn.ts'

export type ReplayOptions = {
  /** The run, by the address of its root actor. */
  run: string
  /** The last journal position to replay. */
  until: number
  definition: Definition
  /** An empty store to replay into. */
  scratch: Store
  limits: Core['limits']
}

const page = 500

async function* journalOf(source: StoreReader, run: string, until: number): AsyncGenerator<JournalRow> {
  for (let after = 0; ; ) {
    const rows = await source.journal({ run, after, limit: page })
    for (const row of rows) {
      if (row.seq > until) return
      yield row
    }
    if (rows.length < page) return
    after = rows.at(-1)!.seq
  }
}

const silent: Observers = {
  subscribe: () => () => {},
  subscribeParts: () => () => {},
  committed: () => {},
  part: () => {},
  told: async () => {},
}

/** A runtime that takes no turn by itself and starts no call. */
const createStill = async ({ scratch, limits }: ReplayOptions): Promise<{ core: Core; setTime(at: number): void }> => {
  let time = 0
  const clock: Clock = { now: () => time, setTimer: () => ({ clear: () => {} }) }
  const meta = await scratch.open({ now: 0 })
  const judge: Core['judge'] = () => ({ status: 'complete', result: null })
  const core = createCore({
    store: scratch,
    clock,
    random: seededRandom(1),
    limits,
    judge,
    meta,
    observers: silent,
    rested: () => {},
  })
  core.draining = true
  core.wake = () => {}
  return {
    core,
    setTime: (at) => {
      time = at
    },
  }
}

const diverged = (row: JournalRow, address: string, what: string): TroupeError =>
  new TroupeError(
    'replay.diverged',
    `at ${row.seq}, ${address} ${what}; the machine has changed since, or a part of the journal is gone: replay with the machine of that time`,
    { place: address, details: { seq: row.seq, revision: row.revision } },
  )

/** Ends the call as it ended then, so that the message of its result is in the mailbox. */
const endCall = (core: Core, entry: Entry, outcome: OutcomeRow, child: string): boolean => {
  const call = entry.calls.get(child)
  if (!call) return false
  if (outcome.status === 'done') {
    const output = core.codec.decode(JSON.parse(outcome.result ?? 'null') as Json, foreign)
    const { inputTokens, outputTokens, usd } = outcome
    succeed(core, call, { output, usage: { inputTokens, outputTokens, usd } })
  } else {
    const { code, message, ...rest } = JSON.parse(outcome.error ?? '{}') as Failure & { code: ErrorCode } // call-rows.ts wrote it
    failFinally(core, call, new TroupeError(code, message, rest), 'none')
  }
  return true
}

const isSame = (letter: Letter, stored: StoredLetter): boolean =>
  letter.from === stored.from && JSON.stringify(letter.event) === JSON.stringify(stored.event)

/** The armed timer that was taken then, wherever it was armed: a delayed message is its sender's timer. */
const armedTimer = (core: Core, entry: Entry, stored: StoredLetter): Letter | undefined => {
  const sender = core.entries.get(stored.from) ?? entry
  return [...entry.timers, ...sender.timers].find(
    (letter) => letter.timer!.to === entry.row.address && isSame(letter, stored),
  )
}

const unarm = (core: Core, letter: Letter, entry: Entry, stored: StoredLetter): void => {
  letter.entry.timers.delete(letter)
  if (letter.entry === entry) return enqueue(entry, letter)
  core.writer.take(letter)
  post(core, { entry, from: stored.from, event: letter.event, id: stored.id ?? null })
}

/** Brings the message that was taken then to the front of the mailbox. */
const bringForward = async (core: Core, source: StoreReader, entry: Entry, row: JournalRow): Promise<void> => {
  const stored = JSON.parse(row.message) as StoredLetter // letter-text.ts wrote it
  const { address } = entry.row
  if (stored.$call) {
    const named = stored.$call
    const call = await source.call(named.call)
    const outcome = (await source.outcomes({ call: named.call })).find(({ seq }) => seq === named.seq)
    if (!call || !outcome || !endCall(core, entry, outcome, call.child))
      throw diverged(row, address, 'took the result of a call it does not make now')
    return front(
      entry,
      entry.queue.findLast(({ outcome: told }) => told !== null),
    )
  }
  const timer = stored.internal ? armedTimer(core, entry, stored) : undefined
  if (timer) unarm(core, timer, entry, stored)
  const waiting = entry.queue.find((letter) => isSame(letter, stored))
  if (waiting) return front(entry, waiting)
  if (core.entries.has(stored.from))
    throw diverged(row, address, `took "${(stored.event as { type: string }).type}", which nobody sends it now`)
  const { event = null, from, id = null, priority = 0 } = stored
  front(entry, post(core, { entry, from, event, id, priority }))
}

const front = (entry: Entry, letter: Letter | undefined): void => {
  if (!letter) return
  entry.queue = [letter, ...entry.queue.filter((other) => other !== letter)]
}

/** Turns that the runtime makes by itself, as part of another. */
const isImplied = (type: string | undefined): boolean => type === 'xstate.init' || type === 'troupe.failed'

const takeAgain = async (core: Core, source: StoreReader, row: JournalRow, address: string): Promise<void> => {
  const type = ((JSON.parse(row.message) as StoredLetter).event as { type?: string } | undefined)?.type
  if (isImplied(type)) return
  const entry = core.entries.get(address)
  if (type === 'xstate.stop') {
    if (entry && isLiving(entry.row.status)) stopTree(core, entry, 'stopped')
    return
  }
  if (!entry || !isLiving(entry.row.status)) throw diverged(row, address, 'took a turn, and does not live now')
  await bringForward(core, source, entry, row)
  atOneTime(core, () => turn(core, entry))
  if (entry.row.revision !== row.revision)
    throw diverged(row, address, `is at revision ${entry.row.revision} after a turn that made it ${row.revision}`)
}

/**
 * Replays a run up to a position. Returns the runtime as it was then, over `scratch`, at rest; whatever would have been
 * done next is in its rows. Throws `replay.diverged` where a machine does something else now.
 */
export const replay = async (source: StoreReader, options: ReplayOptions): Promise<Core> => {
  const { run, until, definition } = options
  const { core, setTime } = await createStill(options)
  const root = await source.actor(run)
  if (!root) throw new TroupeError('run.unknown', `there is no run "${run}"; list them with runs()`, { place: run })
  const names = new Map<number, string>()
  let begun = false
  for await (const row of journalOf(source, run, until)) {
    setTime(row.at)
    if (!begun)
      atOneTime(core, () =>
        bearRoot(core, { address: run, definition, input: JSON.parse(root.input ?? 'null') as Json }),
      )
    begun = true
    if (!names.has(row.actor)) names.set(row.actor, (await source.actorById(row.actor))?.address ?? '')
    await takeAgain(core, source, row, names.get(row.actor)!)
  }
  if (!begun)
    throw new TroupeError('run.unknown', `the run "${run}" has no journal up to ${until}; choose a later checkpoint`, {
      place: run,
    })
  const durable = core.writer.durable()
  core.writer.flush()
  await durable
  return core
}
