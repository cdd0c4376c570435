// Ledger. Owns what may still be spent; knows nothing of models.
//   L1. A reservation precedes every call, in the commit that requests it.
//   L2. Settling happens once, in the commit that closes the call; an ambiguous attempt keeps its reservation as spent.
//   L3. An account is an address; spending counts for it and for every account above it.
//   L4. It fails closed: what has no known price is refused where dollars are limited.

import type { Limits } from './definition.ts'
import { TroupeError } from './errors.ts'
import type { LedgerRow, Write } from './store.ts'

export type Estimate = { tokens: number; usd: number | null }
export type Spent = { tokens: number; usd: number | null }
type Account = { limits: Limits; row: Omit<LedgerRow, 'limits'> }

export interface Ledger {
  /** Opens an account, or narrows one. */
  open(address: string, limits: Limits): Write
  /** Takes back an account as it was stored. */
  restore(row: LedgerRow): void
  /** Reserves for a call of `address`, or says why not; nothing is reserved then. */
  reserve(address: string, estimate: Estimate): { writes: Write[] } | { refused: TroupeError }
  /** Ends a reservation with what was really used; null keeps all of it as spent. */
  settle(address: string, reserved: Estimate, spent: Spent | null): Write[]
  /** What an account has spent and reserved; null when there is no such account. */
  balance(address: string): (LedgerRow & { limits: string }) | null
  close(address: string): void
}

const zero = (account: string): Account['row'] => ({
  account,
  reservedUsd: 0,
  reservedTokens: 0,
  usd: 0,
  tokens: 0,
  calls: 0,
})
const toRow = ({ limits, row }: Account): LedgerRow => ({ ...row, limits: JSON.stringify(limits) })

const over = (account: Account, estimate: Estimate): string | null => {
  const { limits, row } = account
  if (limits.calls !== undefined && row.calls + 1 > limits.calls) return `${limits.calls} calls`
  if (limits.tokens !== undefined && row.tokens + row.reservedTokens + estimate.tokens > limits.tokens)
    return `${limits.tokens} tokens`
  if (limits.usd === undefined) return null
  if (estimate.usd === null) return `${limits.usd} USD, and this model has no known price`
  return row.usd + row.reservedUsd + estimate.usd > limits.usd ? `${limits.usd} USD` : null
}

/** The stricter of two limits, each kind of spending by itself. */
const narrower = (a: Limits, b: Limits): Limits => {
  const both: Limits = { ...a, ...b }
  for (const kind of ['usd', 'tokens', 'calls'] as const) {
    const least = Math.min(a[kind] ?? Infinity, b[kind] ?? Infinity)
    if (Number.isFinite(least)) both[kind] = least
  }
  return both
}

/** An empty ledger. */
export const createLedger = (): Ledger => {
  const accounts = new Map<string, Account>()

  const above = (address: string): Account[] => {
    const found: Account[] = []
    for (let end = address.length; end > 0; end = address.lastIndexOf('/', end - 1)) {
      const account = accounts.get(address.slice(0, end))
      if (account) found.push(account)
    }
    return found
  }
  const writesOf = (changed: readonly Account[]): Write[] =>
    changed.map((account) => ({ do: 'ledger.put', row: toRow(account) }))

  return {
    open: (address, limits) => {
      const account = accounts.get(address) ?? { limits, row: zero(address) }
      account.limits = narrower(account.limits, limits)
      accounts.set(address, account)
      return { do: 'ledger.put', row: toRow(account) }
    },
    restore: ({ limits, ...row }) => void accounts.set(row.account, { limits: JSON.parse(limits), row }),
    reserve: (address, estimate) => {
      const chain = above(address)
      for (const account of chain) {
        const limit = over(account, estimate)
        if (limit)
          return {
            refused: new TroupeError(
              'budget.exceeded',
              `${account.row.account} may spend ${limit}, and this call could go beyond; raise the budget or make the task smaller`,
              { place: address },
            ),
          }
      }
      for (const { row } of chain) {
        row.reservedUsd += estimate.usd ?? 0
        row.reservedTokens += estimate.tokens
        row.calls++
      }
      return { writes: writesOf(chain) }
    },
    settle: (address, reserved, spent) => {
      const chain = above(address)
      const used = spent ?? reserved
      for (const { row } of chain) {
        row.reservedUsd = Math.max(0, row.reservedUsd - (reserved.usd ?? 0))
        row.reservedTokens = Math.max(0, row.reservedTokens - reserved.tokens)
        row.usd += used.usd ?? reserved.usd ?? 0 // what has no known price costs what was set aside
        row.tokens += used.tokens
      }
      return writesOf(chain)
    },
    balance: (address) => {
      const account = accounts.get(address)
      return account ? toRow(account) : null
    },
    close: (address) => void accounts.delete(address),
  }
}
