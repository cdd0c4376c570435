// Replace. Owns exact replacement in a text, and knowing one that has been made; knows no files.
//   R1. An edit whose effect would not be recognised is refused, so no edit is ever made twice.
export type Replacement = { oldText: string; newText: string; occurrences: 'one' | 'all' }
export type Replaced =
  | { kind: 'replaced'; text: string; count: number }
  | { kind: 'already' }
  | { kind: 'refused'; why: string }

const positionsOf = (text: string, part: string): number[] => {
  const found: number[] = []
  if (part === '') return found
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) found.push(at)
  return found
}

/** How often `oldText` stands in `text` outside of `newText`: what is left to do. */
const openIn = (text: string, { oldText, newText }: Replacement): number => {
  const made = positionsOf(text, newText)
  let next = 0
  return positionsOf(text, oldText).filter((at) => {
    while (next < made.length && made[next]! + newText.length < at + oldText.length) next += 1
    return next === made.length || made[next]! > at
  }).length
}

const noneLeft = (text: string, edit: Replacement, found: number): Replaced => {
  const made = positionsOf(text, edit.newText).length
  if (found > 0 || made === 1 || (made > 1 && edit.occurrences === 'all')) return { kind: 'already' }
  return { kind: 'refused', why: 'the old text is not in the file; read the file and copy the text exactly' }
}

/** Replaces `oldText`, which must stand in `text` exactly once unless all are asked for. */
export const replaceIn = (text: string, edit: Replacement): Replaced => {
  const found = positionsOf(text, edit.oldText).length
  if (openIn(text, edit) === 0) return noneLeft(text, edit, found)
  const single = text.indexOf(edit.oldText) === text.lastIndexOf(edit.oldText) // places that overlap are two as well
  if (!single && edit.occurrences === 'one')
    return {
      kind: 'refused',
      why: 'the old text is there more than once; include more of its surroundings, or replace all',
    }
  const replaced = text.split(edit.oldText).join(edit.newText)
  if (openIn(replaced, edit) > 0)
    return { kind: 'refused', why: 'the old text would still be there afterwards; include more of its surroundings' }
  return { kind: 'replaced', text: replaced, count: found }
}
