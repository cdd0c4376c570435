// Source. Owns the reading of the project's own code without a compiler: files, imports, and code with its texts blanked out.
import { globSync, readFileSync } from 'node:fs'
import { dirname, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export type SourceFile = {
  /** From the project's root, e.g. `src/runtime/clock.ts`. */
  path: string
  text: string
  /** The text with comments, strings and regular expressions replaced by blanks; lines stay where they are. */
  code: string
}

const blanks = (text: string): string => text.replace(/[^\n]/g, ' ')

/** Where a string, comment or regular expression that starts at `start` ends; `start` when none starts there. */
const endOfText = (text: string, start: number): number => {
  const two = text.slice(start, start + 2)
  const upTo = (end: string, from: number) => {
    const found = text.indexOf(end, from)
    return found < 0 ? text.length : found + end.length
  }
  if (two === '//') return upTo('\n', start) - 1
  if (two === '/*') return upTo('*/', start + 2)
  const quoted =
    /['"]/.test(text[start]!) && /^(['"])(?:\\[\s\S]|(?!\1)[^\\\n])*\1/.exec(text.slice(start, start + 4_000))
  if (quoted) return start + quoted[0].length
  const mayBeRegex =
    text[start] === '/' && /(?:[(,=:[!&|?{};>]|\breturn|^)\s*$/.test(text.slice(Math.max(0, start - 60), start))
  const regex =
    mayBeRegex && /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/.exec(text.slice(start, start + 2_000))
  return regex ? start + regex[0].length : start
}

/** Blanks out a template from its backtick on, but not the code within `${}`; gives what it made and where it ended. */
const blankTemplate = (text: string, start: number): { code: string; end: number } => {
  let code = '`'
  let at = start + 1
  while (at < text.length && text[at] !== '`') {
    if (text[at] === '\\') {
      code += '  '
      at += 2
    } else if (text.startsWith('${', at)) {
      const inner = blankCode(text, at + 2, '}')
      code += `\${${inner.code}}`
      at = inner.end + 1
    } else code += blanks(text[at++]!)
  }
  return { code: `${code}\``, end: at + 1 }
}

/** Blanks out the texts in code up to an unmatched `until`, or the end. */
const blankCode = (text: string, start: number, until = ''): { code: string; end: number } => {
  let code = ''
  let depth = 0
  let at = start
  while (at < text.length) {
    const char = text[at]!
    if (char === until && depth === 0) break
    if (char === '{') depth++
    if (char === '}') depth--
    if (char === '`') {
      const template = blankTemplate(text, at)
      code += template.code
      at = template.end
      continue
    }
    const end = endOfText(text, at)
    code += end > at ? blanks(text.slice(at, end)) : char
    at = Math.max(end, at + 1)
  }
  return { code, end: at }
}

export const blankTexts = (text: string): string => blankCode(text, 0).code

/** The TypeScript files below some folders of the project. */
export const filesIn = (...folders: string[]): SourceFile[] =>
  folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
    .map((path) => {
      const text = readFileSync(`${root}/${path}`, 'utf8')
      return { path, text, code: blankTexts(text) }
    })

export type Import = { from: string; typeOnly: boolean }

/** What a file imports or exports again. `import { type A } from` counts as a type alone when all its names do. */
export const importsOf = ({ text }: SourceFile): Import[] => {
  const statements = /^(?:import|export)\s+(type\s+)?(?:(\*[^'";]*?|[\w$\s,]*(?:\{[^}]*\})?)\s+from\s+)?'([^']+)'/gm
  const fixed = [...text.matchAll(statements)].map(([, type, names = '', from]) => {
    const inner = /^\s*\{([^}]*)\}\s*$/
      .exec(names)?.[1]
      ?.split(',')
      .map((name) => name.trim())
      .filter(Boolean)
    return { from: from!, typeOnly: type !== undefined || (inner?.every((name) => name.startsWith('type ')) ?? false) }
  })
  const dynamic = [...text.matchAll(/\bimport\('([^']+)'\)/g)].map(([, from]) => ({ from: from!, typeOnly: false }))
  return [...fixed, ...dynamic]
}

/** The project's file that a relative import names. */
export const targetOf = ({ path }: Pick<SourceFile, 'path'>, from: string): string | null =>
  from.startsWith('.') ? posix.join(dirname(path), from) : null

const closers: Record<string, string> = { '{': '}', '(': ')', '[': ']' }

/** The position of the bracket that closes the one at `open`. */
export const closing = (code: string, open: number): number => {
  const stack: string[] = []
  for (let at = open; at < code.length; at++) {
    const char = code[at]!
    if (closers[char]) stack.push(closers[char])
    else if (char === stack.at(-1)) {
      stack.pop()
      if (stack.length === 0) return at
    }
  }
  return code.length
}

const lineAt = (code: string, at: number): number => code.slice(0, at).split('\n').length

/** Functions with a body in brackets, by the line they start in; arrows, declarations and methods. */
export const functionsOf = ({ code }: SourceFile): { line: number; lines: number }[] => {
  const arrows = [...code.matchAll(/=>\s*[{(]/g)].map((match) => match.index + match[0].length - 1)
  const named = [...code.matchAll(/(?:\bfunction\b\s*\*?\s*[\w$]*|^\s+(?:async\s+)?\*?\s*[\w$]+)\s*(?:<[^>(]*>)?\(/gm)]
    .filter(([head]) => !/^\s*(?:if|for|while|switch|catch|return)\b/.test(head))
    .flatMap((match) => {
      const end = closing(code, match.index + match[0].length - 1)
      const body = /^\)\s*(?::[^\n]*)?\{(?=[ \t]*\n)/.exec(code.slice(end, end + 400))
      return body ? [end + body[0].length - 1] : []
    })
  return [...arrows, ...named].map((open) => {
    const line = lineAt(code, open)
    return { line, lines: lineAt(code, closing(code, open)) - line + 1 }
  })
}

/** Every place in the code that a pattern matches, as `path:line  text`. */
export const placesOf = (file: SourceFile, pattern: RegExp, where: 'code' | 'text' = 'code'): string[] =>
  [...file[where].matchAll(new RegExp(pattern, 'g'))].map((match) => {
    const line = lineAt(file.code, match.index)
    return `${file.path}:${line}  ${file.text.split('\n')[line - 1]!.trim()}`
  })
