// Conflicts. Owns the only disagreement that rules can see: two places that speak of the same thing and name different numbers of the same unit.
import type { Finding, Quotation } from './finding.ts'
import { keywordsIn, keywordsOf } from './words.ts'

export type Conflict = { about: string; a: Finding; b: Finding; values: [string, string] }

const wordsSaid = ({ quotations }: Finding): string => quotations.map(({ quote }) => quote).join(' ')

type Amount = { value: string; unit: string }

const amountsIn = (quotations: readonly Quotation[]): Amount[] =>
  [
    ...quotations
      .map(({ quote }) => quote)
      .join(' ')
      .matchAll(/\b(\d+(?:[.,]\d+)?)\s?(%|[a-zA-Z]{1,12})/g),
  ].map(([, value, unit]) => ({
    value: value!,
    unit: unit!.toLowerCase().replace(/s$/, ''),
  }))

const differing = (a: Finding, b: Finding): [string, string] | undefined => {
  const others = amountsIn(b.quotations)
  for (const { value, unit } of amountsIn(a.quotations)) {
    const same = others.filter((other) => other.unit === unit)
    if (same.length > 0 && same.every((other) => other.value !== value))
      return [`${value} ${unit}`, `${same[0]!.value} ${unit}`]
  }
  return undefined
}

const sharedWords = 3 // fewer, and two places may speak of different things
const sharedWithOthers = 4 // what was not found worth reporting must be closer to count
const mostConflicts = 3

const conflictOf = (a: Finding, b: Finding, least: number): Conflict[] => {
  const shared = keywordsIn(wordsSaid(b), keywordsOf(wordsSaid(a), 30))
  const values = shared.length >= least ? differing(a, b) : undefined
  const about = shared.slice(0, 4).map(({ word }) => word.toLowerCase())
  return values ? [{ about: about.join(', '), a, b, values }] : []
}

/** Pairs of findings that share words enough to speak of the same thing, and differ in a number; the second may be one of `others`. */
export const conflictsIn = (findings: readonly Finding[], others: readonly Finding[] = []): Conflict[] => {
  const found = findings.flatMap((a, index) => [
    ...findings.slice(index + 1).flatMap((b) => conflictOf(a, b, sharedWords)),
    ...others.flatMap((b) => conflictOf(a, b, sharedWithOthers)),
  ])
  return found.slice(0, mostConflicts)
}
