// Severity, in the one order and numbering that storage, charts and sorting share.

/** Most severe last, so that a larger number is worse; the index is what the database stores. */
export const LEVELS = ['debug', 'info', 'warning', 'error', 'fatal'] as const
export type Level = (typeof LEVELS)[number]

export const levelToNumber = (level: Level): number => LEVELS.indexOf(level)
export const levelFromNumber = (number: number): Level => LEVELS[number] ?? 'error'
