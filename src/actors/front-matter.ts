// Front matter. Owns the YAML between the fences of an agent file, and the only use of the `yaml` package on untrusted text.
//   F1. Nothing in it is executed or built: no tags, no custom types, aliases of scalars only, and few.
//   F2. Three steps: as YAML; else with one-line values quoted; else the known keys line by line. Many public files need the
//       second. What YAML forbids for safety (duplicate keys, tags, aliases, tabs) is an error at once, never worked around.
//   F3. Time is linear in the size: duplicate keys are looked for here, since `yaml` compares every pair of them.
import { type Document, isMap, isScalar, LineCounter, parseDocument, visit, type YAMLMap } from 'yaml'
import { escapeText } from '../runtime/errors.ts'
import { type Fault, type Field, readLines } from './front-matter-lines.ts'

const maxAliases = 8
const maxDepth = 50

export type FrontMatter =
  | { ok: true; fields: Map<string, Field>; body: string; bodyLine: number; warning: Fault | null }
  | { ok: false; fault: Fault }

type Parsed = { fields: Map<string, Field> } | { fault: Fault; final: boolean }

const firstLine = 2 // the line after the opening fence

const finalCodes: readonly string[] = ['TAB_AS_INDENT', 'MULTIPLE_DOCS']

const findUnsafe = (document: Document.Parsed, lines: LineCounter): Fault | null => {
  let fault: Fault | null = null
  let aliases = 0
  const note = (offset: number, message: string) => {
    fault ??= { line: lines.linePos(offset).line + firstLine - 1, message }
    return visit.BREAK
  }
  visit(document, {
    Alias: (_, alias) => {
      const offset = alias.range?.[0] ?? 0
      aliases += 1
      if (aliases > maxAliases) return note(offset, `more than ${maxAliases} aliases; write the values out`)
      const target = alias.resolve(document)
      // An alias of nothing is text that begins with a star: the next step quotes it.
      return target && !isScalar(target)
        ? note(offset, `the alias *${escapeText(alias.source, 40)} repeats a list or map; write it out`)
        : undefined
    },
    Map: (_, map) => {
      const seen = new Set<unknown>()
      for (const { key } of map.items) {
        const name = isScalar(key) ? key.value : key
        if (seen.has(name))
          return note(rangeOf(key), `the key "${escapeText(String(name), 40)}" is there twice; keep one`)
        seen.add(name)
      }
      return undefined
    },
  })
  return fault
}

const rangeOf = (node: unknown): number => (isScalar(node) || isMap(node) ? (node.range?.[0] ?? 0) : 0)

const fieldsOf = (map: YAMLMap, document: Document.Parsed, lines: LineCounter): Map<string, Field> => {
  const fields = new Map<string, Field>()
  for (const { key, value } of map.items) {
    const plain: unknown = value ? toPlain(value, document) : null
    fields.set(String(isScalar(key) ? key.value : key), {
      value: plain,
      line: lines.linePos(rangeOf(key)).line + firstLine - 1,
    })
  }
  return fields
}

const toPlain = (node: unknown, document: Document.Parsed): unknown => {
  const { toJS } = node as { toJS(document: Document.Parsed, options: { maxAliasCount: number }): unknown } // every node of a parsed document has it
  return toJS.call(node, document, { maxAliasCount: maxAliases })
}

const parse = (text: string): Parsed => {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    ...{ version: '1.2', schema: 'core', merge: false, resolveKnownTags: false, stringKeys: true, strict: true },
    ...{ uniqueKeys: false, prettyErrors: false, logLevel: 'silent', lineCounter: lines },
  })
  const at = (offset: number, message: string): Fault => ({
    line: lines.linePos(offset).line + firstLine - 1,
    message: escapeText(message),
  })
  const error = document.errors[0]
  if (error) return { fault: at(error.pos[0], error.message), final: finalCodes.includes(error.code) }
  const tag = document.warnings[0]
  if (tag) return { fault: at(tag.pos[0], `${tag.message}: tags are not accepted; quote the value`), final: true }
  const unsafe = findUnsafe(document, lines)
  if (unsafe) return { fault: unsafe, final: true }
  if (!isMap(document.contents))
    return { fault: at(0, 'it must be keys and values, such as `name: writer`'), final: false }
  return { fields: fieldsOf(document.contents, document, lines) }
}

