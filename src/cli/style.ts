// Style. Owns colour: five words for what a text means, or none at all.

export type Style = Record<'strong' | 'faint' | 'good' | 'fair' | 'bad', (text: string) => string>

const code =
  (open: number, close: number) =>
  (text: string): string =>
    `\u001b[${open}m${text}\u001b[${close}m`
const plain = (text: string): string => text

export const createStyle = (colour: boolean): Style =>
  colour
    ? { strong: code(1, 22), faint: code(2, 22), good: code(32, 39), fair: code(33, 39), bad: code(31, 39) }
    : { strong: plain, faint: plain, good: plain, fair: plain, bad: plain }
