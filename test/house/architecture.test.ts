// The order of the house: docs/architecture.md says why.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { blankTexts, filesIn, functionsOf, importsOf, placesOf, root, type SourceFile, targetOf } from './source.ts'

const src = filesIn('src')
const own = [...src, ...filesIn('examples', 'bench')]

const plugs = ['models', 'tools', 'stores', 'telemetry']
const below = {
  machines: [],
  runtime: ['machines'],
  actors: ['runtime', 'machines'],
  patterns: ['actors', 'runtime', 'machines'],
  system: ['patterns', 'actors', 'runtime', 'machines', ...plugs],
  cli: ['system', 'patterns', 'actors', 'runtime', 'machines', ...plugs],
  ...Object.fromEntries(plugs.map((plug) => [plug, ['runtime']])),
  'index.ts': ['system', 'patterns', 'actors', 'runtime', 'machines', ...plugs],
} as Record<string, string[]>

const layerOf = (path: string): string => path.split('/')[1]!

/** Imports of a file that its layer may not have. */
const climbs = (file: SourceFile): string[] =>
  importsOf(file).flatMap(({ from }) => {
    const target = targetOf(file, from)
    if (target === null) return []
    const [own, other] = [layerOf(file.path), layerOf(target)]
    return own === other || below[own]?.includes(other) ? [] : [`${file.path} → ${target}`]
  })

test('every folder in src is a layer that this test knows', () => {
  expect([...new Set(src.map(({ path }) => layerOf(path)))].filter((layer) => !(layer in below))).toEqual([])
})

test('imports point down the layers; a plug knows the runtime alone, and never another plug', () => {
  expect(src.flatMap(climbs)).toEqual([])
})

test('a test of the test: an import that climbs or crosses is seen', () => {
  const file = (path: string, text: string) => ({ path, text, code: text })
  expect(climbs(file('src/models/a.ts', "import { b } from '../tools/b.ts'"))).toHaveLength(1)
  expect(climbs(file('src/machines/a.ts', "export type { b } from '../runtime/b.ts'"))).toHaveLength(1)
  expect(climbs(file('src/cli/a.ts', "import { b } from '../system/b.ts'"))).toEqual([])
})

/** Everything a file imports, itself or by way of others. */
const reachedFrom = (edges: ReadonlyMap<string, readonly string[]>, file: string): Set<string> => {
  const reached = new Set<string>()
  const open = [...(edges.get(file) ?? [])]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next)) continue
    reached.add(next)
    open.push(...(edges.get(next) ?? []))
  }
  return reached
}

/** Groups of files that import each other, type imports included. */
const cyclesIn = (edges: ReadonlyMap<string, readonly string[]>): string[][] => {
  const reached = new Map([...edges.keys()].map((file) => [file, reachedFrom(edges, file)]))
  const groups = [...edges.keys()]
    .filter((file) => reached.get(file)!.has(file))
    .map((file) => [...edges.keys()].filter((other) => reached.get(file)!.has(other) && reached.get(other)?.has(file)))
  return [...new Map(groups.map((group) => [group.join(), group])).values()]
}

test('no file imports itself by way of others', () => {
  const targets = (file: SourceFile) => importsOf(file).flatMap(({ from }) => targetOf(file, from) ?? [])
  expect(cyclesIn(new Map(src.map((file) => [file.path, targets(file)])))).toEqual([])
})

test('a test of the test: cycles are seen, and what only leads to one is none', () => {
  const edges = { a: ['b'], b: ['c'], c: ['b', 'd'], d: [], e: ['e'] }
  expect(cyclesIn(new Map(Object.entries(edges)))).toEqual([['b', 'c'], ['e']])
})

test('every relative import names a file that is there', () => {
  const known = new Set(src.map(({ path }) => path))
  const missing = src.flatMap((file) =>
    importsOf(file).flatMap(({ from }) => {
      const target = targetOf(file, from)
      return target === null || known.has(target) ? [] : [`${file.path} → ${target}`]
    }),
  )
  expect(missing).toEqual([])
})

test('no file is over 300 lines', () => {
  const lines = (file: SourceFile) => file.text.trimEnd().split('\n').length
  expect(own.filter((file) => lines(file) > 300).map((file) => `${file.path}: ${lines(file)}`)).toEqual([])
})

