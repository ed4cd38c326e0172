// The code of the imaginary company: text files in sources/, several files each, behind lines `=== path`. A frame
// names a file and a piece of one of its lines; line number, column and the lines around it follow from that, so that
// what a stack trace shows is what stands in the file.
import fs from 'node:fs'
import path from 'node:path'

export interface Frame {
  filename: string
  function: string
  lineno?: number
  colno?: number
  module?: string
  abs_path?: string
  context_line?: string
  pre_context?: string[]
  post_context?: string[]
  in_app: boolean
  vars?: Record<string, unknown>
}

const AROUND = 5

export interface Sources {
  /** The frame of our own code where `piece` stands. Throws when it stands nowhere, or at several places. */
  at(file: string, name: string, piece: string, more?: Partial<Frame>): Frame
}

export function openSources(name: string): Sources {
  const text = fs.readFileSync(path.join(import.meta.dirname, 'sources', `${name}.txt`), 'utf8')
  const files = new Map<string, string[]>()
  for (const part of text.split(/^=== /m).slice(1)) {
    const [file, ...lines] = part.trimEnd().split('\n')
    files.set(file!, lines)
  }
  return {
    at(file, name, piece, more = {}) {
      const lines = files.get(file)
      const found = lines?.flatMap((line, i) => (line.includes(piece) ? [i] : [])) ?? []
      if (!lines || found.length !== 1) throw new Error(`${found.length} lines of ${file} contain: ${piece}`)
      const [i] = found as [number]
      const column = lines[i]!.indexOf(piece) + 1
      return {
        filename: file,
        function: name,
        lineno: i + 1,
        ...(more.colno === undefined ? { colno: column } : {}),
        pre_context: lines.slice(Math.max(0, i - AROUND), i),
        context_line: lines[i]!,
        post_context: lines.slice(i + 1, i + 1 + AROUND),
        in_app: true,
        ...more,
      }
    },
  }
}

/** A frame of somebody else's code: no source at hand. */
export const library = (filename: string, name: string, lineno: number, colno?: number): Frame => ({
  filename,
  function: name,
  lineno,
  ...(colno === undefined ? {} : { colno }),
  in_app: false,
})
