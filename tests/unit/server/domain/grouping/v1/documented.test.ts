// docs/grouping.md shows what becomes of messages and frames. What it shows is what happens.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { frameText } from '#server/domain/grouping/v1/frame-text.ts'
import type { Family } from '#server/domain/grouping/v1/languages.ts'
import { normaliseMessage } from '#server/domain/grouping/v1/message.ts'

const ROOT = path.join(import.meta.dirname, '../../../../../..')
const page = readFileSync(path.join(ROOT, 'docs/grouping.md'), 'utf8')

/** Rows of the tables below a heading: the code of the first cell, and of the second. */
function examples(heading: string): { sent: string[]; compared: string[]; said: string }[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const codes = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((found) => found[1]!)
  return [...section.matchAll(/^\| (.+?) \| (.+?) \|$/gm)]
    .map(([, sent = '', said = '']) => ({ sent: codes(sent), compared: codes(said), said: said.trim() }))
    .filter(({ sent }) => sent.length > 0)
}

it('GROUP-03: messages are compared as the page says', () => {
  const rows = examples('Message')
  expect(rows.length).toBeGreaterThan(8)
  for (const { sent, compared, said } of rows) {
    for (const message of sent) {
      expect(normaliseMessage(message)).toBe(said.startsWith('the same') ? message : compared[0])
    }
  }
})

const FAMILIES: Family[] = ['javascript', 'java', 'go', 'ruby']

it('GROUP-03: frames are compared as the page says', () => {
  const rows = examples('Stack')
  expect(rows.length).toBeGreaterThan(5)
  for (const { sent, compared } of rows) {
    for (const text of sent) {
      const expected = compared[0] ?? ''
      const seen = FAMILIES.flatMap((family) => [
        frameText({ inApp: true, function: text }, family),
        frameText({ inApp: true, filename: text }, family),
        frameText({ inApp: true, module: text }, family),
      ])
      expect(seen, text).toContain(expected)
    }
  }
})
