// The public names: test/house/api.txt holds them. A change there is a change for users: it goes into CHANGELOG.md.
// After a change on purpose: npx vitest run test/house/api.test.ts -u
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { blankTexts, root } from './source.ts'

type Entry = { source: string } | string
const { exports } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { exports: Record<string, Entry> }
const doors = Object.entries(exports).flatMap(([subpath, entry]) =>
  typeof entry === 'string' ? [] : [{ name: subpath.replace('.', 'troupe'), file: entry.source }],
)

/** The names a file exports from others, types marked as such. */
const namesIn = (file: string): string[] => {
  const code = blankTexts(readFileSync(`${root}/${file}`, 'utf8'))
  const lists = [...code.matchAll(/^export\s+(type\s+)?\{([^}]*)\}/gm)]
  return lists.flatMap(([, type = '', names]) =>
    names!
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean)
      .map((name) => (type && !name.startsWith('type ') ? `type ${name}` : name)),
  )
}

const byKind = (a: string, b: string) =>
  Number(a.startsWith('type ')) - Number(b.startsWith('type ')) || (a < b ? -1 : Number(a > b))

test('the public names of every subpath are the ones that are listed', async () => {
  const listed = doors.map(({ name, file }) => [`# ${name}`, ...namesIn(file).toSorted(byKind)].join('\n'))
  await expect(`${listed.join('\n\n')}\n`).toMatchFileSnapshot('./api.txt')
})

test.each(doors)('$name exports by name alone, and what it lists is there', async ({ name, file }) => {
  const code = blankTexts(readFileSync(`${root}/${file}`, 'utf8'))
  expect(code).not.toMatch(/export\s+\*|export\s+default/)
  const loaded = (await import(name)) as object
  const values = namesIn(file).filter((each) => !each.startsWith('type '))
  expect(Object.keys(loaded).toSorted()).toEqual(values.toSorted())
})
