// Reads the suite's cases: a document and the script that says what it must do.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Configuration } from './names.ts'

export type Step = {
  readonly after?: number
  readonly event: { readonly name: string }
  readonly nextConfiguration: Configuration
}

export type Script = { readonly initialConfiguration: Configuration; readonly events: readonly Step[] }
export type Case = { readonly name: string; readonly document: string; readonly script: Script }

const FRAMEWORK = dirname(createRequire(import.meta.url).resolve('@scion-scxml/test-framework/package.json'))

/** The cases that XState itself enables. */
export function enabledCases(): readonly Case[] {
  const list = readFileSync(new URL('enabled.json', import.meta.url), 'utf8')
  const enabled = JSON.parse(list) as Record<string, readonly string[]> // the file beside this one
  return Object.entries(enabled).flatMap(([suite, names]) => names.map((name) => readCase(`${suite}/${name}`)))
}

function readCase(name: string): Case {
  const read = (extension: string) => readFileSync(join(FRAMEWORK, 'test', `${name}.${extension}`), 'utf8')
  return { name, document: read('scxml'), script: JSON.parse(read('json')) as Script } // the published format
}
