// FROZEN (see ../v1.ts). The function of a frame as it stays the same from build to build: the last dotted part,
// without receiver, arguments, numbers of lambdas and generated code. Empty for a function without a name.
import type { Family } from './languages.ts'
import { remember } from './remember.ts'

const NO_NAME = new Set([
  ...[
    '?',
    '<anonymous>',
    'anonymous',
    '(anonymous)',
    '(anonymous function)',
    'Anonymous function',
    '<unknown>',
  ],
  ...[
    '<computed>',
    '<redacted>',
    'global code',
    'Global code',
    'module code',
    '{anonymous}',
    '(unknown)',
    '??',
  ],
])

export function functionName(name: string, module: string | undefined, family: Family): string {
  if (family === 'dotnet') return named(dotnet(name.trim(), module))
  return SHORT_NAMES[family](name)
}

const named = (short: string): string => (NO_NAME.has(short) ? '' : short)

const short = (shorten: (name: string) => string): ((name: string) => string) =>
  remember((name) => {
    const trimmed = name.trim()
    return NO_NAME.has(trimmed) ? '' : named(shorten(trimmed))
  })

const anyLanguage = (name: string): string => lastDotted(withoutArguments(name))

const SHORT_NAMES: Readonly<Record<Exclude<Family, 'dotnet'>, (name: string) => string>> = {
  javascript: short(javascript),
  java: short(java),
  ruby: short(ruby),
  php: short(php),
  go: short(go),
  native: short(native),
  python: short(anyLanguage),
  other: short(anyLanguage),
}

function lastDotted(name: string): string {
  // Dots at the very end belong to the name (`Module._extensions..js` is one of node's).
  const dot = name.lastIndexOf('.')
  return dot === -1 || dot === name.length - 1 ? name : name.slice(dot + 1)
}

function withoutArguments(name: string): string {
  const open = name.indexOf('(')
  return open > 0 ? name.slice(0, open).trimEnd() : name
}

/** `async Foo.bar [as baz]`, `new Foo`, `Foo.prototype.bar`, `Foo.get bar`; Firefox: `test/<`, `outer/inner`, `async*f`. */
function javascript(name: string): string {
  let rest = name
  const alias = rest.indexOf(' [as ')
  if (alias > 0) rest = rest.slice(0, alias)
  if (rest.startsWith('async*')) rest = rest.slice('async*'.length)
  if (rest.startsWith('async ')) rest = rest.slice('async '.length)
  if (rest.startsWith('new ')) rest = rest.slice('new '.length)
  rest = withoutArguments(rest)
  if (rest.endsWith('<')) return ''
  const slash = rest.lastIndexOf('/')
  if (slash !== -1) rest = rest.slice(slash + 1)
  rest = lastDotted(rest)
  if (rest.startsWith('get ') || rest.startsWith('set ')) rest = rest.slice('get '.length)
  return rest
}

/** `lambda$home$0`, `access$100`, `$r8$lambda$Xy12`. */
function java(name: string): string {
  const r8 = name.indexOf('$r8$lambda$')
  if (r8 !== -1) return '$r8$lambda'
  return withoutArguments(name).replace(/\$\d+/g, '').replace(/-\d+$/, '')
}

/** `block (2 levels) in index`, `rescue in index`, Ruby 3.4's `Foo#index`. */
function ruby(name: string): string {
  let rest = name
  const inside = rest.lastIndexOf(' in ')
  if (inside !== -1) rest = rest.slice(inside + ' in '.length)
  const method = rest.lastIndexOf('#')
  if (method !== -1 && method < rest.length - 1) rest = rest.slice(method + 1)
  return rest.startsWith('<') ? rest : lastDotted(rest)
}

