// An event as indented JSON with the places the scrubber changed marked: a list of pieces of text, so that a page draws
// one element per mark and not one per line. Pure; the text is a payload's and is shown as text only.
import type { ScrubbedPlace } from '#shared/schemas/scrub-preview'
import { visibleText } from './visible-text.ts'

const FILTERED = '[Filtered]'
const INDENT = '  '

export interface Piece {
  text: string
  /** Number of the place in the list; absent for what is as it was. */
  place?: number
}

interface Node {
  place?: number
  kind?: ScrubbedPlace['kind']
  inner: Map<string | number, Node>
}

export function markedJson(event: unknown, places: readonly ScrubbedPlace[]): Piece[] {
  const writer = new Writer()
  writer.value(event, treeOf(places), '')
  return writer.pieces
}

function treeOf(places: readonly ScrubbedPlace[]): Node {
  const root: Node = { inner: new Map() }
  for (const [index, { path, kind }] of places.entries()) {
    let node = root
    for (const key of path) {
      let next = node.inner.get(key)
      if (!next) node.inner.set(key, (next = { inner: new Map() }))
      node = next
    }
    node.place = index
    node.kind = kind
  }
  return root
}

class Writer {
  readonly pieces: Piece[] = []

  value(value: unknown, node: Node | undefined, indent: string): void {
    if (node?.place !== undefined) this.#marked(value, node)
    else if (typeof value !== 'object' || value === null) this.#write(JSON.stringify(value) ?? 'null')
    else if (Array.isArray(value))
      this.#entries('[]', [...value.entries()], indent, (key, inner, deeper) =>
        this.value(inner, node?.inner.get(key), deeper),
      )
    else {
      const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
      const gone = [...(node?.inner ?? [])].filter(([, { kind }]) => kind === 'removed')
      const all = [...entries, ...gone.map(([key]): [string, unknown] => [String(key), undefined])]
      this.#entries('{}', all, indent, (key, inner, deeper) => {
        this.#write(`${JSON.stringify(key)}: `)
        this.value(inner, node?.inner.get(key), deeper)
      })
    }
  }

  #entries<Key>(
    brackets: '[]' | '{}',
    entries: readonly [Key, unknown][],
    indent: string,
    write: (key: Key, value: unknown, indent: string) => void,
  ): void {
    if (entries.length === 0) return this.#write(brackets)
    const [open, close] = brackets
    const deeper = indent + INDENT
    for (const [index, [key, value]] of entries.entries()) {
      this.#write(`${index === 0 ? open : ','}\n${deeper}`)
      write(key, value, deeper)
    }
    this.#write(`\n${indent}${close}`)
  }

  #marked(value: unknown, { place, kind }: Node): void {
    if (kind === 'removed') return this.#write('removed', place)
    const text = JSON.stringify(value) ?? 'null'
    if (kind === 'whole') return this.#write(text, place)
    for (const [index, part] of text.split(FILTERED).entries()) {
      if (index > 0) this.#write(FILTERED, place)
      if (part !== '') this.#write(part)
    }
  }

  #write(text: string, place?: number): void {
    const last = this.pieces.at(-1)
    if (place === undefined && last && last.place === undefined) last.text += visibleText(text)
    else
      this.pieces.push(place === undefined ? { text: visibleText(text) } : { text: visibleText(text), place })
  }
}

/** Lists of pairs whose first is a name. */
const PAIRS = new Set(['headers', 'cookies', 'tags'])

/** A place as people say it: `request.headers.Authorization`, `extra.users[2].email`. */
export function placeLabel(event: unknown, path: ScrubbedPlace['path']): string {
  let label = ''
  let here: unknown = event
  let list: string | undefined
  for (let i = 0; i < path.length; i++) {
    const key = path[i]!
    const inner = (here as Record<string | number, unknown> | undefined)?.[key]
    const name =
      list !== undefined && Array.isArray(inner) && typeof inner[0] === 'string' ? inner[0] : undefined
    if (name !== undefined) {
      label += `.${name}`
      i++ // the pair's value
    } else label += typeof key === 'number' ? `[${key}]` : label === '' ? key : `.${key}`
    list = typeof key === 'string' && PAIRS.has(key) ? key : undefined
    here = inner
  }
  return visibleText(label)
}
