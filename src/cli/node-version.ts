// Node version. Owns the refusal of a Node that is too old. It imports nothing, so that an old one can still say so.

const oldest = 24

/** One line to print when this Node cannot run Troupe, else null. */
export const refuseNode = (version: string): string | null => {
  const major = Number(version.split('.')[0])
  if (major >= oldest) return null
  return `troupe: config.invalid: Node ${version} is too old, Troupe needs Node ${oldest} or newer; install it from https://nodejs.org and run the same command again`
}
