// Send. Owns messages from outside: refused, or durable before they are acknowledged (C1), and applied once (C4).
//   O1. Sends to one address are admitted in the order they were made, though some look into the store first (C12).
import { createHash } from 'node:crypto'
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import { bury, checkEvent, checkRoom, deliveryOf, enveloped, parseFor, post } from './letters.ts'
import { type Core, checkAlive, checkOpen, type Entry, now } from './state.ts'

export type SendOptions = {
  /** Give one to make sending again safe: the same id is applied at most once for seven days. */
  id?: string
  /** When the message was first sent, ms since 1970: beyond the time ids are remembered it is refused as expired. */
  sentAt?: number
  /** Who sends, for the record. Default `@outside`. */
  from?: string
  /** −1 low, 0 normal, 1 high. Default what the message says itself, else 0. */
  priority?: -1 | 0 | 1
  /** Not delivered after this time, ms since 1970. */
  expiresAt?: number
}

export type Receipt = { id: string | null; duplicate: boolean }

/** A caller's value as JSON of our own: the caller may change it afterwards. */
export const detach = (core: Core, value: unknown, at: string): { json: Json; text: string } => {
  const text = JSON.stringify(core.intake.encode(value, at))
  const bytes = Buffer.byteLength(text)
  if (bytes > core.limits.messageBytes)
    throw new TroupeError(
      'message.too-large',
      `${at} has ${bytes} bytes as JSON, more than the ${core.limits.messageBytes} allowed; store it as an artifact and send a reference`,
      { place: at },
    )
  return { json: JSON.parse(text) as Json, text }
}

const whereIs = async (core: Core, address: string): Promise<TroupeError> => {
  const place = { place: address }
  const aside = core.quarantined.some((one) => one.address === address)
  if (core.entries.get(address)?.row.status === 'quarantined' || aside)
    return new TroupeError(
      'actor.quarantined',
      `${address} is set aside, since its state could not be taken up; see the quarantined actors for the reason`,
      place,
    )
  const row = await core.store.actor(address)
  if (!row && !core.births.has(address))
    return new TroupeError(
      'actor.unknown',
      `there is no actor ${address}; list the actors of a run with status()`,
      place,
    )
  return new TroupeError('actor.done', `${address} has ended and takes no more messages; start another`, place)
}

type Sending = SendOptions & { address: string; json: Json; text: string }

/** Keeps a message that nobody will take, says so durably, and throws why. */
const buried = async (core: Core, { address, json, from }: Sending, error: TroupeError): Promise<never> => {
  core.counters.accepted++
  const message = { from: from ?? '@outside', event: json }
  bury(core, { target: address, reason: error.code, error, message })
  await core.writer.durable()
  throw error
}

/** Where a message goes now; null when nobody lives there. */
const livingAt = (core: Core, address: string): Entry | null => {
  const entry = core.entries.get(address)
  return entry?.row.status === 'active' ? entry : null
}

/** Puts the message into its mailbox. Throws what the mailbox says; then nothing has happened. */
const place = (core: Core, entry: Entry, sending: Sending): number => {
  checkRoom(core, entry)
  const said = deliveryOf(sending.json)
  const envelope = {
    from: sending.from ?? '@outside',
    priority: sending.priority ?? said.priority,
    expiresAt: sending.expiresAt ?? said.expiresAt,
  }
  const id = sending.id ?? null
  const named = { ...envelope, id: id ?? `m${core.seq + 1}`, sentAt: now(core) }
  const event = parseFor(core, entry, enveloped(named, entry, sending.json))
  return post(core, { ...envelope, id, entry, event }).seq
}

/** `placed`: the message's number in its mailbox; null when it is none. */
type Admitted = { duplicate: boolean; placed: number | null; durable: Promise<unknown> }
const unplaced = (durable: Promise<unknown>, duplicate = false): Admitted => ({ duplicate, placed: null, durable })

const admit = (core: Core, sending: Sending): Admitted => {
  const entry = livingAt(core, sending.address)
  if (!entry) return unplaced(whereIs(core, sending.address).then((error) => buried(core, sending, error)))
  let placed: number
  try {
    placed = place(core, entry, sending)
  } catch (error) {
    if (!(error instanceof TroupeError) || error.code === 'mailbox.full') throw error
    return unplaced(buried(core, sending, error))
  }
  return { duplicate: false, placed, durable: core.writer.durable() }
}

/** Whether a message with this id was accepted before. */
const wasAccepted = (known: string, id: string, hash: string): true => {
  if (known === hash) return true
  throw new TroupeError('message.conflict', `another message was sent with the id "${id}"; give this one its own`, {
    place: id,
  })
}

/** Admits a message with an id, unless it was admitted before (C4). */
const admitOnce = async (core: Core, sending: Sending, id: string): Promise<Admitted> => {
  const hash = createHash('sha256').update(`${sending.address}\n${sending.text}`).digest('base64url')
  for (let under = core.receipts.get(id); under; under = core.receipts.get(id)) {
    wasAccepted(under.hash, id, hash)
    await under.over // the first of two sends decides, and may yet be refused
  }
  const { promise: over, resolve } = Promise.withResolvers<void>()
  core.receipts.set(id, { hash, over })
  const finished = () => {
    core.receipts.delete(id)
    resolve()
  }
  try {
    const stored = await core.store.receipt(id)
    checkAlive(core)
    const duplicate = stored !== null && wasAccepted(stored.hash, id, hash)
    const admitted = duplicate ? unplaced(Promise.resolve(), duplicate) : admit(core, sending)
    if (admitted.placed !== null)
      core.writer.write({ do: 'receipt.add', row: { id, hash, seq: admitted.placed, at: now(core) } })
    admitted.durable.then(finished, finished)
    return admitted
  } catch (error) {
    finished()
    throw error
  }
}

const nothing = () => {}

/** Runs `work` after every admission to this address that is still looking into the store (O1). */
const inOrder = <T>(core: Core, address: string, work: () => T | Promise<T>): T | Promise<T> => {
  const before = core.admitting.get(address)
  const result = before ? before.then(work) : work()
  if (!(result instanceof Promise)) return result
  const tail = result.then(nothing, nothing)
  core.admitting.set(address, tail)
  void tail.then(() => {
    if (core.admitting.get(address) === tail) core.admitting.delete(address)
    core.wake()
  })
  return result
}

/** Accepts a message. Resolves when it is durable; rejects with a typed error when it is not accepted. */
export const acceptMessage = async (
  core: Core,
  address: string,
  event: unknown,
  options: SendOptions,
): Promise<Receipt> => {
  checkOpen(core)
  const sending: Sending = { ...options, address, ...detach(core, event, 'message') }
  if (options.sentAt !== undefined && options.sentAt < now(core) - core.limits.receiptsMs)
    throw new TroupeError(
      'message.expired',
      'this message is older than the time for which ids are remembered; look whether it was applied, and send it with a new id',
    )
  try {
    checkEvent(sending.json)
  } catch (error) {
    return buried(core, sending, error as TroupeError)
  }
  const { id } = options
  const work = () => {
    checkAlive(core)
    return id === undefined ? admit(core, sending) : admitOnce(core, sending, id)
  }
  const admitted = await inOrder<Admitted>(core, address, work)
  await admitted.durable
  return { id: id ?? null, duplicate: admitted.duplicate }
}
