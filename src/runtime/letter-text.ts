// Letter text. Owns how a message is written in the mailbox and in the journal.
import type { Json } from './json.ts'
import type { Letter } from './state.ts'
import type { Write } from './store.ts'

/** A letter as it is stored. Of a call's result only its row is named, so that it is stored once. */
export type StoredLetter = {
  event?: Json
  $call?: { seq: number; call: number; ok: boolean }
  from: string
  id?: string
  priority?: number
  sentAt?: number
  expiresAt?: number
  internal?: boolean
  token?: string
  to?: string
}

export const letterText = (letter: Letter): string => {
  const stored: StoredLetter = letter.outcome
    ? { $call: letter.outcome, from: letter.from }
    : { event: letter.event, from: letter.from }
  if (letter.id !== null) stored.id = letter.id
  if (letter.priority !== 0) stored.priority = letter.priority
  if (!letter.internal) stored.sentAt = letter.sentAt
  else if (!letter.outcome) stored.internal = true // a call's result always is
  if (letter.expiresAt !== null) stored.expiresAt = letter.expiresAt
  if (letter.token !== null) stored.token = letter.token
  if (letter.timer && letter.timer.to !== letter.from) stored.to = letter.timer.to
  return JSON.stringify(stored)
}

/** The mailbox row of a letter that waits. */
export const mailWrite = (letter: Letter): Write => ({
  do: 'mail.add',
  row: {
    seq: letter.seq,
    actor: letter.entry.row.id,
    message: letterText(letter),
    due: letter.timer?.due ?? null,
    timer: letter.timer?.key ?? null,
    attempts: letter.attempts,
  },
})
