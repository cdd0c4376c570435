// Interrupt. Owns Ctrl-C: once asks for an orderly end, twice leaves at once. Both can be gone on from.
import type { Host } from './host.ts'

/** A signal that follows so soon is the same one, sent on by npm to all below it. */
const echoMs = 400

export type Interrupt = {
  /** Resolves at the first signal. */
  readonly asked: Promise<'asked'>
  readonly wasAsked: () => boolean
  stop(): void
}

/** Listens for signals until stopped. The second one leaves with `code`. */
export const listenForInterrupt = (host: Host, code: number): Interrupt => {
  const { promise, resolve } = Promise.withResolvers<'asked'>()
  let first: number | null = null
  const stop = host.onInterrupt(() => {
    if (first === null) {
      first = host.clock.now()
      resolve('asked')
    } else if (host.clock.now() - first >= echoMs) host.leave(code)
  })
  return { asked: promise, wasAsked: () => first !== null, stop }
}
