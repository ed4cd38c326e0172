// The words for severity that SDKs and loggers use → Mesher's five.
import type { Level } from '#shared/constants/levels.ts'

const LEVEL_OF: ReadonlyMap<unknown, Level> = new Map<unknown, Level>([
  ...names('fatal', 'fatal critical crit panic alert emergency emerg'),
  ...names('error', 'error err exception severe'),
  ...names('warning', 'warning warn'),
  ...names('info', 'info information log notice'),
  ...names('debug', 'debug trace verbose silly sample'),
  // Python's logging numbers, which old SDKs send as they are.
  [50, 'fatal'],
  [40, 'error'],
  [30, 'warning'],
  [20, 'info'],
  [10, 'debug'],
])

function names(level: Level, words: string): [string, Level][] {
  return words.split(' ').map((word) => [word, level])
}

const LONGEST_WORD = 16

export function levelOf(value: unknown): Level | undefined {
  const known = LEVEL_OF.get(value)
  if (known !== undefined || typeof value !== 'string' || value.length > LONGEST_WORD) return known
  return LEVEL_OF.get(value.trim().toLowerCase())
}
