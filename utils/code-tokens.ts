// A little colour for source lines: strings, numbers, comments and the words most languages share.
// One line at a time, one regular expression, no state: wrong inside of a comment over several lines, never dangerous:
// the pieces are shown as text and together are always exactly the line.

export interface CodeToken {
  text: string
  kind: 'plain' | 'string' | 'number' | 'comment' | 'keyword'
}

const KEYWORDS = new Set(
  (
    'abstract and as assert async await begin break case catch class const continue def default defer del do elif else elsif ' +
    'end ensure enum except export extends false final finally fn for foreach from func function go if implements import in ' +
    'instanceof interface is lambda let loop match module mut namespace new nil none not null None True False or package pass ' +
    'private protected pub public raise rescue return select self static struct super switch this throw throws trait true try ' +
    'type typeof undefined unless until use using val var void when where while with yield'
  ).split(' '),
)

/** Languages whose comments begin with `#`. */
const HASH_COMMENTS = new Set(['python', 'ruby', 'perl', 'elixir', 'php', 'shell', 'powershell'])
const MAX_LINE = 400

const BODY =
  String.raw`"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'|` +
  '`(?:\\\\.|[^`\\\\])*`?' +
  String.raw`|\b\d[\w.]*|[A-Za-z_$][\w$]*`
const SLASH_CODE = new RegExp(String.raw`(?<comment>\/\/.*|\/\*.*?(?:\*\/|$))|` + BODY, 'g')
const HASH_CODE = new RegExp(String.raw`(?<comment>#.*)|` + BODY, 'g')

export function codeTokens(line: string, platform: string): CodeToken[] {
  if (line.length > MAX_LINE) return [{ text: line, kind: 'plain' }]
  const tokens: CodeToken[] = []
  let end = 0
  const plain = (until: number) => {
    if (until > end) tokens.push({ text: line.slice(end, until), kind: 'plain' })
  }
  for (const match of line.matchAll(HASH_COMMENTS.has(platform) ? HASH_CODE : SLASH_CODE)) {
    const kind = match.groups?.comment ? 'comment' : kindOf(match[0])
    if (kind === 'plain') continue
    plain(match.index)
    tokens.push({ text: match[0], kind })
    end = match.index + match[0].length
  }
  plain(line.length)
  return tokens
}

function kindOf(word: string): CodeToken['kind'] {
  if (/^["'`]/.test(word)) return 'string'
  if (/^\d/.test(word)) return 'number'
  return KEYWORDS.has(word) ? 'keyword' : 'plain'
}
