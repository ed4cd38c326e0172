// FROZEN (see ../v1.ts). The file of a frame as it stays the same from build to build and machine to machine: the
// module where there is one, else the base name without origin, query and build hash.
import type { Frame } from '#shared/schemas/event.ts'
import type { Family } from './languages.ts'
import { remember } from './remember.ts'

export function fileName(frame: Frame, family: Family): string {
  if (frame.module !== undefined && !isNoModule(frame.module)) return moduleName(frame.module, family)
  const path = frame.filename ?? frame.absPath
  if (path !== undefined) return family === 'javascript' ? scriptName(path) : baseName(path)
  return frame.package === undefined ? '' : packageName(frame.package)
}

const isNoModule = (module: string): boolean =>
  module === '(unknown)' || module === '?' || module === '<unknown module>'

function moduleName(module: string, family: Family): string {
  if (family === 'java') return javaClass(module)
  if (family === 'javascript') return scriptModule(module)
  return module
}

const scriptName = remember((path) => withoutBuildHash(baseName(path)))
const scriptModule = remember((module) => withoutBuildHash(module))
// .NET writes `Name, Version=…`; Windows compares file names without case.
const packageName = remember((name) => baseName(name.split(',', 1)[0] ?? '').toLowerCase())

/** Generated classes carry a number or hash: `Foo$$EnhancerBySpringCGLIB$$1f2e`, `$Proxy32`, `Foo$$Lambda$14/0x08`, `Foo$1`. */
const javaClass = remember((module) => {
  const generated = module.indexOf('$$')
  const named = generated > 0 ? module.slice(0, generated) : module
  return withoutSerial(named).replace(/\$\d+/g, '')
})

const GENERATORS = ['Proxy', 'Accessor', 'Mock', 'ByteBuddy']

/**
 * What `/((?:Proxy|Accessor|Mock|ByteBuddy)(?:\$|_)?)[\dA-Za-z]*\d[\dA-Za-z]*$/` → `$1` says, in time that grows with the
 * length and no faster: the pattern took 5 ms for a hostile name of 511 characters, 10 s for an event full of them.
 */
function withoutSerial(name: string): string {
  let tail = name.length
  let lastDigit = -1
  for (; tail > 0 && isAlphanumeric(name.charCodeAt(tail - 1)); tail--) {
    if (lastDigit === -1 && name.charCodeAt(tail - 1) <= NINE) lastDigit = tail - 1
  }
  if (lastDigit === -1) return name
  const separator = name[tail - 1]
  if (separator === '$' || separator === '_') {
    const owner = name.slice(Math.max(0, tail - 10), tail - 1)
    if (GENERATORS.some((word) => owner.endsWith(word))) return name.slice(0, tail)
  }
  let first = name.length
  let end = name.length
  for (const word of GENERATORS) {
    const at = name.indexOf(word, tail)
    if (at === -1 || at >= first) continue
    first = at
    end = at + word.length
  }
  return end <= lastDigit ? name.slice(0, end) : name
}

const NINE = 0x39
const isAlphanumeric = (c: number): boolean =>
  (c >= 0x30 && c <= NINE) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a)

function baseName(path: string): string {
  let end = path.length
  // A `?` or `#` begins query and fragment of an address; in a plain path they are rare enough to be cut as well.
  for (let i = 0; i < end; i++) {
    const c = path.charCodeAt(i)
    if (c === 0x3f || c === 0x23) end = i
  }
  let start = end
  while (start > 0) {
    const c = path.charCodeAt(start - 1)
    if (c === 0x2f || c === 0x5c) break
    start--
  }
  const base = path.slice(start, end)
  // An address without a file name: what stands there is data (`/orders/123`), not code.
  return /^[\d]+$/.test(base) ? '' : base
}

const MAX_HASHED_NAME = 200
// name, separator, hash, extensions: main.3f2a1b9c.js, index-DiwrgTda.js, app~d0ae3f07.chunk.js, 2.1f3c9b0e.chunk.css
const HASHED =
  /^(.{0,160}?)([.~_-])([\w-]{6,64})((?:\.(?:chunk|min|bundle|esm|umd|module|mjs|cjs|js|jsx|ts|tsx|css|html))*)$/

/** `index-DiwrgTda.js` → `index.js`. */
function withoutBuildHash(name: string): string {
  if (name.length > MAX_HASHED_NAME) return name
  const found = HASHED.exec(name)
  if (!found) return isHash(name.split('.', 1)[0] ?? '') ? name.slice(name.indexOf('.')) : name
  const [, stem = '', separator = '', tail = '', extensions = ''] = found
  if (isHash(tail)) return stem + extensions
  // The hash may itself hold the separator (Vite's are base64url): try what follows the next one.
  const next = tail.indexOf(separator)
  const rest = next === -1 ? '' : tail.slice(next + 1)
  return isHash(rest) ? `${stem}${separator}${tail.slice(0, next)}${extensions}` : name
}

/** Hexadecimal with a digit, eight characters of mixed kind as Vite writes, or long mixed case with a digit. */
function isHash(text: string): boolean {
  if (text.length < 6) return false
  const hasDigit = /\d/.test(text)
  if (/^[\da-f]+$/i.test(text) && hasDigit) return true
  if (text.length < 8 || !/^[\w-]+$/.test(text)) return false
  if (text.length === 8 && hasDigit && /[a-z]/i.test(text)) return !/^[a-z]+\d+$/i.test(text)
  const isMixed = /[a-z]/.test(text) && /[A-Z]/.test(text)
  if (text.length >= 16) return isMixed && hasDigit
  // `Settings` is a word; `DiwrgTda` hardly is, and where `UserList` is one the directory and function still tell.
  return text.length === 8 && isMixed && !/^[A-Z][a-z]+$/.test(text)
}
