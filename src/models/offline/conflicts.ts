// Conflicts. Owns the only disagreement that rules can see: two places that speak of the same thing and name different numbers of the same unit.
import { evidenceOf, type Finding, type Quotation } from './finding.ts'
import { type Keyword, keywordsIn } from './words.ts'

export type Conflict = { about: string; a: Finding; b: Finding; values: [string, string] }

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

/** Pairs of findings that share two of the subject's words and differ in a number. */
export const conflictsIn = (findings: readonly Finding[], keywords: readonly Keyword[]): Conflict[] =>
  findings
    .flatMap((a, index) =>
      findings.slice(index + 1).flatMap((b) => {
        const shared = keywordsIn(evidenceOf(a), keywordsIn(evidenceOf(b), keywords))
        const values = shared.length >= Math.min(2, keywords.length) ? differing(a, b) : undefined
        return values ? [{ about: shared.map(({ word }) => word).join(', '), a, b, values }] : []
      }),
    )
    .slice(0, 3)
