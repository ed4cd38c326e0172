import { describe, expect, it } from 'vitest'
import { origin, origins } from '#shared/schemas/origin.ts'

describe('origins', () => {
  it.each([
    ['https://shop.example.org', 'https://shop.example.org'],
    ['  HTTPS://Shop.Example.ORG/ ', 'https://shop.example.org'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['https://shop.example.org:443', 'https://shop.example.org'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['https://müller.example', 'https://xn--mller-kva.example'],
    ['https://*.example.org', 'https://*.example.org'],
    ['https://*.Example.org:8443/', 'https://*.example.org:8443'],
  ])('%s becomes %s', (text, form) => expect(origin.parse(text)).toBe(form))

  it.each([
    '',
    'shop.example.org',
    'https://',
    'ftp://shop.example.org',
    'javascript:alert(1)',
    'https://shop.example.org/path',
    'https://shop.example.org?x',
    'https://shop.example.org/#x',
    'https://ada:secret@shop.example.org',
    'https://*',
    'https://*.org',
    'https://a.*.example.org',
    'https://*.*.example.org',
    'https://*shop.example.org',
    '*',
    'null',
    `https://${'a'.repeat(250)}.org`,
  ])('%s is refused', (text) => expect(origin.safeParse(text).success).toBe(false))

  it('says what to write instead', () => {
    const said = (text: string) => origin.safeParse(text).error?.issues[0]?.message
    expect(said('shop')).toBe('“shop” is not an origin. Write it like https://shop.example.org.')
    expect(said('https://shop.example.org/checkout')).toContain('like https://shop.example.org.')
    expect(said('https://*.org')).toContain('like https://*.example.org.')
  })

  it('are a set of at most fifty', () => {
    expect(origins.parse(['https://a.test', 'https://a.test/'])).toEqual(['https://a.test'])
    const many = Array.from({ length: 51 }, (_, i) => `https://a${i}.test`)
    expect(origins.safeParse(many).success).toBe(false)
  })
})
