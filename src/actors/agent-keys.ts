// Agent keys. Owns which keys an agent file may hold, and what becomes of each.

/** Read and used. */
export const usedKeys = [
  'name',
  'description',
  'role',
  'tools',
  'disallowedTools',
  'model',
  'color',
  'maxTurns',
] as const

/** Would give a file power over the process, the network or the permissions of its reader: never obeyed. */
export const refusedKeys = ['hooks', 'env', 'mcpServers', 'permissionMode'] as const

/** Known to other readers of these files and without meaning here. */
export const otherKeys = ['effort', 'skills', 'memory', 'background', 'isolation', 'initialPrompt'] as const

export const knownKeys: readonly string[] = [...usedKeys, ...refusedKeys, ...otherKeys]

export const colors = ['red', 'blue', 'green', 'yellow', 'purple', 'orange', 'pink', 'cyan'] as const
export type Color = (typeof colors)[number]