/** A parser descends once a bracket or dash, in time and stack that grow faster than the text: such text is not given to it. */
const isTooDeep = (text: string): boolean => {
  let depth = 0
  for (const character of text) {
    if (character === '[' || character === '{') depth += 1
    if (character === ']' || character === '}') depth = Math.max(0, depth - 1)
    if (depth > maxDepth) return true
  }
  return /(?:[-?:][ \t]+){50}/.test(text)
}

const tryParse = (text: string): Parsed => {
  try {
    return parse(text)
  } catch (error) {
    const message =
      error instanceof RangeError ? 'it is nested too deeply' : error instanceof Error ? error.message : String(error)
    return { fault: { line: firstLine, message: escapeText(message) }, final: error instanceof RangeError }
  }
}

const special = /^[*&!%@`>|?-]|: |:$| #/

/** One-line values at the top level that YAML would read as more than text, quoted. */
const quoteValues = (text: string): string => {
  const lines = text.split('\n')
  return lines
    .map((line, i) => {
      const [, key, value = ''] = /^([A-Za-z][\w-]*):[ \t]+(.*\S)\s*$/.exec(line) ?? []
      const isOneLine = !/^[ \t]/.test(lines[i + 1] ?? '')
      if (key === undefined || !isOneLine || /^["'[{]/.test(value) || !special.test(value)) return line
      return `${key}: ${JSON.stringify(value)}`
    })
    .join('\n')
}

const readFields = (text: string): { fields: Map<string, Field>; warning: Fault | null } | { fault: Fault } => {
  if (isTooDeep(text))
    return { fault: { line: firstLine, message: `it is nested deeper than ${maxDepth} levels; flatten it` } }
  const asYaml = tryParse(text)
  if ('fields' in asYaml) return { fields: asYaml.fields, warning: null }
  if (asYaml.final) return { fault: asYaml.fault }
  const { line, message } = asYaml.fault
  const warning = {
    line,
    message: `the front matter is not valid YAML (${message}), and was read as plain text; put the value in quotes`,
  }
  const quoted = tryParse(quoteValues(text))
  if ('fields' in quoted) return { fields: quoted.fields, warning }
  if (quoted.final) return { fault: quoted.fault }
  const read = readLines(text, firstLine)
  return 'fault' in read ? read : { fields: read.fields, warning }
}

const fail = (line: number, message: string): FrontMatter => ({ ok: false, fault: { line, message } })

/** The fields and the body of a text that begins with a fence of `---`. */
export const readFrontMatter = (source: string): FrontMatter => {
  const lines = source
    .replace(/^\ufeff/, '')
    .replaceAll('\r\n', '\n')
    .split('\n')
  const opening = lines[0]!.trimEnd()
  if (lines.every((line) => line.trim() === ''))
    return fail(1, 'the file is empty; it needs front matter with a name and a description')
  if (/^---\s*[^-\s]/.test(opening))
    return fail(1, `the fence ${escapeText(opening, 20)} names a language; only plain YAML between --- lines is read`)
  if (opening !== '---')
    return fail(1, 'there is no front matter; begin the file with --- and a name and a description')
  const end = lines.findIndex((line, i) => i > 0 && line.trimEnd() === '---')
  if (end < 0) return fail(1, 'the front matter is not closed; end it with a line of ---')
  const read = readFields(`${lines.slice(1, end).join('\n')}\n`)
  if ('fault' in read)
    return { ok: false, fault: { ...read.fault, message: `in the front matter, ${read.fault.message}` } }
  return { ok: true, ...read, body: lines.slice(end + 1).join('\n'), bodyLine: end + 2 }
}
