// Bad inputs have numbers. Every number up to 48 and from 89 to 104 has a test that names it, or stands here with the reason.
import { expect, test } from 'vitest'
import { filesIn } from './source.ts'

/** Rows that do not apply yet. */
const later: Record<number, string> = {
  21: 'a context factory that reads the clock is found out by the simulation, which is not there yet',
  44: 'actors do not ask each other yet: a question comes from outside and has a deadline',
  46: 'messages have no version of their own yet',
  93: 'there is no --port yet',
}

const numbers = [
  ...Array.from({ length: 48 }, (_, index) => index + 1),
  ...Array.from({ length: 16 }, (_, index) => index + 89),
]

const texts = filesIn('test').filter(({ path }) => !path.startsWith('test/house/'))

/** As a test's name says it, or as a row of a generated table begins. */
const names = (number: number): RegExp =>
  new RegExp(`BAD [\\d, ]*\\b${number}\\b|number: ${number}\\b|^\\s*\\[\\s*${number},`, 'm')

test.each(numbers.filter((number) => !(number in later)))('bad input %d has a test that names it', (number) => {
  expect(texts.filter(({ text }) => names(number).test(text)).map(({ path }) => path)).not.toEqual([])
})

test.each(Object.entries(later))('bad input %s does not apply yet: %s', (number) => {
  const rows = texts.filter(({ text }) => new RegExp(`BAD ${number}: |number: ${number}\\b`).test(text))
  expect(rows.map(({ path }) => path)).toEqual([])
})
