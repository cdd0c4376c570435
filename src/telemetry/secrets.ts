// Secrets. Owns keeping keys out of everything that is printed or logged.

const keyLike = /sk-ant-[A-Za-z0-9_-]{4,}/g

/** The same text without keys: those of a known shape, and those given. */
export const withoutSecrets = (text: string, secrets: readonly (string | undefined)[] = []): string =>
  secrets
    .filter((secret): secret is string => secret !== undefined && secret.length >= 8)
    .reduce((clean, secret) => clean.replaceAll(secret, '[key]'), text)
    .replace(keyLike, '[key]')
