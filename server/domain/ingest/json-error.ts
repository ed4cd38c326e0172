// Where a text stops being JSON. V8's own message sometimes lacks the position and quotes the payload; this one has
// line and column and quotes nothing. Runs only after JSON.parse refused, on text already known to be shallow.

const LITERAL = /true|false|null/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const SPACE = /[ \t\r\n]*/y
const STRING_END = /["\\\u0000-\u001f]/g // eslint-disable-line no-control-regex -- exactly what JSON forbids inside strings
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

export interface JsonProblem {
  position: number
  line: number
  column: number
  expected: string
}

export function findJsonProblem(text: string): JsonProblem {
  const reader = new Reader(text)
  reader.value()
  if (!reader.expected) {
    reader.space()
    if (reader.at < text.length) reader.fail('the end')
  }
  const before = text.slice(0, reader.at)
  const line = before.split('\n').length
  return {
    position: reader.at,
    line,
    column: reader.at - before.lastIndexOf('\n'),
    expected: reader.expected ?? 'valid JSON',
  }
}

class Reader {
  at = 0
  expected: string | undefined
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  fail(expected: string): false {
    this.expected ??= expected
    return false
  }

  space(): void {
    this.#match(SPACE)
  }

  value(): boolean {
    this.space()
    switch (this.#text[this.at]) {
      case '{':
        return this.#members('}', () => this.#member())
      case '[':
        return this.#members(']', () => this.value())
      case '"':
        return this.#string()
    }
    return this.#match(NUMBER) || this.#match(LITERAL) || this.fail('a value')
  }

  #members(close: '}' | ']', member: () => boolean): boolean {
    this.at++
    this.space()
    if (this.#take(close)) return true
    for (;;) {
      if (!member()) return false
      this.space()
      if (this.#take(close)) return true
      if (!this.#take(',')) return this.fail(`"," or "${close}"`)
    }
  }

  #member(): boolean {
    this.space()
    if (this.#text[this.at] !== '"') return this.fail('a property name in double quotes')
    if (!this.#string()) return false
    this.space()
    return this.#take(':') ? this.value() : this.fail('":"')
  }

  #string(): boolean {
    this.at++
    for (;;) {
      STRING_END.lastIndex = this.at
      const end = STRING_END.exec(this.#text)
      if (!end) {
        this.at = this.#text.length
        return this.fail('a closing quote')
      }
      this.at = end.index
      if (this.#take('"')) return true
      if (end[0] !== '\\') return this.fail('no control character inside a string')
      if (!this.#match(ESCAPE)) return this.fail('a known escape')
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.at] !== character) return false
    this.at++
    return true
  }

  #match(pattern: RegExp): boolean {
    pattern.lastIndex = this.at
    if (!pattern.test(this.#text)) return false
    this.at = pattern.lastIndex
    return true
  }
}
