// Projection names. Owns which file an artifact becomes: models name artifacts, so no name is trusted.
//   N1. A name is one step: nothing in it leads out of the folder.   N2. Two artifacts never share a file, whatever the case
//   of their letters.   N3. The first to ask for a name keeps it, so that a run that goes on renames nothing.
import { extname } from 'node:path'

const longestName = 150 // bytes: leaves room for a suffix below the 255 that file systems take
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

const cutToBytes = (text: string, max: number): string => {
  let cut = text
  while (Buffer.byteLength(cut) > max) cut = [...cut].slice(0, -1).join('')
  return cut
}

/** The name with everything taken out that a file system may read as more than a name. */
export const safeName = (name: string): string => {
  const plain = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}._ ()+-]/gu, '_')
    .replace(/^[.\s]+/, '_')
    .replace(/[.\s]+$/, '_')
  const extension = extname(plain).length <= 10 ? extname(plain) : ''
  const stem = cutToBytes(plain.slice(0, plain.length - extension.length), longestName)
  const whole = `${stem}${extension}`
  return whole === '' || reserved.test(whole) ? `_${whole}` : whole
}

/** `output.md` and `r2` give `output.r2.md`. */
export const withMark = (name: string, mark: string): string => {
  const extension = extname(name)
  return `${name.slice(0, name.length - extension.length)}.${mark}${extension}`
}

const keyOf = (name: string): string => name.normalize('NFKC').toLowerCase()

/** Gives names out; `own` are the files that are never an artifact. */
export const createNames = (own: readonly string[]) => {
  const taken = new Set(own.map(keyOf))
  return (wanted: string): string => {
    const safe = safeName(wanted)
    const name = own.includes(keyOf(safe)) ? `artifact-${safe}` : safe
    let free = name
    for (let n = 2; taken.has(keyOf(free)); n += 1) free = withMark(name, String(n))
    taken.add(keyOf(free))
    return free
  }
}
