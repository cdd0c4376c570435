// Log level. Owns how much a log says. Apart from the log, so that naming a level loads no logger.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
