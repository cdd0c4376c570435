// Imports. Owns what it costs to load the package: a process that imports it, beside one that imports nothing.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const built = new URL('../dist/index.js', import.meta.url)
const source = new URL('../src/index.ts', import.meta.url)

const timeOf = (target: URL): number => {
  const script = `const t = performance.now(); await import(${JSON.stringify(target.href)}); process.stdout.write(String(performance.now() - t))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  return Number(stdout)
}

const xstate = new URL(import.meta.resolve('xstate'))

/** Milliseconds to import the built package when it is there, its source, and XState alone. */
export const imports = async () => ({
  ...(existsSync(fileURLToPath(built)) && { builtMs: timeOf(built) }),
  sourceMs: timeOf(source),
  xstateMs: timeOf(xstate),
})