test('no function is over 60 lines', () => {
  const long = own.flatMap((file) =>
    functionsOf(file)
      .filter((each) => each.lines > 60)
      .map((each) => `${file.path}:${each.line}: ${each.lines}`),
  )
  expect(long).toEqual([])
})

test('a test of the test: functions of every form are measured', () => {
  const measure = (text: string) => functionsOf({ path: '', text, code: blankTexts(text) }).map(({ lines }) => lines)
  expect(measure('const a = () => {\n\n}')).toEqual([3])
  expect(measure('const a = (b: string) => ({\n})')).toEqual([2])
  expect(measure('export async function* a(b: () => void): AsyncGenerator<{ c: 1 }> {\n\n\n}').at(-1)).toBe(4)
  expect(measure('const a = {\n  async b(c): Promise<void> {\n  },\n}')).toEqual([2])
  const template = ['`}$', "{'}'}`"].join('')
  expect(measure(`const a = () => {\n  '}'\n  // }\n  ${template}\n}`)).toEqual([5])
  expect(measure('  if (a) {\n}\n')).toEqual([])
})

/** What reads a clock, waits by one, or makes chance. */
const world =
  /\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bperformance\b|\bhrtime\b|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b|\bsetTimeout\b(?!:)|\bsetInterval\b(?!:)|\bAbortSignal\.timeout\b/
const worldly: Record<string, string> = {
  'src/runtime/clock.ts': 'the door for time',
  'src/runtime/random.ts': 'the door for chance and ids',
  'src/runtime/codec-decode.ts': 'carries Dates as values; reads no clock',
}

test('C26: time, ids and chance enter through runtime/clock.ts and runtime/random.ts alone', () => {
  expect(src.filter(({ path }) => !(path in worldly)).flatMap((file) => placesOf(file, world))).toEqual([])
  expect(
    placesOf(src.find(({ path }) => path === 'src/runtime/codec-decode.ts')!, /\bnew Date\(\)|\bDate\.now\b/),
  ).toEqual([])
})

/** Which files may import a dependency's code; types may be imported anywhere. */
const doors: Record<string, RegExp> = {
  xstate: /^src\/(machines\/|runtime\/kernel[a-z-]*\.ts$)/,
  '@anthropic-ai/sdk': /^src\/models\/anthropic\.ts$/,
  nanoid: /^src\/runtime\/random\.ts$/,
  pino: /^src\/telemetry\/log\.ts$/,
  'node:sqlite': /^src\/stores\//,
  yaml: /^src\/(actors\/front-matter|models\/scripted-file)\.ts$/,
  commander: /^src\/cli\//,
  zod: /^src\//,
}

test('every outside dependency has one door', () => {
  const nobody = /^$/
  const wrong = src.flatMap((file) =>
    importsOf(file)
      .filter(({ from, typeOnly }) => !typeOnly && (from in doors || !/^(\.|node:)/.test(from)))
      .filter(({ from }) => !(doors[from] ?? nobody).test(file.path))
      .map(({ from }) => `${file.path} imports ${from}`),
  )
  expect(wrong).toEqual([])
})

test('what src imports is what package.json has as dependencies', () => {
  const { dependencies } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { dependencies: object }
  const used = src
    .flatMap((file) => importsOf(file).map(({ from }) => from))
    .filter((from) => !/^(\.|node:)/.test(from))
  const names = used.map((from) =>
    from
      .split('/')
      .slice(0, from.startsWith('@') ? 2 : 1)
      .join('/'),
  )
  expect([...new Set(names)].toSorted()).toEqual(Object.keys(dependencies).toSorted())
})

test('no any, no enum, no namespace, no default export, nothing left to do later', () => {
  const inCode =
    /(?<!\.)\bany\b(?!\s*[(:=])|^\s*(?:export\s+)?(?:const\s+)?enum\s|^\s*(?:export\s+)?namespace\s|\bexport default\b/m
  expect(own.flatMap((file) => placesOf(file, inCode))).toEqual([])
  expect(own.flatMap((file) => placesOf(file, /\bTODO\b|\bFIXME\b|\bXXX\b/, 'text'))).toEqual([])
})

test('every file says first, in a comment, what it is', () => {
  const silent = src.filter(({ text }) => !/^(#!.*\n)?\/\/ \S/.test(text))
  expect(silent.map(({ path }) => path)).toEqual([])
})
