// The commands of the guide, as they stand in its pages: fenced blocks with what may be run, and what they are said to
// answer.
//
//   ```sh                       is run
//   ```text answer              right behind it: each of its lines must be in what it wrote; … stands for anything
//   ```sh no-run: <why>         is not
import fs from 'node:fs'
import path from 'node:path'

export const ROOT = path.join(import.meta.dirname, '..', '..')
const RUN = new Set(['sh', 'bash', 'js', 'mjs'])
/** Never run here; they have to say why as well. */
const CODE = new Set(['ts', 'python', 'ruby', 'go', 'php', 'java', 'csharp', 'rust', 'powershell'])

export interface Block {
  page: string
  /** Of its first line. */
  line: number
  language: string
  code: string
  /** Why it is not run; null when it is. */
  noRun: string | null
  answer: string | null
}

/** Pages whose commands other tests run, and why not this one. */
const TRIED_ELSEWHERE: Record<string, string> = {
  'docs/scaling.md': 'starts several nodes, which tests/integration/mesh does',
  'docs/webhooks.md': 'a piece of a receiver, which tests/integration runs whole',
}

/** Those that depend on nothing come first; the others follow by name. */
const ORDER = ['install.md', 'configure.md', 'send-events.md', 'api.md', 'alerts.md', 'operating.md']

/** README.md and all pages of docs/, in the order in which somebody would follow them. */
export function guidePages(): string[] {
  const pages = fs.readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))
  const rank = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length)
  return [
    ...pages.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).map((name) => `docs/${name}`),
    'README.md',
  ]
}

export function readBlocks(page: string): Block[] {
  const text = fs.readFileSync(path.join(ROOT, page), 'utf8')
  const blocks: Block[] = []
  for (const match of text.matchAll(/^```(\w+)?(.*)\n([^]*?)^```$/gm)) {
    const [, language = '', info = '', code = ''] = match
    const line = text.slice(0, match.index).split('\n').length
    if (info.trim() === 'answer') {
      const before = blocks.at(-1)
      if (!before) throw new Error(`${page}:${line}: an answer to what?`)
      before.answer = code
    } else if (RUN.has(language) || CODE.has(language)) {
      const noRun = /^\s*no-run:\s*(\S.*)$/.exec(info)?.[1]?.trim() ?? TRIED_ELSEWHERE[page] ?? null
      if (CODE.has(language) && !noRun)
        throw new Error(`${page}:${line}: ${language} is not run; say why: no-run: …`)
      blocks.push({ page, line, language, code, noRun, answer: null })
    }
  }
  return blocks
}

/** Whether a line of an answer stands somewhere in what was written. */
export function answers(written: string, line: string): boolean {
  const bare = (text: string) => text.replaceAll(/\s+/g, '')
  const parts = bare(line).split('…').filter(Boolean)
  let from = 0
  const text = bare(written)
  return parts.every((part) => {
    const at = text.indexOf(part, from)
    from = at + part.length
    return at !== -1
  })
}
