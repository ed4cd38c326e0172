import { describe, expect, it } from 'vitest'
import { PLATFORMS } from '../../../shared/constants/platforms.ts'
import { parseDsn, snippetTabs } from '../../../utils/setup-snippets.ts'

const KEY = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'
const DSN = `https://${KEY}@errors.example.org/base/7`

describe('parseDsn', () => {
  it('finds key, origin with its base path, and project', () => {
    expect(parseDsn(DSN)).toEqual({ key: KEY, origin: 'https://errors.example.org/base', projectId: '7' })
    expect(parseDsn(`http://${KEY}@127.0.0.1:4310/1`)?.origin).toBe('http://127.0.0.1:4310')
  })
  it.each(['', 'https://example.org/1', `https://${KEY}@example.org/`, `ftp://${KEY}@example.org/1`])(
    'refuses %j',
    (dsn) => expect(parseDsn(dsn)).toBeNull(),
  )
})

describe('ORG-01 the lines to copy', () => {
  it.each(PLATFORMS.map(({ id }) => id))(
    'for %s begin with a tab of its own and hold the DSN',
    (platform) => {
      const { tabs, first } = snippetTabs(platform, DSN)
      expect(tabs.map(({ id }) => id)).toContain(first)
      expect(new Set(tabs.map(({ id }) => id)).size).toBe(tabs.length)
      for (const { id, snippets } of tabs)
        expect(snippets.map(({ code }) => code).join('\n'), id).toContain(id === 'curl' ? KEY : DSN)
      const opened = { javascript: 'browser', other: 'curl' }[platform as string] ?? platform
      expect(first).toBe(opened)
    },
  )
})
