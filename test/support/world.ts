// World. Owns what a test of the runtime lives in: one store's contents, one clock, and as many openings as it likes.
import type { AnyStateMachine } from 'xstate'
import { define } from '../../src/runtime/definition.ts'
import { seededRandom } from '../../src/runtime/random.ts'
import { createRuntime, type Runtime, type RuntimeOptions } from '../../src/runtime/runtime.ts'
import type { Store } from '../../src/runtime/store.ts'
import { memoryData, memoryStore } from '../../src/stores/index.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

export type OpenOptions = Partial<RuntimeOptions> & { wrap?: (store: Store) => Store }

export type World = {
  clock: FakeClock
  data: ReturnType<typeof memoryData>
  /** Opens the store again; what was open must be closed before. */
  open(options?: OpenOptions): Promise<Runtime>
}

/** A store in memory that can be opened again and again, with the machines its actors run. */
export const world = (machines: readonly AnyStateMachine[] = []): World => {
  const data = memoryData()
  const clock = fakeClock()
  const known = new Map(machines.map((machine) => [machine.id, machine]))
  return {
    clock,
    data,
    open: ({ wrap = (store: Store) => store, ...options } = {}) =>
      createRuntime({
        store: wrap(memoryStore({ data })),
        clock,
        random: seededRandom(7),
        registry: (id) => (known.has(id) ? define(known.get(id)!) : null),
        ...options,
      }),
  }
}

/** Lets time pass until nothing is left to wait for, or for `ms`. */
export const passTime = async ({ clock }: Pick<World, 'clock'>, runtime: Runtime, ms = 3_600_000): Promise<void> => {
  const end = clock.now() + ms
  for (;;) {
    await runtime.idle()
    const { next } = clock
    if (next === null || next > end) break
    clock.advance(Math.max(0, next - clock.now()))
  }
  clock.advance(Math.max(0, end - clock.now()))
  await runtime.idle()
}

/** Lets everything go on that waits for nothing but its turn. */
export const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What a promise was rejected with; fails when it was not. */
export const failureOf = async (promise: Promise<unknown>): Promise<Error & { code?: string; place?: string }> => {
  const nothing = Symbol('nothing')
  const caught = await promise.then(
    () => nothing,
    (error: unknown) => error,
  )
  if (caught === nothing) throw new Error('expected a failure, but there was none')
  return caught as Error // what the runtime rejects with
}