/** `App\Foo::bar`, `App\{closure}`, PHP 8.4's `{closure:App\Foo::bar():12}`. */
function php(name: string): string {
  if (name.includes('{closure')) return '{closure}'
  const method = name.lastIndexOf('::')
  const rest = withoutArguments(method === -1 ? name : name.slice(method + 2))
  const arrow = rest.lastIndexOf('->')
  const own = arrow === -1 ? rest : rest.slice(arrow + 2)
  return own.slice(own.lastIndexOf('\\') + 1)
}

/** `async Task<int> Foo.BarAsync(int x)`, `<Main>b__0_1`, and `MoveNext` of `Foo+<BarAsync>d__5`. */
function dotnet(name: string, module: string | undefined): string {
  if (name === 'MoveNext' || name.startsWith('MoveNext(')) {
    const machine = module === undefined ? undefined : /<(\w{1,200})>d__\d+/.exec(module)?.[1]
    if (machine !== undefined) return machine
  }
  const lambda = /<(\w{1,200})>[a-z]__/.exec(name)?.[1]
  if (lambda !== undefined) return lambda
  const rest = withoutIndexes(withoutBrackets(withoutArguments(name), '<', '>').replace(/`\d+/g, ''))
  const last = rest.trim().split(' ').at(-1) ?? ''
  return last.startsWith('.') ? last : lastDotted(last)
}

/** What `/\[[^\]]{0,200}\]/g` finds left out, without looking for the same end from every beginning. */
function withoutIndexes(text: string): string {
  let kept = ''
  let from = 0
  for (let close = text.indexOf(']'); close !== -1; close = text.indexOf(']', from)) {
    const open = text.slice(from, close).indexOf('[', Math.max(0, close - from - 201))
    if (open === -1) kept += text.slice(from, close + 1)
    else kept += text.slice(from, from + open)
    from = close + 1
  }
  return kept + text.slice(from)
}

/** `(*Server).handle`, `main.func1.2`, `handler-fm`, `Map[...].Get`. */
function go(name: string): string {
  let rest = withoutBrackets(name, '[', ']').replace(/-fm$/, '')
  for (;;) {
    const lambda = /\.(?:func\d+|gowrap\d+|deferwrap\d+|\d+)$/.exec(rest)
    if (!lambda) break
    rest = rest.slice(0, lambda.index)
  }
  return lastDotted(rest)
}

/** C++, Rust, Objective-C and Swift: no arguments, no template arguments, no compiler's hash; the scope is kept. */
function native(name: string): string {
  let rest = name
  // Rust writes a method of a trait as `<Type as Trait>::method`.
  if (rest.startsWith('<')) {
    const close = matching(rest, 0, '<', '>')
    if (close > 0) rest = (rest.slice(1, close).split(' as ', 1)[0] ?? '') + rest.slice(close + 1)
  }
  rest = rest.replace(/::h[\da-f]{16}$/, '')
  if (rest.startsWith('closure #')) {
    const inside = rest.indexOf(' in ')
    if (inside !== -1) rest = rest.slice(inside + ' in '.length)
  }
  // Blocks of Objective-C: `__42-[Foo bar]_block_invoke_2`.
  const block = rest.indexOf('_block_invoke')
  if (block > 0) rest = rest.slice(0, block).replace(/^_{2}\d+/, '')
  if (rest.startsWith('-[') || rest.startsWith('+[')) return rest
  return withoutBrackets(withoutBrackets(rest, '<', '>'), '(', ')')
    .replace(/ (?:const|\[clone .{0,100}\])$/, '')
    .trim()
}

/** Everything between the outermost brackets left out; one pass. Unbalanced ones close at the end. */
function withoutBrackets(text: string, open: string, close: string): string {
  if (!text.includes(open)) return text
  let depth = 0
  let kept = ''
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (c === open) depth++
    else if (c === close && depth > 0) depth--
    else if (depth === 0) kept += c
  }
  return kept
}

function matching(text: string, from: number, open: string, close: string): number {
  let depth = 0
  for (let i = from; i < text.length; i++) {
    if (text[i] === open) depth++
    else if (text[i] === close && --depth === 0) return i
  }
  return -1
}
