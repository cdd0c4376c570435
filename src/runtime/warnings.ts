// Warnings. Owns what becomes of an error in code that is only told: observers, and a machine's custom actions.
// Such code harms nobody: it is reported as a warning of the process and everything else goes on.

const warn = (what: string, error: unknown): void => {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.emitWarning(`${what} threw an error; mend it, the work went on without it`, {
    type: 'TroupeWarning',
    code: 'TROUPE_THREW',
    detail,
  })
}

/** Calls `work`; what it throws, now or as a rejected promise, becomes a warning that names `what`. */
export const harmless = (what: string, work: () => unknown): void => {
  try {
    const result = work()
    if (result instanceof Promise) result.catch((error: unknown) => warn(what, error))
  } catch (error) {
    warn(what, error)
  }
}
