// Exit. Owns what the exit codes mean. They are part of the command's interface: docs/cli.md lists them.
import type { ErrorCode, Failure } from '../runtime/errors.ts'

export const exits = { ok: 0, failed: 1, usage: 2, locked: 3, limit: 4, interrupted: 130 } as const

const limits: readonly string[] = ['budget.exceeded', 'run.timeout'] satisfies ErrorCode[]
const usage: readonly string[] = ['cli.usage', 'store.invalid'] satisfies ErrorCode[]

/** The exit code for a failure's code. */
export const exitFor = ({ code }: Pick<Failure, 'code'>): number => {
  if (usage.includes(code)) return exits.usage
  if (code === 'store.locked') return exits.locked
  return limits.includes(code) ? exits.limit : exits.failed
}

/** For the end of every help. */
export const exitHelp = `Exit codes:
  0  done                      3    the store is in use by another process
  1  the run failed, an error  4    a budget or time limit was reached
  2  not understood            130  interrupted; the work is saved and goes on with the same command`
