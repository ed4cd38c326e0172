import { describe, expect, it } from 'vitest'
import { createOriginList } from '#server/domain/projects/origin-list.ts'

describe('allowed origins', () => {
  const list = createOriginList([
    'https://shop.example.org',
    'https://*.preview.example.org',
    'http://*.local.test:3000',
  ])

  it.each([
    'https://shop.example.org',
    'https://a.preview.example.org',
    'https://a.b.preview.example.org',
    'http://x.local.test:3000',
  ])('%s may', (origin) => expect(list.includes(origin)).toBe(true))

  it.each([
    'http://shop.example.org',
    'https://shop.example.org:8443',
    'https://www.shop.example.org',
    'https://preview.example.org',
    'https://.preview.example.org',
    'https://apreview.example.org',
    'http://a.preview.example.org',
    'http://x.local.test',
    'https://a.preview.example.org.evil.test',
    'null',
    '',
  ])('%s may not', (origin) => expect(list.includes(origin)).toBe(false))

  it('knows how many there are: none means everywhere', () => {
    expect(list.length).toBe(3)
    expect(createOriginList([]).length).toBe(0)
  })
})
