// Paths. Owns what a path of a workspace may look like, before anything is touched; knows no file system.
//   N1. A path that is accepted is a list of plain names below one folder.
//   N2. What other programs obey (hooks, settings, installed code) is never written.
import { escapeText, TroupeError } from '../runtime/errors.ts'

/** Where a path leads: the agent's own folder, the mounted input, or an artifact of the run. `shown` is safe to print. */
export type WorkspacePath =
  | { area: 'own' | 'input'; names: readonly string[]; shown: string }
  | { area: 'artifact'; name: string; shown: string }

/** Where a file is to be written: `name` in the folder that `names` lead to. */
export type NewPath = { names: readonly string[]; name: string; shown: string }

const longestPath = 1024 // characters
const longestName = 255 // bytes: what file systems take
const deepest = 32

const invisible = /[\p{Cc}\p{Cf}\u2028\u2029]/u
const deviceName = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i
const temporary = /^\.troupe-[0-9a-f]+\.tmp$/i

/** Folders and files that some other program obeys: a note written there becomes a command (N2). */
const controlNames = new Set(
  `.git .hg .svn .claude .troupe .husky .github .gitlab .vscode .idea .devcontainer .ssh .config node_modules
   .npmrc .yarnrc .yarnrc.yml .pnpmfile.cjs .gitmodules .gitattributes .gitconfig .envrc .mcp.json
   .bashrc .bash_profile .profile .zshrc .zshenv`.split(/\s+/),
)

const isControl = (name: string): boolean => controlNames.has(name.normalize('NFKC').toLowerCase())

/** Names that no listing shows and no path may use: a write that is under way. */
export const isTemporary = (name: string): boolean => temporary.test(name)

const faultOfText = (path: string): string | null => {
  if (path.length > longestPath) return `is longer than ${longestPath} characters; use a shorter one`
  if (!path.isWellFormed() || /\p{Cc}/u.test(path)) return 'holds a control character or broken Unicode; use plain text'
  if (path.includes('\\')) return 'holds a backslash; separate folders with /'
  if (/^(\/|[a-z]:)/i.test(path)) return 'is absolute; use a path relative to the workspace, such as notes.md'
  return null
}

const faultOfName = (name: string): string | null => {
  if (name === '..') return 'leads upwards with ..; stay below the workspace'
  if (Buffer.byteLength(name) > longestName) return `has a name longer than ${longestName} bytes; use a shorter one`
  if (deviceName.test(name))
    return `uses "${escapeText(name, 40)}", which names a device on some systems; use another name`
  if (/[. ]$/.test(name)) return 'has a name that ends in a dot or space; use another name'
  if (isTemporary(name)) return 'names a write that is under way; use another name'
  if (process.platform === 'win32' && name.includes(':')) return 'holds a colon; use another name'
  return null
}

const faultOfNewName = (name: string): string | null => {
  if (isControl(name)) return `leads into ${escapeText(name, 40)}, which other programs obey; write somewhere else`
  if (invisible.test(name) || name.includes(':')) return 'holds a colon or an invisible character; use another name'
  if (/^[^.]{1,6}~\d/.test(name)) return 'looks like the short form of another name; use a name without ~'
  return null
}

const refuse = (shown: string, fault: string): never => {
  throw new TroupeError('workspace.denied', `the path "${shown}" ${fault}`, { place: shown })
}

const refuseFirst = (shown: string, names: readonly string[], faultOf: (name: string) => string | null): void => {
  for (const name of names) {
    const fault = faultOf(name)
    if (fault !== null) refuse(shown, fault)
  }
}

/** A name that {@link parsePath} would accept for reading: what listings show. */
export const isReadable = (name: string): boolean => faultOfText(name) === null && faultOfName(name) === null

/** Reads `path` as text alone, or throws `workspace.denied`. */
export const parsePath = (path: string): WorkspacePath => {
  const shown = escapeText(path)
  const fault = faultOfText(path)
  if (fault !== null) refuse(shown, fault)
  if (path.startsWith('artifact:')) return { area: 'artifact', name: path.slice('artifact:'.length), shown }
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  refuseFirst(shown, names, faultOfName)
  if (names.length > deepest) refuse(shown, `is more than ${deepest} folders deep; use fewer`)
  return names[0] === 'input' ? { area: 'input', names: names.slice(1), shown } : { area: 'own', names, shown }
}

/** The same for a path that is to be written: only in the agent's own folder, and nowhere that other programs obey (N2). */
export const parseNewPath = (path: string): NewPath => {
  const parsed = parsePath(path)
  if (parsed.area !== 'own') return refuse(parsed.shown, 'is read-only; write to another path, such as notes.md')
  refuseFirst(parsed.shown, parsed.names, faultOfNewName)
  const name = parsed.names.at(-1)
  if (name === undefined || path.endsWith('/')) return refuse(parsed.shown, 'names a folder; name a file in it')
  return { names: parsed.names.slice(0, -1), name, shown: parsed.shown }
}
