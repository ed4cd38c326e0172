// FROZEN (see ../v1.ts). Errors the JavaScript engine itself throws are worded differently by every browser. The few
// that make up most of what is reported are brought to one wording, so that one error stays one issue.

export interface EngineError {
  type: string
  value: string
}

/** Engine messages are short; a longer text is somebody's own. */
const MAX_ENGINE_MESSAGE = 400

const V8_PROPERTY =
  /^Cannot (?:read|set) propert(?:y|ies) (?:(?:'([^']{1,100})' )?of )(undefined|null)(?: \((?:reading|setting) '([^']{1,100})'\))?$/
const FIREFOX_PROPERTY = /^can't access property "([^"]{1,100})", .{1,200} is (undefined|null)$/
const SAFARI_PROPERTY = /^(undefined|null) is not an object \(evaluating '(.{1,200})'\)$/
const SAFARI_VARIABLE = /^Can't find variable: (\S{1,100})$/
const SAFARI_CALL = /^(.{1,200}) is not a function\. \(In '/
const FETCH_FAILED = new Set([
  'Failed to fetch',
  'Load failed',
  'NetworkError when attempting to fetch resource.',
])
const OVERFLOW = new Set([
  'Maximum call stack size exceeded',
  'Maximum call stack size exceeded.',
  'too much recursion',
])

/** undefined for everything that is not one of the engine's own. */
export function sameForAllEngines(type: string | undefined, value: string): EngineError | undefined {
  if (type === undefined || value.length > MAX_ENGINE_MESSAGE) return undefined
  switch (type) {
    case 'TypeError':
      return typeError(value)
    case 'ReferenceError': {
      const name = SAFARI_VARIABLE.exec(value)?.[1]
      return name === undefined ? undefined : { type, value: `${name} is not defined` }
    }
    case 'SyntaxError':
      return isJsonError(value) ? { type, value: 'JSON.parse: unexpected text' } : undefined
    case 'RangeError':
    case 'InternalError':
      return OVERFLOW.has(value)
        ? { type: 'RangeError', value: 'Maximum call stack size exceeded' }
        : undefined
  }
  return undefined
}

function typeError(value: string): EngineError | undefined {
  const type = 'TypeError'
  if (FETCH_FAILED.has(value)) return { type, value: 'Failed to fetch' }
  const v8 = V8_PROPERTY.exec(value)
  if (v8) return { type, value: propertyOf(v8[1] ?? v8[3], v8[2]) }
  const firefox = FIREFOX_PROPERTY.exec(value)
  if (firefox) return { type, value: propertyOf(firefox[1], firefox[2]) }
  const safari = SAFARI_PROPERTY.exec(value)
  if (safari) return { type, value: propertyOf(lastMember(safari[2] ?? ''), safari[1]) }
  const call = SAFARI_CALL.exec(value)
  return call ? { type, value: `${call[1]} is not a function` } : undefined
}

const propertyOf = (property: string | undefined, owner: string | undefined): string =>
  `property ${property ?? '?'} of ${owner ?? '?'}`

/** `a.b.c(1)` and `a.b.c = 2` → `c`. */
function lastMember(expression: string): string | undefined {
  const assignment = expression.indexOf(' = ')
  let rest = assignment === -1 ? expression : expression.slice(0, assignment)
  if (rest.endsWith(')')) rest = rest.slice(0, rest.lastIndexOf('('))
  return /(?:\.|\[["'])([\w$]{1,100})(?:["']\])?$/.exec(rest)?.[1]
}

function isJsonError(value: string): boolean {
  return (
    value.startsWith('JSON.parse: ') ||
    value.startsWith('JSON Parse error: ') ||
    value.endsWith(' is not valid JSON') ||
    value === 'Unexpected end of JSON input' ||
    value.includes(' in JSON at position ')
  )
}
