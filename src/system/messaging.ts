// Messaging. Owns talking to actors from outside beside a plain send: a question with its answer, and one message to many.
import { type AskOutput, askMachine } from '../machines/ask.ts'
import { TroupeError } from '../runtime/errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { SendOptions } from '../runtime/send.ts'

export type AskOptions = {
  /** Milliseconds to wait for the answer. Default 60,000. */
  timeoutMs?: number
}

export type BroadcastOptions = Pick<SendOptions, 'from' | 'priority' | 'expiresAt'> & {
  /** Addresses that get nothing. */
  except?: readonly string[]
}

export type SentEvent = { type: string; [key: string]: unknown }

const nobodyAt = (address: string): TroupeError =>
  new TroupeError('actor.unknown', `there is no living actor ${address}; list them with status()`, { place: address })

const livingBelow = (runtime: Runtime, address: string): string[] =>
  runtime.status(address).flatMap((one) => (one.status === 'active' ? [one.address] : []))

/** A run answers no questions; its agent does. */
const whoAnswers = async (runtime: Runtime, address: string): Promise<string> => {
  if (!livingBelow(runtime, address).includes(address)) throw nobodyAt(address)
  const run = address.includes('/') ? null : await runtime.store.run(address)
  return run ? `${address}/${run.agent}` : address
}

/** Asks an actor; what does not answer in time is an unknown outcome (C34). */
export const ask = async (
  runtime: Runtime,
  address: string,
  text: string,
  options: AskOptions = {},
): Promise<AskOutput> => {
  const { timeoutMs = 60_000 } = options
  if (!(timeoutMs > 0))
    throw new TroupeError('config.invalid', `timeoutMs is ${timeoutMs}; use 1 ms or more`, { place: 'timeoutMs' })
  const to = await whoAnswers(runtime, address)
  const asking = await runtime.spawn(askMachine, { id: `ask-${runtime.random.id()}`, input: { to, text, timeoutMs } })
  const { output, status } = await runtime.ended(asking)
  return status === 'done' ? (output as AskOutput) : { answered: false } // the ask machine's own output
}

const hasEnded = (error: unknown): boolean =>
  error instanceof TroupeError && (error.code === 'actor.done' || error.code === 'actor.unknown')

/** Sends to every living actor below a root actor. Returns who got it; who ended meanwhile did not. */
export const broadcast = async (
  runtime: Runtime,
  root: string,
  event: SentEvent,
  { except = [], ...options }: BroadcastOptions = {},
): Promise<string[]> => {
  const living = livingBelow(runtime, root)
  if (living.length === 0) throw nobodyAt(root)
  const to = living.filter((address) => address !== root && !except.includes(address))
  const sent = await Promise.allSettled(to.map((address) => runtime.send(address, event, options)))
  for (const one of sent) if (one.status === 'rejected' && !hasEnded(one.reason)) throw one.reason
  return to.filter((_, index) => sent[index]!.status === 'fulfilled')
}
