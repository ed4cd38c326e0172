// The API's description as a page to read: plain HTML, no script, nothing from elsewhere, readable while signed out.
// In: the OpenAPI document; out: HTML, every value escaped.
import type { ApiDescription } from './describe-api.ts'

interface Operation {
  summary: string
  description: string
  tags: string[]
  parameters: { name: string; in: string; required: boolean; schema: JsonSchema }[]
  requestBody?: { content: Record<string, { schema?: JsonSchema }> }
  responses: Record<string, { description: string; content?: Record<string, { schema?: JsonSchema }> }>
  'x-mesher-access': string
}
interface JsonSchema {
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  anyOf?: JsonSchema[]
  items?: JsonSchema
  properties?: Record<string, JsonSchema>
  required?: string[]
  format?: string
  default?: unknown
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  $ref?: string
}
interface Listed {
  method: string
  path: string
  operation: Operation
}

export function renderApiPage(api: ApiDescription, nonce: string): string {
  const listed: Listed[] = Object.entries(api.paths).flatMap(([path, methods]) =>
    // What openapi.ts builds; its type there is as open as the document format is.
    Object.entries(methods as Record<string, Operation>).map(([method, operation]) => ({
      method,
      path,
      operation,
    })),
  )
  const tags = [...new Set(listed.flatMap(({ operation }) => operation.tags))].sort((a, b) =>
    a.localeCompare(b),
  )
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · Mesher</title>
<link rel="icon" href="/favicon.svg">
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<header><h1>Mesher API <small>${escape(api.info.version)}</small></h1>
<p>${inline(api.info.description)}</p>
<p>Machine-readable: <a href="/api/v1/openapi.json">/api/v1/openapi.json</a> (OpenAPI 3.1). Base address: <code>${escape(api.servers[0]?.url ?? '')}</code></p>
<nav aria-label="Sections">${tags.map((tag) => `<a href="#${anchor(tag)}">${escape(tag)}</a>`).join(' ')}</nav></header>
<main>
${tags.map((tag) => renderTag(tag, listed)).join('\n')}
</main>
</body>
</html>`
}

const renderTag = (
  tag: string,
  listed: Listed[],
): string => `<section id="${anchor(tag)}"><h2>${escape(tag)}</h2>
${listed
  .filter(({ operation }) => operation.tags.includes(tag))
  .map(renderOperation)
  .join('\n')}
</section>`

function renderOperation({ method, path, operation }: Listed): string {
  const { summary, description, parameters, requestBody, responses } = operation
  const [bodyType, body] = Object.entries(requestBody?.content ?? {})[0] ?? []
  const answers = Object.entries(responses).filter(([status]) => status !== 'default')
  return `<details><summary><b class="${method}">${method.toUpperCase()}</b> <code>${escape(path)}</code> <span>${escape(summary)}</span></summary>
<p>${inline(description)}</p>
${parameters.length ? `<h3>Parameters</h3>${renderRows(parameters.map((p) => [p.name, p.schema, p.required, p.in]))}` : ''}
${requestBody ? `<h3>Body <small>${escape(bodyType ?? '')}</small></h3>${renderSchema(body?.schema)}` : ''}
${answers
  .map(
    ([status, { description: text, content }]) =>
      `<h3>${escape(status)} <small>${escape(text)}</small></h3>${renderSchema(Object.values(content ?? {})[0]?.schema)}`,
  )
  .join('')}
</details>`
}

function renderSchema(schema: JsonSchema | undefined): string {
  if (!schema) return ''
  if (!schema.properties) return `<p><code>${escape(typeOf(schema))}</code></p>`
  const { properties, required = [] } = schema
  const rows = Object.entries(properties).map(([name, inner]): Row => [
    name,
    inner,
    required.includes(name),
    nested(inner),
  ])
  return renderRows(rows)
}

type Row = [name: string, schema: JsonSchema, required: boolean, note: string]

const renderRows = (rows: Row[]): string =>
  `<div class="scroll"><table>${rows
    .map(
      ([name, schema, required, note]) =>
        `<tr><td><code>${escape(name)}</code>${required ? '' : ' <small>optional</small>'}</td><td><code>${escape(typeOf(schema))}</code></td><td>${escape([note, boundsOf(schema)].filter(Boolean).join(' · '))}</td></tr>`,
    )
    .join('')}</table></div>`

/** The fields of an object inside, one level: deeper is what the JSON document is for. */
function nested(schema: JsonSchema): string {
  const inner = schema.items ?? schema
  return inner.properties ? `{ ${Object.keys(inner.properties).join(', ')} }` : ''
}

function typeOf(schema: JsonSchema): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? 'object'
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ')
  if (schema.items) return `${typeOf(schema.items)}[]`
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'any')
  return schema.format ? `${type} (${schema.format})` : type
}

function boundsOf({ minimum, maximum, minLength, maxLength, default: preset }: JsonSchema): string {
  const safe = (bound: number | undefined) => bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER
  const range = (low: number | undefined, high: number | undefined, unit: string) =>
    safe(low) || safe(high) ? `${safe(low) ? low : '…'}–${safe(high) ? high : '…'}${unit}` : ''
  const bounds = [range(minimum, maximum, ''), range(minLength, maxLength, ' characters')]
  if (preset !== undefined) bounds.push(`default ${JSON.stringify(preset)}`)
  return bounds.filter(Boolean).join(', ')
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
/** Escaped, with `code` set as code. */
const inline = (text: string): string => escape(text).replace(/`([^`]+)`/g, '<code>$1</code>')
const anchor = (tag: string): string => tag.replace(/\W+/g, '-')

const STYLE = `
:root{color-scheme:light dark;--text:light-dark(#1b2a2f,#d6e2e5);--soft:light-dark(#5b6d73,#8fa3a9);--line:light-dark(#dfe7e9,#2a3a40);--back:light-dark(#fff,#11191c);--card:light-dark(#f6f9fa,#172226);--accent:light-dark(#0b6b78,#4fc3d1)}
*{box-sizing:border-box}
body{margin:0 auto;max-width:64rem;padding:1.5rem 1rem 6rem;background:var(--back);color:var(--text);font:16px/1.55 system-ui,sans-serif}
h1{font-size:1.6rem;margin:.5rem 0}h1 small,h3 small,td small{color:var(--soft);font-weight:400;font-size:.85em}
h2{margin:2.5rem 0 .75rem;font-size:1.15rem;text-transform:capitalize}h3{font-size:.95rem;margin:1rem 0 .25rem}
a{color:var(--accent)}nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem}
code{font:.875em ui-monospace,monospace;overflow-wrap:anywhere}
details{border:1px solid var(--line);border-radius:.5rem;margin:.4rem 0;padding:0 .9rem;background:var(--card)}
summary{cursor:pointer;padding:.6rem 0;display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:baseline}
summary span{color:var(--soft)}summary b{font:600 .75rem ui-monospace,monospace;min-width:3.2rem;color:var(--accent)}
details[open]{padding-bottom:.9rem}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92em}td{border-top:1px solid var(--line);padding:.35rem .9rem .35rem 0;vertical-align:top}
`
