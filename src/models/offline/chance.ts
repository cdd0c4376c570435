// Chance. Owns a number in [0, 1) that depends on its parts alone: repeatable, and the same whatever else was asked before.

/** FNV-1a over the parts, with the murmur3 finaliser, so that neighbouring ids give unrelated numbers. */
export const shareOf = (...parts: readonly (string | number | bigint)[]): number => {
  let hash = 0x811c9dc5
  for (const char of parts.join('\u0000')) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296
}
