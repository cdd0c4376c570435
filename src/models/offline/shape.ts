// Shape. Owns fitting what rules found into a value of someone else's schema, and refusing where that would be invention.
//   Text goes into texts, quotations into lists of texts, the confidence into a number of that name. Nothing else is made up.
import { TroupeError } from '../../runtime/errors.ts'
import type { Json } from '../../runtime/json.ts'
import type { ModelRequest } from '../../runtime/model.ts'
import { cite, quotationsIn } from './citations.ts'
import { outputSchemaOf, type Report } from './job.ts'

type Schema = { readonly [key: string]: unknown }

const refuse = (place: string, report: Report): never => {
  throw new TroupeError(
    'model.output',
    `rules cannot fill ${place} of the report: they give text, lists of text and a confidence; use scripted or a language model for this agent`,
    { place, details: { summary: report.summary } },
  )
}

const quotationsOf = ({ output }: Report): string[] =>
  typeof output === 'string' ? quotationsIn(output).map(cite) : []

const valueFor = (schema: Schema, name: string, place: string, report: Report): Json => {
  if (schema.const !== undefined || Array.isArray(schema.enum)) return refuse(place, report)
  if (schema.type === 'string')
    return /output|report|text|content|document/i.test(name) && typeof report.output === 'string'
      ? report.output
      : report.summary
  if (schema.type === 'number' && /confidence|certainty/i.test(name)) return report.confidence
  if (schema.type === 'array') {
    const items = (schema.items ?? {}) as Schema // JSON Schema: items is a schema
    if (items.type === undefined || items.type === 'string')
      return [...new Set(quotationsOf(report))].slice(0, Number(schema.maxItems ?? 20))
  }
  return schema.type === 'object' ? objectFor(schema, place, report) : refuse(place, report)
}

const objectFor = (schema: Schema, place: string, report: Report): Json => {
  const properties = (schema.properties ?? {}) as Record<string, Schema> // JSON Schema: properties maps names to schemas
  const required = Array.isArray(schema.required) ? schema.required.map(String) : []
  return Object.fromEntries(
    required.map((name) => [name, valueFor(properties[name] ?? {}, name, `${place}/${name}`, report)]),
  )
}

/** The report's output in the shape its schema asks for, or `model.output` naming the part that rules cannot know. */
export const fitted = (report: Report, request: ModelRequest): Json => {
  const schema = outputSchemaOf(request) as Schema // asked for only when there is one
  const options = [schema.anyOf, schema.oneOf].find(Array.isArray) as Schema[] | undefined
  if (options?.some(({ type }) => type === 'string')) return report.output
  return valueFor(schema, 'output', '/output', report)
}
