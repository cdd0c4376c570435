// A world for the kernel. Owns actors stepped by hand, with what they asked for kept as plain data: no store, no time.
//   W1. With `restored`, every actor is written as text and read again after each of its steps.
import type { AnyActorLogic, EventObject } from 'xstate'
import { createCodec } from '../../src/runtime/codec.ts'
import { TroupeError } from '../../src/runtime/errors.ts'
import type { Json } from '../../src/runtime/json.ts'
import {
  type Effect,
  type Identity,
  initial,
  type Live,
  type Prepared,
  prepare,
  restore,
  type Stepped,
  serialise,
  step,
} from '../../src/runtime/kernel.ts'
import { apply, diff, type Operation } from '../../src/runtime/patch.ts'

export const root: Identity = { address: 'root', parent: null, incarnation: 1, revision: 1 }
export const throughText = (json: unknown): Json => JSON.parse(JSON.stringify(json)) as Json

type Actor = { identity: Identity; prepared: Prepared; live: Live; stored: Json; id: string; token: string }
type Call = { owner: string; id: string; token: string }
type Timer = { owner: string; key: string; to: string; event: Json }
type Letter = { to: string; event: Json; token?: string }

/** An effect with its values as the store would have them. */
export const plainEffect = (effect: Effect): Json => {
  const parts = Object.entries(effect).map(([name, part]) => [name, createCodec().encode(part)])
  return throughText(Object.fromEntries(parts))
}

export class World {
  readonly trace: string[] = []
  readonly #restored: boolean
  readonly #codec = createCodec()
  #actors = new Map<string, Actor>()
  #calls: Call[] = []
  #timers: Timer[] = []
  #inbox: Letter[] = []

  constructor(logic: AnyActorLogic, options: { restored: boolean }) {
    this.#restored = options.restored
    this.#begin({ identity: root, prepared: prepare('root', logic), id: 'root', token: '' }, undefined)
  }

  /** Does one of the things that could happen next; `choice` says which. */
  next(choice: number): void {
    const [kind, which] = [choice % 8, Math.floor(choice / 8)]
    const [timer, call] = [this.#timers[which % this.#timers.length], this.#calls[which % this.#calls.length]]
    if (kind < 3 && this.#inbox.length > 0) this.#take(this.#inbox.shift()!)
    else if (kind === 3 && timer) this.#fire(timer)
    else if (kind === 4 && call) this.#end(call, which)
    else this.#take({ to: 'root', event: { type: 'ABCDE'[which % 5]!, which } })
  }

  #fire(timer: Timer): void {
    this.#timers = this.#timers.filter((other) => other !== timer)
    this.#take({ to: timer.to, event: timer.event })
  }

  #end(call: Call, which: number): void {
    this.#calls = this.#calls.filter((other) => other !== call)
    const { id, token, owner } = call
    const event =
      which % 3 === 0
        ? { type: `xstate.error.actor.${id}`, error: new Error('no'), actorId: id }
        : { type: `xstate.done.actor.${id}`, output: { which }, actorId: id }
    this.#take({ to: owner, token, event: createCodec().encode(event) })
  }

  #take({ to, event, token }: Letter): void {
    const actor = this.#actors.get(to)
    if (!actor) return
    if (token !== undefined && !Object.values(actor.live.children ?? {}).some((child) => child.token === token)) return
    const identity = { ...actor.identity, revision: actor.identity.revision + 1 }
    const decoded = this.#codec.decode(throughText(event)) as EventObject
    this.#attempt(`${to} ${JSON.stringify(event)}`, actor, identity, () =>
      step(actor.prepared, identity, actor.live, decoded),
    )
  }

  #begin(actor: Pick<Actor, 'identity' | 'prepared' | 'id' | 'token'>, input: unknown): void {
    const born = { ...actor, live: { status: 'active' }, stored: null }
    this.#actors.set(actor.identity.address, born)
    this.#attempt(`${actor.identity.address} begins`, born, actor.identity, () =>
      initial(actor.prepared, actor.identity, input),
    )
  }

  #attempt(what: string, actor: Actor, identity: Identity, make: () => Stepped): void {
    let stepped: Stepped
    try {
      stepped = make()
    } catch (error) {
      if (!(error instanceof TroupeError)) throw error
      this.trace.push(`${what}: ${error.code} ${error.message}`)
      if (actor.stored === null) this.#actors.delete(identity.address)
      return
    }
    this.#keep(actor, identity, stepped.snapshot)
    const effects = stepped.effects.list.map(plainEffect)
    this.trace.push(`${what}: ${JSON.stringify(actor.stored)} ${JSON.stringify(effects)}`)
    stepped.effects.list.forEach((effect, index) => void this.#carryOut(actor, effect, effects[index]!))
    if (stepped.snapshot.status !== 'active') this.#over(actor)
  }

  #keep(actor: Actor, identity: Identity, live: Live): void {
    const json = serialise(this.#codec, actor.prepared, live)
    const patched =
      actor.stored === null
        ? json
        : apply(actor.stored, throughText(diff(actor.stored, json)) as unknown as Operation[])
    actor.stored = this.#restored ? throughText(patched) : json
    actor.identity = identity
    actor.live = this.#restored ? restore(createCodec(), actor.prepared, identity, actor.stored) : live
  }

  #carryOut({ identity, prepared }: Actor, effect: Effect, plain: Json): void {
    const { address } = identity
    const data = plain as { event: Json }
    const at = 'id' in effect ? `${address}/${effect.id}` : ''
    if (effect.kind === 'stop') this.#stop(at)
    if (effect.kind === 'call') this.#calls.push({ owner: address, id: effect.id, token: effect.token })
    if (effect.kind === 'send') this.#inbox.push({ to: effect.to, event: data.event })
    if (effect.kind === 'timer')
      this.#timers.push({ owner: address, key: effect.key, to: effect.to, event: data.event })
    if (effect.kind === 'clear')
      this.#timers = this.#timers.filter(({ owner, key }) => owner !== address || key !== effect.key)
    if (effect.kind !== 'spawn') return
    const source = prepared.source(effect.src)
    if (source?.kind !== 'actor') throw new Error(`${effect.src} is no actor`)
    this.#begin(
      {
        identity: { address: at, parent: address, incarnation: 1, revision: 1 },
        prepared: prepare(effect.src, source.logic),
        id: effect.id,
        token: effect.token,
      },
      this.#codec.decode((plain as { input: Json }).input),
    )
  }

  #over(actor: Actor): void {
    const { id, token, live } = actor
    const { parent, address } = actor.identity
    this.#stop(address)
    if (parent === null) return
    const event =
      live.status === 'done'
        ? { type: `xstate.done.actor.${id}`, output: live.output, actorId: id }
        : { type: `xstate.error.actor.${id}`, error: live.error, actorId: id }
    this.#inbox.push({ to: parent, token, event: createCodec().encode(event) })
  }

  #stop(address: string): void {
    const within = (other: string) => other === address || other.startsWith(`${address}/`)
    this.#actors = new Map([...this.#actors].filter(([other]) => !within(other)))
    this.#timers = this.#timers.filter(({ owner }) => !within(owner))
    this.#calls = this.#calls.filter(({ owner, id }) => !within(owner) && !within(`${owner}/${id}`))
  }
}
