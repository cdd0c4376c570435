// Refusals. Owns the errors that every store gives for the same reasons, and the check of epoch and number.
import { TroupeError } from '../runtime/errors.ts'
import type { Meta } from '../runtime/store.ts'

/** Who has a store open. */
export type Holder = { pid: number; since: number; host?: string }

export const storeClosed = (): TroupeError =>
  new TroupeError('store.closed', 'the store is not open; call open() before using it')

export const storeFailed = (cause: unknown): TroupeError => {
  const why = cause instanceof Error ? cause.message : String(cause)
  const message = `the store failed earlier (${why}); close it and open it again`
  return new TroupeError('store.failed', message, { cause })
}

export const storeLocked = (what: string, holder: Holder | undefined): TroupeError => {
  const who = holder
    ? `process ${holder.pid}${holder.host === undefined ? '' : ` on ${holder.host}`}`
    : 'another process'
  const message = `${what} is in use by ${who}; stop it first, or look at the store read-only`
  return new TroupeError('store.locked', message, { ...(holder && { details: { ...holder } }) })
}

export const storeFenced = (epoch: number, current: number): TroupeError =>
  new TroupeError(
    'store.fenced',
    `the store was opened again elsewhere (epoch ${current}, ours is ${epoch}); stop this system, its work goes on there`,
    { details: { epoch, current } },
  )

/** T2 and T3: the epoch is ours, and no number is given twice. */
export const checkMeta = (meta: Pick<Meta, 'epoch' | 'seq'>, commit: Pick<Meta, 'epoch' | 'seq'>): void => {
  if (meta.epoch !== commit.epoch) throw storeFenced(commit.epoch, meta.epoch)
  if (meta.seq <= commit.seq) return
  const message = `numbers up to ${meta.seq} are given, a commit up to ${commit.seq} would reuse them; nothing was written. Close the store and open it again.`
  throw new TroupeError('store.conflict', message)
}
