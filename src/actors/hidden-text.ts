// Hidden text. Owns the finding of characters that a person does not see and a model reads.

/** Zero-width, bidirectional, tag, filler and control characters; tabs, line ends and the two that choose how an emoji looks are none. */
const hidden = /(?![\t\n\r]|\ufe0e|\ufe0f)[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Zl}\p{Zp}\ufff9-\ufffb]/gu

/** A joiner within an emoji makes several one picture. */
const joined = /(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d(?=\p{Extended_Pictographic})/gu

export type Hidden = { codePoints: string[]; count: number; line: number }

const codePoint = (character: string): string =>
  `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`

/** The characters of a text that cannot be seen, and the line of the first, from 1; null when there are none. */
export const findHidden = (text: string): Hidden | null => {
  const found = [...text.replace(joined, ' ').matchAll(hidden)]
  const first = found[0]
  if (!first) return null
  const line = text.slice(0, first.index).split('\n').length
  return { codePoints: [...new Set(found.map(([character]) => codePoint(character)))], count: found.length, line }
}
