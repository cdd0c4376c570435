// Words. Owns how rules read a task: which words carry its subject, and when two forms are the same word.

const stop = new Set(
  `a about above across after again against all also always an and any are around as ask asked at be because become becomes been before
  being below between both but by can came come comes could cover covers did do does doing done down during each either else etc even every few for from
  further get give given gives had happen happens happened has have having he her here hers him his how however i if in into is it its itself just
  long keep keeps kept know let like made make makes many may me mean means might more most much must my need needs no nor not now of off on
  once old one only or other others our out over own per please same say says see shall she should show so some such sure take takes tell than
  that the their them then there these they thing things this those through to too two under until up upon us use used uses
  using very was way ways we well were what whatever when where whether which while who whom whose why will with within without would you your`
    .split(/\s+/)
    .filter(Boolean),
)

/** Words that say what kind of work is wanted, not what it is about. */
const aboutTheWork = new Set(
  `analyse analysis analyze answer article artifact audience beginner beginners brief check citation citations cite cited
  cites compare complete comprehensive create describe description detail detailed details developer developers document
  documents draft engineer engineers example examples explain explains explanation file files final find finding findings found
  folder follow gather good guide help important include including input integrate line lines list markdown material minimum
  maximum least note notes output overview page paragraph people plan practical prepare produce quality question questions
  quotation quotations quote quoted quotes read reader readers reference report reports request required requirement
  requirements research researcher result results review reviewer round score section sections short source sources structure
  structured summarise summarize summary support task team text theme themes topic tutorial user word words work write writer
  writing written`
    .split(/\s+/)
    .filter(Boolean),
)

const suffixes = [
  'ations',
  'ation',
  'ities',
  'ments',
  'ment',
  'ness',
  'ings',
  'ing',
  'ity',
  'ies',
  'ely',
  'ed',
  'es',
  'ly',
  's',
  'y',
  'e',
]

/** The word without its commonest English ending: a prefix of every form of it. */
export const stem = (word: string): string => {
  const lower = word.toLowerCase()
  const suffix = suffixes.find((ending) => lower.endsWith(ending) && lower.length - ending.length >= 4)
  return suffix ? lower.slice(0, -suffix.length) : lower
}

export const wordsIn = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? []

/** A word of the subject: as the task spells it, and as rules search for it. */
export type Keyword = { word: string; stem: string }

const carriesMeaning = (word: string): boolean => {
  const lower = word.toLowerCase()
  if (/^\d+$/.test(word) || stop.has(lower) || aboutTheWork.has(lower)) return false
  return word.length >= 3 || /^\p{Lu}{2}$/u.test(word)
}

/** The words that carry the subject of `text`, in its order, each once, at most `max`. */
export const keywordsOf = (text: string, max = 8): Keyword[] => {
  const found = new Map<string, Keyword>()
  for (const word of wordsIn(text)) {
    if (!carriesMeaning(word)) continue
    const key = stem(word)
    if (!found.has(key)) found.set(key, { word, stem: key })
  }
  return [...found.values()].slice(0, max)
}

const shortStem = 5
const longestEnding = 3

/** A short stem begins many words: “call” is in “called”, but “callback” is another. */
const isFormOf = (word: string, { stem: start }: Keyword): boolean =>
  word.startsWith(start) && (start.length > shortStem || word.length - start.length <= longestEnding)

/** The keywords that occur in `text`, in any form. */
export const keywordsIn = (text: string, keywords: readonly Keyword[]): Keyword[] => {
  const words = wordsIn(text).map((word) => word.toLowerCase())
  return keywords.filter((keyword) => words.some((word) => isFormOf(word, keyword)))
}

/** At most `max` characters, cut between words, with an ellipsis when something was cut. */
export const clip = (text: string, max: number): string => {
  if (text.length <= max) return text
  const cut = text.slice(0, max - 1)
  const space = cut.lastIndexOf(' ')
  return `${(space > max / 2 ? cut.slice(0, space) : cut).replace(/[\s,;:.–-]+$/u, '')}…`
}

export const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const conditional = /^[*_`]*(if|when|once|after|before|while|because|since|although|unless|until|as|without)\b/i
const clauseEnd =
  /[;:](?=\s)|,(?=\s(?:which|so|but|because|since|where|and|never|not|instead|otherwise)\b)|\s(?=\(|–|—|(?:because|so that|although)\b)/g

/** A sentence as a title: whole, or its first clause when that stands without the rest, or as much as fits. */
export const headline = (sentence: string, max = 110): string => {
  const whole = sentence.replace(/[.:;,]+$/, '')
  if (whole.length <= max) return whole
  const ends = conditional.test(whole) ? [] : [...whole.matchAll(clauseEnd)].map(({ index }) => index)
  const end = ends.filter((index) => index >= 25 && index <= max).at(-1)
  return end === undefined ? clip(whole, max) : whole.slice(0, end).replace(/[\s,;:]+$/, '')
}

/** `a`, `a and b`, `a, b and c`. */
export const listed = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`

/** `1 file`, `3 files`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
