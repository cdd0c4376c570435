// Events command. Owns `troupe events`: what happened in a run, and with --follow what happens, whoever works on it.
import { sleep } from '../runtime/clock.ts'
import { escapeText } from '../runtime/errors.ts'
import type { TroupeEvent } from '../runtime/events.ts'
import type { StoreReader } from '../runtime/store.ts'
import { readEvents } from '../system/event-stream.ts'
import { exits } from './exit.ts'
import type { Host } from './host.ts'
import { type Interrupt, listenForInterrupt } from './interrupt.ts'
import { findRun, storePath, withReader } from './stored.ts'
import { pad, padLeft } from './text.ts'

export type EventsFlags = { store?: string; follow?: boolean; json?: boolean }

const pollMs = 200

/** What an event says beside its type, in few words. */
const detailOf = (event: TroupeEvent): string => {
  switch (event.type) {
    case 'actor.spawned':
      return event.machine
    case 'actor.turn':
      return `${event.message}${event.state === null ? '' : ` → ${JSON.stringify(event.state)}`}`
    case 'actor.ended':
      return event.status
    case 'actor.emitted':
      return JSON.stringify(event.event)
    case 'actor.logged':
      return `${event.label ?? ''} ${JSON.stringify(event.value)}`.trim()
    case 'message.dead':
      return event.reason
    case 'call.completed':
      return `${event.kind} ${event.name} attempt ${event.attempt}, ${event.inputTokens} + ${event.outputTokens} tokens`
    default: {
      const error = 'error' in event ? ` ${JSON.stringify(event.error)}` : ''
      return `${event.kind} ${event.name} attempt ${event.attempt}${error}`
    }
  }
}

/** The address within the run; the run's own actor is the run. */
const placeOf = ({ address, run }: TroupeEvent): string =>
  address === run ? '(run)' : escapeText(address.slice(run.length + 1))

const lineOf = (event: TroupeEvent): string => {
  const time = event.at.slice(11, 23)
  return `${padLeft(String(event.seq), 6)}  ${time}  ${pad(event.type, 14)}  ${pad(placeOf(event), 18)}  ${escapeText(detailOf(event), 160)}`
}

type Printing = { host: Host; reader: StoreReader; run: string; json: boolean }

/** Prints what is after `from`; gives the number of the last one. */
const print = async ({ host, reader, run, json }: Printing, from: number): Promise<number> => {
  let last = from
  for await (const event of readEvents(reader, { run, after: from })) {
    host.out(`${json ? JSON.stringify(event) : lineOf(event)}\n`)
    last = event.seq
  }
  return last
}

const follow = async (printing: Printing, interrupt: Interrupt): Promise<number> => {
  const { host, reader, run } = printing
  const stop = new AbortController()
  void interrupt.asked.then(() => stop.abort())
  for (let last = 0; !interrupt.wasAsked(); ) {
    const ended = (await findRun(reader, run)).status !== 'active'
    last = await print(printing, last)
    if (ended) return exits.ok
    await sleep(host.clock, pollMs, stop.signal).catch(() => {}) // woken early by an interrupt, seen above
  }
  return exits.interrupted
}

/** Carries out `troupe events`. */
export const runEvents = (host: Host, id: string, flags: EventsFlags): Promise<number> =>
  withReader(storePath(host.cwd(), flags.store), async (reader) => {
    await findRun(reader, id)
    const printing = { host, reader, run: id, json: flags.json ?? false }
    if (!flags.follow) {
      await print(printing, 0)
      return exits.ok
    }
    const interrupt = listenForInterrupt(host, exits.interrupted)
    try {
      return await follow(printing, interrupt)
    } finally {
      interrupt.stop()
    }
  })
