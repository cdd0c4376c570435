// Outline. Owns how rules see the build of a markdown text: headings, sections, lists, what is code and what is not.

export type Heading = { level: number; text: string; line: number }
export type Section = Heading & { body: string }

/** The lines of a text with fenced code blanked out, so that a `#` in a script is no heading. */
export const withoutCode = (markdown: string): string => {
  let fenced = false
  const lines = markdown.split('\n').map((line) => {
    const fence = /^\s*(```|~~~)/.test(line)
    if (fence) fenced = !fenced
    return fence || fenced ? '' : line
  })
  return lines.join('\n')
}

export const headingsOf = (markdown: string): Heading[] =>
  withoutCode(markdown)
    .split('\n')
    .flatMap((line, index) => {
      const match = /^(#{1,6})\s+(.+?)\s*#*$/.exec(line)
      return match ? [{ level: match[1]!.length, text: match[2]!, line: index + 1 }] : []
    })

/** Every section with what stands between its heading and the next one, code included. */
export const sectionsOf = (markdown: string): Section[] => {
  const lines = markdown.split('\n')
  const headings = headingsOf(markdown)
  return headings.map((heading, index) => ({
    ...heading,
    body: lines
      .slice(heading.line, (headings[index + 1]?.line ?? lines.length + 1) - 1)
      .join('\n')
      .trim(),
  }))
}

/** A section with everything under it, down to the next heading of its level or above. */
export const partNamed = (markdown: string, name: RegExp): string => {
  const headings = headingsOf(markdown)
  const first = headings.findIndex(({ text }) => name.test(text))
  const start = headings[first]
  if (!start) return ''
  const next = headings.slice(first + 1).find(({ level }) => level <= start.level)
  return markdown
    .split('\n')
    .slice(start.line, next ? next.line - 1 : undefined)
    .join('\n')
    .trim()
}

export const listItemsIn = (text: string): string[] =>
  withoutCode(text)
    .split('\n')
    .flatMap((line) => /^\s*(?:[-*+]|\d+[.)])\s+(.*)$/.exec(line)?.[1] ?? [])

/** The anchor a heading gets where markdown is shown. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
