import { describe, expect, it } from 'vitest'
import { scrubText } from '#server/domain/ingest/scrub-text.ts'
import { isCardNumber } from '#server/domain/ingest/secret-forms.ts'
import { SensitiveKeys } from '#server/domain/ingest/sensitive-keys.ts'

const keys = new SensitiveKeys()
const scrubbed = (text: string): string => scrubText(text, keys)

describe('scrubText', () => {
  it.each([
    ['postgres://bob:pa:ss@db:5432/x failed', 'postgres://[Filtered]@db:5432/x failed'],
    ['https://x/cb#access_token=abc&state=1', 'https://x/cb#access_token=[Filtered]&state=1'],
    ['login failed password=hunter2, user=bob', 'login failed password=[Filtered], user=bob'],
    ['Server=x;Password=p w;User=y', 'Server=x;Password=[Filtered] w;User=y'],
    ['password="with space" next', 'password=[Filtered] next'],
    ['Authorization=Bearer abc.def', 'Authorization=[Filtered]'],
    ['sent Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc to', 'sent Bearer [Filtered] to'],
    ['Basic dXNlcjpwYXNzd29yZA==', 'Basic [Filtered]'],
    ["{'password': 'hunter2', 'n': 1}", "{'password': '[Filtered]', 'n': 1}"],
    ['"{\\"token\\":\\"a\\\\\\"b\\",\\"n\\":1}"', '"{\\"token\\":\\"[Filtered]\\",\\"n\\":1}"'],
    ['{"token":["a","b"],"n":1}', '{"token":"[Filtered]","n":1}'],
    ['x 4111-1111-1111-1111 y', 'x [Filtered] y'],
    ['378282246310005', '[Filtered]'],
    ['-----BEGIN KEY-----\nabc', '[Filtered]'],
  ])('%s', (text, expected) => {
    expect(scrubbed(text)).toBe(expected)
  })

  it.each([
    'Unexpected token < in JSON at position 0',
    'Invalid token: expected }',
    'author=Bob tokenizer=fast keyboard=us',
    'basic auth is missing',
    '{"token":null,"hasPassword":true,"max_tokens":5}',
    'order 1234567890123456 and 4111111111111112',
    'id a4111111111111111 4111111111111111b 0.4111111111111111',
    '2026-11-23 09:40:00 1795426511828',
    'https://example.com/a/b?page=2&sort=asc',
    'git@github.com:x/y.git',
    '',
    'a',
  ])('leaves %j as it is', (text) => {
    expect(scrubbed(text)).toBe(text)
  })

  it.each([
    'password=',
    '"token":',
    '"token":"',
    '"token":[',
    "'secret': {",
    '\\"token\\":\\"',
    'a=',
    '://',
    'x://a@',
    '-----BEGIN ',
    '-----END ',
    '4 ',
    '4-',
    'Bearer ',
    '\\',
    '"\\',
  ])('8 KiB of %j come to an end', (pattern) => {
    const text = pattern.repeat(8_192 / pattern.length)
    expect(scrubbed(text).length).toBeLessThanOrEqual(text.length * 6)
    expect(typeof scrubbed(`token="${text}`)).toBe('string')
  })
})

describe('isCardNumber', () => {
  it('asks the check digit and the maker', () => {
    expect(isCardNumber('4111111111111111')).toBe(true)
    expect(isCardNumber('5555555555554444')).toBe(true)
    expect(isCardNumber('6011111111111117')).toBe(true)
    expect(isCardNumber('30569309025904')).toBe(true)
    expect(isCardNumber('4111111111111112')).toBe(false)
    expect(isCardNumber('1111111111111117')).toBe(false)
    expect(isCardNumber('411111111111')).toBe(false)
  })
})
