// Wildcard. Owns matching paths against patterns: * ? [a-z] {a,b} and **; knows no file system.
//   Each level uses one greedy match that goes back to the last star alone, so no pattern takes more than pattern × path steps.
import { TroupeError } from '../runtime/errors.ts'

const star = Symbol('star')
type Test = (character: string) => boolean
type Segment = readonly (Test | typeof star)[]

const mostAlternatives = 64

const refuse = (why: string): never => {
  throw new TroupeError('tool.invalid-input', `the pattern ${why}`, { place: '/pattern' })
}

/** Whether `items` fit `pattern`, in which a star stands for any number of items. */
const fits = <P, T>(
  pattern: readonly (P | typeof star)[],
  items: readonly T[],
  matches: (part: P, item: T) => boolean,
): boolean => {
  let [p, i] = [0, 0]
  let [afterStar, resumeAt] = [-1, 0]
  while (i < items.length) {
    const part = pattern[p]
    if (part === star) {
      afterStar = ++p
      resumeAt = i
    } else if (p < pattern.length && matches(part as P, items[i]!)) {
      p += 1 // the cast above is true: a part that is there and no star is a P
      i += 1
    } else if (afterStar >= 0) {
      p = afterStar
      i = ++resumeAt
    } else return false
  }
  while (pattern[p] === star) p += 1
  return p === pattern.length
}

const classTest = (body: string): Test => {
  const negated = /^[!^]./s.test(body)
  const characters = [...(negated ? body.slice(1) : body)]
  const ranges: [string, string][] = []
  for (let at = 0; at < characters.length; at++) {
    const isRange = characters[at + 1] === '-' && at + 2 < characters.length
    ranges.push([characters[at]!, characters[isRange ? at + 2 : at]!])
    if (isRange) at += 2
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== negated
}

const token = /\\(.)|(\*+)|(\?)|\[([!^]?(?:\][^\]]*|[^\]]+))\]|(.)/gsu

const segmentOf = (text: string): Segment =>
  [...text.matchAll(token)].map(([whole, escaped, stars, one, characters]) => {
    if (stars !== undefined) return star
    if (one !== undefined) return () => true
    if (characters !== undefined) return classTest(characters)
    return (character: string) => character === (escaped ?? whole)
  })

/** `a{b,c}` as `ab` and `ac`; braces within braces too. */
const alternativesOf = (pattern: string): string[] => {
  const done: string[] = []
  const left = [pattern]
  for (let text = left.pop(); text !== undefined; text = left.pop()) {
    const group = /\{([^{}]*,[^{}]*)\}/.exec(text) // the innermost first
    if (!group) done.push(text)
    else for (const part of group[1]!.split(',')) left.push(text.replace(group[0], () => part))
    if (done.length + left.length > mostAlternatives)
      refuse(`stands for more than ${mostAlternatives} patterns; use a simpler one`)
  }
  return done
}

type PathPattern = readonly (Segment | typeof star)[]

const pathPatternOf = (text: string): PathPattern => {
  const names = text.split('/').filter((name) => name !== '' && name !== '.')
  if (text.startsWith('/') || names.includes('..')) refuse('leaves the folder; use one relative to it, such as **/*.md')
  const anywhere = names.length === 1 && names[0] !== '**' ? ['**', ...names] : names
  return anywhere.map((name) => (name === '**' ? star : segmentOf(name)))
}

const fitsName = (segment: Segment, name: string): boolean => fits(segment, [...name], (test, c) => test(c))

/** Tells whether a relative path fits `pattern`. One without a slash is matched against the name in any folder. */
export const wildcard = (pattern: string): ((path: string) => boolean) => {
  const patterns = alternativesOf(pattern).map(pathPatternOf)
  return (path) => {
    const names = path.split('/')
    return patterns.some((parts) => fits(parts, names, fitsName))
  }
}
