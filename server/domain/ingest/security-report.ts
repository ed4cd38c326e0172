// What browsers post when a page's security policy stopped something → payloads for the Sentry door's reader. Two
// forms: one report under a key that names its kind (`csp-report`, the `report-uri` form), and the Reporting API's list
// (`application/reports+json`). Content security policy is what is read; other kinds are not errors of a program.
import type { Fields } from './fields.ts'
import { isFields } from './fields.ts'

/** Of one request: a page that breaks its policy everywhere posts a list of hundreds. */
const MAX_REPORTS = 50
/** Code units that can matter in a title; the whole report is in `extra`, within its own bounds. */
const MAX_WORD = 512

interface Violation {
  documentUri: string
  blockedUri: string
  directive: string
  report: Fields
  line: unknown
  column: unknown
  sourceFile: unknown
}

/** @returns one payload per violation; empty when there is none that is understood */
export function securityPayloads(body: unknown): Fields[] {
  const violations = (Array.isArray(body) ? body.slice(0, MAX_REPORTS) : [body]).flatMap(violationsOf)
  return violations.map(toPayload)
}

function violationsOf(value: unknown): Violation[] {
  if (!isFields(value)) return []
  const classic = value['csp-report']
  if (isFields(classic)) {
    return [
      {
        documentUri: word(classic['document-uri']),
        blockedUri: word(classic['blocked-uri']),
        directive: word(classic['effective-directive']) || firstWord(classic['violated-directive']),
        report: classic,
        line: classic['line-number'],
        column: classic['column-number'],
        sourceFile: classic['source-file'],
      },
    ]
  }
  const { body: report } = value
  if (value.type !== 'csp-violation' || !isFields(report)) return []
  return [
    {
      documentUri: word(report.documentURL) || word(value.url),
      blockedUri: word(report.blockedURL),
      directive: word(report.effectiveDirective),
      report,
      line: report.lineNumber,
      column: report.columnNumber,
      sourceFile: report.sourceFile,
    },
  ]
}

const word = (value: unknown): string => (typeof value === 'string' ? value.slice(0, MAX_WORD).trim() : '')
/** `script-src 'self' https://cdn.example.org` says the whole policy after the directive. */
const firstWord = (value: unknown): string => word(value).split(' ', 1)[0] ?? ''

function toPayload({ documentUri, blockedUri, directive, report, ...place }: Violation): Fields {
  const source = sourceOf(blockedUri, documentUri)
  const name = directive || 'policy'
  return {
    platform: 'javascript',
    logger: 'csp',
    level: 'warning',
    message: `Blocked ${WHAT[name.replace(/-(elem|attr)$/, '')] ?? `by ${name}`} from ${source}`,
    transaction: name,
    // What is blocked, and where from: the same on every page of a site.
    fingerprint: ['csp', name, source],
    tags: { 'csp.directive': name, 'csp.blocked': source },
    ...(documentUri ? { request: { url: documentUri } } : {}),
    extra: { report, sourceFile: place.sourceFile, line: place.line, column: place.column },
  }
}

const WHAT: Record<string, string> = {
  'script-src': 'a script',
  'style-src': 'a style',
  'img-src': 'an image',
  'font-src': 'a font',
  'connect-src': 'a connection',
  'media-src': 'media',
  'object-src': 'a plugin',
  'frame-src': 'a frame',
  'child-src': 'a frame or worker',
  'worker-src': 'a worker',
  'manifest-src': 'a manifest',
  'form-action': 'a form',
  'base-uri': 'a base address',
  'frame-ancestors': 'being framed',
}

/** The host, without the path that differs from load to load; browsers write keywords for what has none. */
function sourceOf(blockedUri: string, documentUri: string): string {
  if (blockedUri === '' || blockedUri === 'self') return "'self'"
  if (!URL.canParse(blockedUri)) return `'${blockedUri}'`
  const blocked = new URL(blockedUri)
  if (blocked.host === '') return blocked.protocol // data:, blob:
  return URL.canParse(documentUri) && new URL(documentUri).host === blocked.host ? "'self'" : blocked.host
}
