// docs/contract.md against the tests: no number is missing, and what is said to hold is tested under its number.
// The last column is made from the tests. After moving one: npx vitest run test/house/contract.test.ts -u
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from './source.ts'

const document = readFileSync(`${root}/docs/contract.md`, 'utf8')
const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
const table = document.split('\n').filter((line) => line.startsWith('|'))
const rows = table.slice(2).map((line) => {
  const [id = '', statement = '', state = ''] = cellsOf(line)
  return { number: Number(id.slice(1)), id, statement, state }
})

/** The numbers that titles of tests in a text name: `'C7 C30: …'`, `'C28, BAD 99: …'`. */
const numbersIn = (text: string): Set<number> =>
  new Set(
    [...text.matchAll(/['"`]((?:C\d+|BAD \d+)(?:,? (?:C\d+|BAD \d+))*):/g)].flatMap(([, title]) =>
      [...title!.matchAll(/C(\d+)/g)].map(([, number]) => Number(number)),
    ),
  )

const tested = globSync('**/*.ts', { cwd: `${root}/test`, exclude: ['house/contract.test.ts'] })
  .toSorted()
  .map((file) => ({ file, numbers: numbersIn(readFileSync(`${root}/test/${file}`, 'utf8')) }))

const testsOf = (number: number): string[] =>
  tested.filter(({ numbers }) => numbers.has(number)).map(({ file }) => `\`${file}\``)

/** A table as the formatter leaves it: every column as wide as its widest cell. */
const render = (lines: readonly (readonly string[])[]): string => {
  const widths = lines[0]!.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]!.length)))
  const padded = lines.map((cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`)
  return padded.toSpliced(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`).join('\n')
}

test('the table has every statement from C1 to C45, once, in order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 45 }, (_, index) => index + 1))
})

test('a state is one of three, and what is missing is said', () => {
  expect(rows.filter(({ state }) => !/^(holds|partly: \S.+|open|open: \S.+)$/.test(state))).toEqual([])
})

test('what holds, wholly or partly, has a test with its number; what is open has none', () => {
  const wrong = rows.filter(({ state, number }) => state.startsWith('open') !== (testsOf(number).length === 0))
  expect(wrong.map(({ id, state, number }) => [id, state, ...testsOf(number)])).toEqual([])
})

test('the table names the tests where they are', async () => {
  const lines = rows.map(({ id, statement, state, number }) => [id, statement, state, testsOf(number).join(', ')])
  const made = render([cellsOf(table[0]!), ...lines])
  await expect(document.replace(table.join('\n'), () => made)).toMatchFileSnapshot('../../docs/contract.md')
})

test('no test names a statement that does not exist', () => {
  const wrong = tested.flatMap(({ file, numbers }) =>
    [...numbers].filter((number) => number < 1 || number > 45).map((number) => `C${number} in ${file}`),
  )
  expect(wrong).toEqual([])
})

test('a test of the test: numbers are read from titles and from nowhere else', () => {
  const text = `test('C${7} C${30}: a', 'x C${9}: b'); test("C${28}, BAD ${99}: c"); // C${5}: d`
  expect([...numbersIn(text)]).toEqual([7, 30, 28])
})
