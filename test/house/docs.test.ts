// The documents: every block of TypeScript compiles, every block marked `ts run` does what it says, every link leads somewhere.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { run, temporaryFolder } from './run.ts'
import { root } from './source.ts'

const documents = [...globSync('*.md', { cwd: root }), ...globSync('docs/*.md', { cwd: root })].toSorted()

type Block = { name: string; code: string; runs: boolean; says: string[] }

const blocksIn = (path: string): Block[] => {
  const text = readFileSync(`${root}/${path}`, 'utf8')
  return [...text.matchAll(/^```ts( run)?\n([\s\S]*?)^```$/gm)].map(({ 1: mark, 2: code, index }) => ({
    name: `${path}:${text.slice(0, index).split('\n').length}`,
    code: code!,
    runs: mark !== undefined,
    says: [...code!.matchAll(/^\/\/ → (.*)$/gm)].map(([, said]) => said!),
  }))
}
const blocks = documents.flatMap(blocksIn)

/** Blocks lie inside the project while they are looked at, so that `troupe` means this one. */
const writeBlock = (folder: string, { name, code }: Block): string => {
  const file = join(folder, `${name.replaceAll(/[^\w]+/g, '-')}.ts`)
  writeFileSync(file, `${code}\nexport {}\n`)
  return file
}
const folderForCode = () => temporaryFolder(`${root}/test/house`, '.blocks-')

test.for(blocks.filter(({ runs }) => runs).map((block) => [block.name, block] as const))(
  '%s runs',
  async ([, block]) => {
    const [file, cwd] = [writeBlock(folderForCode(), block), temporaryFolder()]
    const ran = await run(process.execPath, ['--conditions=source', file], { cwd })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(block.says.length).toBeGreaterThan(0)
    expect(ran.stdout.trim().split('\n')).toEqual(block.says)
  },
)

test('every block of TypeScript compiles under the settings of the project', async () => {
  const folder = folderForCode()
  for (const block of blocks) writeBlock(folder, block)
  writeFileSync(join(folder, 'tsconfig.json'), '{ "extends": "../../../tsconfig.json", "include": ["*.ts"] }')
  const checked = await run(`${root}/node_modules/.bin/tsc`, ['--noEmit', '-p', folder], { cwd: root })
  expect(checked).toMatchObject({ code: 0, stdout: '' })
})

test('every link to a file leads to one', () => {
  const links = documents.flatMap((path) => {
    const text = readFileSync(`${root}/${path}`, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '')
    return [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, to]) => ({ path, to: to! }))
  })
  expect(links.filter(({ path, to }) => !existsSync(resolve(root, dirname(path), to)))).toEqual([])
})

test('documents speak of the project alone', () => {
  const foreign = /\/(?:work|home|root|tmp|Users)\/|\.\.\/shared|localhost:\d/
  expect(documents.filter((path) => foreign.test(readFileSync(`${root}/${path}`, 'utf8')))).toEqual([])
})
