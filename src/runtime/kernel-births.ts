// Kernel births. Owns which of the children that XState constructed in a step begin to live, and under which names.
//   B1. One that was stopped or replaced in the same step never lived: no birth, and nobody at its address.
//   B2. A child's token is (revision, index): it tells one life from the next under the same id (C27).
import { TroupeError } from './errors.ts'
import type { Prepared, Source } from './kernel-prepare.ts'
import { type Constructed, disarm, type Effect, type Identity, type Reference } from './kernel-scope.ts'

export type Birth = { effect: Effect & { kind: 'spawn' | 'call' }; reference: Reference }

type Nursery = {
  identity: Identity
  prepared: Prepared
  constructed: readonly Constructed[]
  /** What the machine stopped in this step. */
  stopped: ReadonlySet<unknown>
  /** XState's children after the step. */
  after: Readonly<Record<string, unknown>>
}

const refusal = (code: 'machine.invalid' | 'machine.not-durable', identity: Identity, text: string): TroupeError =>
  new TroupeError(code, `the machine of ${identity.address} ${text}`, { place: identity.address })

const unknownSource = (identity: Identity, src: string): TroupeError =>
  refusal('machine.invalid', identity, `starts "${src}", which is not among its actors; provide it`)

const sourceOf = ({ identity, prepared }: Nursery, { id, src, options }: Constructed): Source & { src: string } => {
  if (typeof src !== 'string')
    throw refusal(
      'machine.not-durable',
      identity,
      `spawned "${id}" from inline logic; register it in setup({ actors }) and spawn it by name`,
    )
  if (options?.syncSnapshot)
    throw refusal(
      'machine.not-durable',
      identity,
      `watches the snapshot of "${id}"; let the child send a message instead`,
    )
  const source = prepared.source(src)
  if (!source) throw unknownSource(identity, src)
  if (source.kind === 'volatile')
    throw refusal(
      'machine.not-durable',
      identity,
      `starts "${src}", a callback or observable, which cannot survive a restart; use a promise, a transition function or a machine`,
    )
  if (id === '' || /[/@]/.test(id))
    throw refusal(
      'machine.invalid',
      identity,
      `starts a child with the id "${id}"; an id is not empty and has no "/" and no "@"`,
    )
  return { ...source, src }
}

/** Whether XState gave the child its id: it knows several such of one step by one key, "undefined". */
const isUnnamed = ({ id, sessionId }: Constructed): boolean => id === sessionId

const bear = (nursery: Nursery, child: Constructed, index: number): Birth => {
  const { address, revision } = nursery.identity
  const { id, options } = child
  const { kind, src } = sourceOf(nursery, child)
  const token = `${revision}.${index}`
  return {
    effect: { kind: kind === 'call' ? 'call' : 'spawn', id, src, token, input: options?.input },
    reference: disarm(child, { address: `${address}/${id}`, id, src, token }),
  }
}

/** No address holds an "@": what was sent to this one reaches nobody, and nobody else. */
const miscarry = ({ address }: Identity, child: Constructed): void => {
  const id = `${child.id}@${child.sessionId}`
  disarm(child, { address: `${address}/${id}`, id, src: '', token: '' })
}

/** The births of a step, in the order of construction. The references are what XState constructed, since the context may hold it. */
export const bornIn = (nursery: Nursery): Birth[] => {
  const { identity, constructed, stopped, after } = nursery
  for (const [id, child] of Object.entries(after)) if (child === undefined) throw unknownSource(identity, id) // XState's answer to a source that it cannot find
  const present = new Set(Object.values(after))
  const births: Birth[] = []
  for (const child of constructed) {
    const lives = !stopped.has(child) && (isUnnamed(child) || present.has(child))
    if (lives) births.push(bear(nursery, child, births.length))
    else miscarry(identity, child)
  }
  return births
}
