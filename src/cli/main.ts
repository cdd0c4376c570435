#!/usr/bin/env node
// Main. Owns the start of the command: refuses an old Node before it loads anything that needs a new one.
import { refuseNode } from './node-version.ts'

const refusal = refuseNode(process.versions.node)
if (refusal === null) {
  const { runCommand } = await import('./program.ts')
  const { createHost } = await import('./host.ts')
  process.exitCode = await runCommand(process.argv.slice(2), createHost())
} else {
  process.stderr.write(`${refusal}\n`)
  process.exitCode = 2
}
