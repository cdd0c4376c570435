// Core. Owns the parts of one runtime put together, and the pump that takes turns and lets the batch be written.
//   P1. Every actor with something to do gets one turn a round; a full batch is written before the next round goes on (C33).
//   P2. An error that is nobody's but ours ends the runtime: a batch half made is never committed.
//   P3. The pump yields to the event loop: work without end starves neither timers nor signals.
import { createBlobs } from './blobs.ts'
import { startQueued } from './call-start.ts'
import { abandonCalls } from './calls.ts'
import type { Clock } from './clock.ts'
import { createCodec } from './codec.ts'
import { carryOut, prepareStep } from './effects.ts'
import { TroupeError } from './errors.ts'
import { load } from './hydrate.ts'
import { createLedger } from './ledger.ts'
import type { Observers } from './observers.ts'
import type { Random } from './random.ts'
import { atOneTime, type Core, makeReady, type RuntimeLimits } from './state.ts'
import type { Meta, Store } from './store.ts'
import { createTimers } from './timers.ts'
import { needsSnapshot, turn } from './turn.ts'
import { asStoreFailure, createWriter } from './writer.ts'

const defaultLimits: RuntimeLimits = {
  messageBytes: 1024 * 1024,
  mailbox: 10_000,
  calls: 256,
  turnsPerCommit: 512,
  attempts: 3,
  receiptsMs: 7 * 24 * 3_600_000,
}

const takeTurns = (core: Core): void => {
  const round = core.ready
  core.ready = []
  let taken = 0
  for (; taken < round.length && !core.writer.full; taken++) {
    const entry = round[taken]!
    entry.ready = false
    if (entry.row.status !== 'active' || entry.queue.length === 0) continue
    if (needsSnapshot(entry)) load(core, entry)
    else {
      atOneTime(core, () => turn(core, entry))
      makeReady(core, entry)
      if (core.writer.ripe) core.writer.flush() // the store writes while more turns are taken
    }
  }
  if (taken < round.length) core.ready = [...round.slice(taken), ...core.ready]
}

/** How many times the pump runs before the event loop gets its turn. */
const beforeYielding = 64

const createPump = (core: Core, rested: () => void) => {
  let scheduled = false
  let runs = 0

  const work = (): void => {
    while (core.ready.length > 0 && !core.writer.full && !core.closing) takeTurns(core)
    startQueued(core)
  }
  const pump = (): void => {
    scheduled = false
    if (core.failure) return
    try {
      work()
    } catch (error) {
      return core.fail(error)
    }
    core.writer.flush()
    if (core.writer.idle) rested()
  }
  const pumpAnew = (): void => {
    runs = 0
    pump()
  }
  return (): void => {
    if (scheduled) return
    scheduled = true
    if (++runs < beforeYielding) queueMicrotask(pump)
    else setImmediate(pumpAnew)
  }
}

export type CoreOptions = {
  store: Store
  clock: Clock
  random: Random
  limits: Partial<RuntimeLimits>
  judge: Core['judge']
  meta: Meta
  observers: Observers
  /** Called whenever everything is written. */
  rested: () => void
}

/** The parts of a runtime over an open store. */
export const createCore = (options: CoreOptions): Core => {
  const { store, clock, random, meta, observers } = options
  const core: Core = {
    store,
    clock,
    random,
    codec: createCodec(),
    intake: createCodec({ keep: false }),
    limits: { ...defaultLimits, ...options.limits },
    entries: new Map(),
    byId: new Map(),
    runs: new Map(),
    receipts: new Map(),
    admitting: new Map(),
    births: new Set(),
    quarantined: [],
    definitions: new WeakMap(),
    settled: new Map(),
    failing: new Set(),
    ready: [],
    running: new Set(),
    queued: [],
    ledger: createLedger(),
    counters: { ...meta.counters },
    seq: meta.seq,
    at: meta.at,
    inTurn: false,
    epoch: meta.epoch,
    failure: null,
    draining: false,
    closing: false,
    judge: options.judge,
    prepareBirth: (entry, stepped, cause) => {
      const prepared = prepareStep(core, entry, stepped)
      return () => carryOut(core, entry, prepared, cause, true)
    },
    observePart: (part) => observers.part(part),
    fail: (cause) => fail(core, asStoreFailure(cause)),
    wake: () => {},
    writer: undefined as never,
    timers: undefined as never,
    blobs: undefined as never, // set in the next lines: each needs the core
  }
  core.writer = createWriter(core, observers.committed)
  core.timers = createTimers(core)
  core.blobs = createBlobs(store, () => core.writer)
  core.wake = createPump(core, options.rested)
  return core
}

const fail = (core: Core, error: TroupeError): void => {
  if (core.failure) return
  core.failure = error
  core.timers.close()
  abandonCalls(core)
  core.writer.stop(error)
  refuseWaiting(core, error)
}

/** Tells everybody who waits for an end that none will come. */
export const refuseWaiting = (core: Core, error: TroupeError): void => {
  for (const refuse of core.failing) refuse(error)
  core.failing.clear()
}

/** What those are told who wait for an end when the runtime is closed. */
export const closedError = (): TroupeError =>
  new TroupeError('system.closed', 'the system was closed before the run ended; open it again to go on')
