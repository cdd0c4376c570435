// Text. Owns how bytes become text and text becomes lines; refuses what is no text.
import { denied } from './workspace-errors.ts'

/** Some lines of a text. `more` tells whether lines follow the last one shown. */
export type Page = { lines: readonly string[]; first: number; more: boolean; total: number | null }
export type PageOptions = { offset: number; limit: number; maxBytes: number }

const longestLine = 2000 // characters: the rest of a longer line is left out, and said to be

/** UTF-8 text without NUL, part by part, or `workspace.denied`. */
export async function* decode(chunks: AsyncIterable<Uint8Array>, shown: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const part = (chunk?: Uint8Array): string => {
    try {
      if (!chunk?.includes(0)) return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
    } catch {
      // falls through: bytes that are no UTF-8 are as unreadable as a NUL
    }
    throw denied(shown, 'is no UTF-8 text (binary, or another encoding); tools read text files alone')
  }
  for await (const chunk of chunks) yield part(chunk)
  yield part()
}

const shownLine = (line: string, length: number): string => {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  return length > longestLine ? `${text.slice(0, longestLine)}… [line of ${length} characters cut]` : text
}

/** Collects one page while text streams by; holds no more than the page. */
const createCollector = ({ offset, limit, maxBytes }: PageOptions) => {
  const lines: string[] = []
  let [number, length, bytes] = [1, 0, 0]
  let [held, full] = ['', false]
  const add = (piece: string): void => {
    if (lines.length === limit && piece !== '') full = true
    if (number >= offset && held.length <= longestLine) held += piece.slice(0, longestLine + 1)
    length += piece.length
  }
  const end = (): void => {
    if (number >= offset) {
      const line = shownLine(held, length)
      bytes += Buffer.byteLength(line)
      full = lines.length === limit || (bytes > maxBytes && lines.length > 0)
      if (!full) lines.push(line)
    }
    number += 1
    length = 0
    held = ''
  }
  return {
    /** False when the page is full: nothing more needs to be read. */
    take(chunk: string): boolean {
      const pieces = chunk.split('\n')
      pieces.forEach((piece, index) => {
        if (index > 0 && !full) end()
        if (!full) add(piece)
      })
      return !full
    },
    page(): Page {
      if (!full && length > 0) end()
      return { lines, first: offset, more: full, total: full ? null : number - 1 }
    },
  }
}

/** Lines `offset` (from 1) to `offset + limit - 1`, cut at `maxBytes`. */
export const pageOf = async (text: AsyncIterable<string> | Iterable<string>, options: PageOptions): Promise<Page> => {
  const collector = createCollector(options)
  for await (const chunk of text) if (!collector.take(chunk)) break
  return collector.page()
}
