// Log lines: one JSON object each in production, one readable line in development. No payloads, no bodies, no
// headers: what is logged is what the code names. Text from outside is JSON-escaped, so it cannot forge a line or
// move a terminal's cursor.
import { currentScope } from './scope.ts'

type Level = 'info' | 'warn' | 'error'
type Fields = Record<string, unknown>

const readable = process.env.NODE_ENV !== 'production'

function write(level: Level, message: string, fields: Fields = {}): void {
  const scope = currentScope()
  const line = {
    time: new Date().toISOString(),
    level,
    message,
    ...(scope ? { [scope.kind]: scope.id } : {}),
    ...Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, describe(value)])),
  }
  const stream = level === 'info' ? process.stdout : process.stderr
  stream.write(readable ? toText(line) : `${JSON.stringify(line)}\n`)
}

/** An error's own words and place. `pg` adds `detail`, which quotes stored values: that one stays out. */
function describe(value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const code = 'code' in value ? value.code : undefined
  return {
    name: value.name,
    message: value.message,
    ...(typeof code === 'string' ? { code } : {}),
    stack: value.stack?.split('\n').slice(1, 12).join('\n'),
    ...(value.cause instanceof Error ? { cause: describe(value.cause) } : {}),
  }
}

function toText({
  time,
  level,
  message,
  ...fields
}: {
  time: string
  level: Level
  message: string
}): string {
  const rest = Object.entries(fields as Fields)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(' ')
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${message} ${rest}`.trimEnd() + '\n'
}

export const log = {
  info: (message: string, fields?: Fields) => write('info', message, fields),
  warn: (message: string, fields?: Fields) => write('warn', message, fields),
  error: (message: string, fields?: Fields) => write('error', message, fields),
}
