import { afterEach, expect, test } from 'vitest'
import { setConfig } from '#server/domain/settings.ts'
import { isLoopbackHost, isTrustedOrigin } from '#server/http/trust.ts'
import { parseConfig } from '#shared/schemas/config.ts'

afterEach(() => setConfig(undefined))

function configure(env: Record<string, string>): void {
  const parsed = parseConfig(env)
  if (!parsed.ok) throw new Error(parsed.problems.join())
  setConfig(parsed.config)
}

test.each([
  ['localhost', true],
  ['LOCALHOST:3000', true],
  ['app.localhost', true],
  ['127.0.0.1:3000', true],
  ['127.9.9.9', true],
  ['[::1]:3000', true],
  ['::1', true],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
  ['evil.example:127', false],
  ['10.0.0.1', false],
  ['', false],
])('%j is loopback: %s', (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected)
})

test('the public origin is trusted, exactly', () => {
  configure({ MESHER_PUBLIC_URL: 'https://Errors.example.org/base/' })
  expect(isTrustedOrigin('https://errors.example.org', 'errors.example.org')).toBe(true)
  for (const origin of [
    undefined,
    '',
    'null',
    'http://errors.example.org',
    'https://errors.example.org:444',
    'https://evil.example',
    'https://errors.example.org.evil.example',
  ]) {
    expect(isTrustedOrigin(origin, 'errors.example.org'), String(origin)).toBe(false)
  }
})

test("the request's own host is trusted on loopback only", () => {
  configure({})
  expect(isTrustedOrigin('http://localhost:3000', 'localhost:3000')).toBe(true)
  expect(isTrustedOrigin('http://127.0.0.1:3000', 'localhost:9999')).toBe(true) // the public URL of these settings
  expect(isTrustedOrigin('http://localhost:4000', 'localhost:3000')).toBe(false)
  expect(isTrustedOrigin('http://evil.example', 'evil.example')).toBe(false)
})
