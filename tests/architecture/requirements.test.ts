// Every requirement of docs/requirements.md is exercised: its id stands in the title of a test that runs.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = path.join(import.meta.dirname, '..', '..')
const ids = [
  ...readFileSync(path.join(ROOT, 'docs/requirements.md'), 'utf8').matchAll(/^\| ([A-Z]+-\d\d)\s*\|/gm),
].map((m) => m[1]!)

const testFiles = ['tests/unit', 'tests/integration', 'tests/e2e', 'tests/guide']
  .filter((folder) => existsSync(path.join(ROOT, folder)))
  .flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(test|spec)\.ts$/.test(name))
      .map((name) => path.join(ROOT, folder, name)),
  )
/** The quoted title after `it(`, `test(`, or the table form `it.each(…)(`; a skipped test exercises nothing. */
const TITLE = /(?:\bit|\btest|\]\))(?:\.(?!skip|todo)\w+)?\(\s*(?:'([^'\n]+)'|"([^"\n]+)"|`([^`]+)`)/g
const titles = testFiles.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(TITLE)].map((m) => m[1] ?? m[2] ?? m[3]!),
)

describe('requirements', () => {
  it('are listed', () => expect(ids.length).toBeGreaterThan(20))

  it.each(ids)('%s is exercised by a test', (id) => {
    expect(titles.filter((title) => title.includes(id))).not.toEqual([])
  })

  it('no test claims an id that is not listed', () => {
    const claimed = new Set(
      titles
        .flatMap((title) => title.match(/\b[A-Z]+-\d\d\b/g) ?? [])
        .filter((id) =>
          /^(INGEST|GROUP|ORG|ISSUE|SEARCH|DASH|DETAIL|STREAM|ALERT|RETAIN|RESIL|CLUSTER|WEBHOOK|OPS|UI)-/.test(
            id,
          ),
        ),
    )
    expect([...claimed].filter((id) => !ids.includes(id))).toEqual([])
  })
})
