// Drive. Owns taking one machine through messages without a runtime: its state, and what each step asks for, as data.
import type { AnyActorLogic, EventObject } from 'xstate'
import { createCodec } from '../../src/runtime/codec.ts'
import { type Effect, initial, type Live, prepare, restore, serialise, step } from '../../src/runtime/kernel.ts'

export type Sent = { to: string; event: EventObject & { [key: string]: unknown } }
export type Asked = Extract<Effect, { kind: 'call' | 'spawn' }>

export interface Driven {
  /** Takes one message; gives what it asked for. */
  send(event: { type: string; [key: string]: unknown }): Effect[]
  readonly effects: readonly Effect[]
  readonly status: string
  /** The names of the states it is in, outermost first, joined with dots. */
  readonly state: string
  readonly output: unknown
  /** What the last step sent, called and said. */
  sent(): Sent[]
  asked(): Asked[]
  notes(): { type: string; [key: string]: unknown }[]
}

const pathOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value as object)
        .map(([name, inner]) => (Object.keys(inner as object).length === 0 ? name : `${name}.${pathOf(inner)}`))
        .join(' ')

/** A machine at an address, driven by hand. Every snapshot goes through its JSON before the next step. */
export const drive = (logic: AnyActorLogic, input: unknown, address = 'run/it'): Driven & { context<T>(): T } => {
  const prepared = prepare('driven', logic)
  const codec = createCodec()
  let revision = 0
  const identity = () => ({ address, parent: address.slice(0, address.lastIndexOf('/')), incarnation: 1, revision })
  let stepped = initial(prepared, identity(), input)
  const live = (): Live =>
    restore(codec, prepared, identity(), JSON.parse(JSON.stringify(serialise(codec, prepared, stepped.snapshot))))
  return {
    send: (event) => {
      const before = live()
      revision++
      stepped = step(prepared, identity(), before, event)
      return stepped.effects.list
    },
    get effects() {
      return stepped.effects.list
    },
    get status() {
      return stepped.snapshot.status
    },
    get state() {
      return pathOf((stepped.snapshot as unknown as { value: unknown }).value)
    },
    get output() {
      return stepped.snapshot.output
    },
    context: <T>() => stepped.snapshot.context as T,
    sent: () => stepped.effects.list.flatMap((one) => (one.kind === 'send' ? [{ to: one.to, event: one.event }] : [])),
    asked: () => stepped.effects.list.filter((one) => one.kind === 'call' || one.kind === 'spawn') as Asked[],
    notes: () => stepped.effects.list.flatMap((one) => (one.kind === 'emit' ? [one.event as never] : [])),
  }
}
