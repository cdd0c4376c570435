// Send. Owns messages from outside: refused, or durable before they are acknowledged (C1), and applied once (C4).
import { createHash } from 'node:crypto'
import { TroupeError } from './errors.ts'
import type { Json } from './json.ts'
import { bury, checkEvent, checkRoom, enveloped, parseFor, post } from './letters.ts'
import { type Core, type Entry, now } from './state.ts'

export type SendOptions = {
  /** Give one to make sending again safe: the same id is applied at most once for seven days. */
  id?: string
  /** When the message was first sent, ms since 1970: beyond the time ids are remembered it is refused as expired. */
  sentAt?: number
  /** Who sends, for the record. Default `@outside`. */
  from?: string
  /** −1 low, 0 normal, 1 high. */
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
  const row = await core.store.actor(address)
  if (!row)
    return new TroupeError('actor.unknown', `there is no actor ${address}; list the actors of a run with status()`, {
      place: address,
    })
  if (row.status === 'quarantined')
    return new TroupeError(
      'actor.quarantined',
      `${address} is set aside, since its state could not be taken up; see the dead letters`,
      { place: address },
    )
  return new TroupeError('actor.done', `${address} has ended (${row.status}) and takes no more messages`, {
    place: address,
  })
}

/** Follows up an id from outside: null when it is new. */
const knownReceipt = async (core: Core, id: string, hash: string): Promise<Receipt | null> => {
  const known = core.receipts.get(id) ?? (await core.store.receipt(id))?.hash
  if (known === undefined) return null
  if (known === hash) return { id, duplicate: true }
  throw new TroupeError('message.conflict', `another message was sent with the id "${id}"; give this one its own`, {
    place: id,
  })
}

const buried = async (core: Core, target: string, error: TroupeError, message: Json): Promise<never> => {
  core.counters.accepted++
  bury(core, { target, reason: error.code, error, message })
  await core.writer.durable()
  throw error
}

const place = (core: Core, entry: Entry, json: Json, options: SendOptions): void => {
  const envelope = {
    from: options.from ?? '@outside',
    id: options.id ?? null,
    priority: options.priority ?? 0,
    expiresAt: options.expiresAt ?? null,
  }
  const event = parseFor(entry, enveloped({ ...envelope, sentAt: now(core), seq: core.seq + 1 }, entry, json))
  post(core, { ...envelope, entry, event })
}

/** Accepts a message. Resolves when it is durable; rejects with a typed error when it is not accepted. */
export const acceptMessage = async (
  core: Core,
  address: string,
  event: unknown,
  options: SendOptions,
): Promise<Receipt> => {
  if (core.failure) throw core.failure
  if (core.closing)
    throw new TroupeError('system.closed', 'the system is closed; open it again and send the message then')
  const { json, text } = detach(core, event, 'message')
  const id = options.id ?? null
  if (options.sentAt !== undefined && options.sentAt < now(core) - core.limits.receiptsMs)
    throw new TroupeError(
      'message.expired',
      'this message is older than the time for which ids are remembered; look whether it was applied, and send it with a new id',
    )
  try {
    checkEvent(json)
  } catch (error) {
    return buried(core, address, error as TroupeError, json)
  }
  const hash = id === null ? '' : createHash('sha256').update(`${address}\n${text}`).digest('base64url')
  if (id !== null) {
    const known = await knownReceipt(core, id, hash)
    if (known) {
      await core.writer.durable()
      return known
    }
    // Two sends of one id may have waited for the store together: the second finds the first here.
    if (core.receipts.has(id)) return acceptMessage(core, address, event, options)
    core.receipts.set(id, hash)
  }
  return admit(core, address, json, { ...options, hash })
}

const admit = async (
  core: Core,
  address: string,
  json: Json,
  options: SendOptions & { hash: string },
): Promise<Receipt> => {
  const id = options.id ?? null
  const entry = core.entries.get(address)
  try {
    if (entry?.row.status !== 'active') throw await whereIs(core, address)
    checkRoom(core, entry)
    place(core, entry, json, options)
  } catch (error) {
    if (id !== null) core.receipts.delete(id)
    if (!(error instanceof TroupeError) || error.code === 'mailbox.full') throw error
    return buried(core, address, error, json)
  }
  if (id !== null) {
    core.writer.write({ do: 'receipt.add', row: { id, hash: options.hash, seq: core.seq, at: now(core) } })
    core.writer.after(() => void core.receipts.delete(id))
  }
  core.wake()
  await core.writer.durable()
  return { id, duplicate: false }
}
