import { describe, expect, it } from 'vitest'
import { parseConfig } from '#shared/schemas/config.ts'

const config = (env: Record<string, string>) => {
  const parsed = parseConfig(env)
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'))
  return parsed.config
}
const problems = (env: Record<string, string>) => {
  const parsed = parseConfig(env)
  return parsed.ok ? [] : parsed.problems
}

describe('the configuration', () => {
  it('is complete without any variable', () => {
    expect(config({})).toEqual({
      port: 3000,
      host: '127.0.0.1',
      databaseUrl: undefined,
      dataDir: './.data',
      publicUrl: 'http://127.0.0.1:3000',
      publicUrlIsSet: false,
      secret: undefined,
      openSignup: false,
      trustProxy: false,
      processes: 1,
      spool: true,
      spoolMaxBytes: 1_024 ** 3,
      bodyTimeoutMs: 60_000,
      drainMs: 0,
      metricsToken: undefined,
      webhookPrivate: false,
      mesh: { host: undefined, port: 0, secret: undefined },
      faults: false,
    })
  })

  it('takes an empty value for unset, and leaves other variables alone', () => {
    expect(config({ PORT: '', MESHER_SECRET: '', HOME: '/root' }).port).toBe(3000)
  })

  it('reads flags in the usual spellings', () => {
    for (const on of ['1', 'true', 'YES', 'on'])
      expect(config({ MESHER_OPEN_SIGNUP: on }).openSignup).toBe(true)
    for (const off of ['0', 'false', 'No', 'off'])
      expect(config({ MESHER_OPEN_SIGNUP: off }).openSignup).toBe(false)
  })

  it('names every wrong value in one line each', () => {
    expect(
      problems({
        PORT: '70000',
        HOST: 'http://x',
        DATABASE_URL: 'mysql://x',
        MESHER_PUBLIC_URL: 'errors.example.org',
        MESHER_SECRET: 'short',
        MESHER_OPEN_SIGNUP: 'maybe',
        MESHER_PROCESSES: '0',
      }).map((line) => line.split(' must')[0]),
    ).toEqual([
      'PORT',
      'HOST',
      'DATABASE_URL',
      'MESHER_PUBLIC_URL',
      'MESHER_SECRET',
      'MESHER_OPEN_SIGNUP',
      'MESHER_PROCESSES',
    ])
    expect(problems({ PORT: '3000x' })).toEqual(['PORT must be a whole number from 1 to 65535'])
    expect(problems({ PORT: '0' })).toEqual(['PORT must be a whole number from 1 to 65535'])
  })

  it('demands the public address once others can reach the server', () => {
    expect(problems({ HOST: '0.0.0.0' })).toEqual([
      expect.stringMatching(/^MESHER_PUBLIC_URL is needed when HOST is/),
    ])
    expect(problems({ HOST: '::' })).toHaveLength(1)
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1'])
      expect(problems({ HOST: host })).toEqual([])
    expect(config({ HOST: '0.0.0.0', MESHER_PUBLIC_URL: 'https://errors.example.org/' })).toMatchObject({
      publicUrl: 'https://errors.example.org',
      publicUrlIsSet: true,
    })
  })

  it('keeps the path of a public address and refuses what cannot be one', () => {
    expect(config({ MESHER_PUBLIC_URL: 'https://example.org/mesher/' }).publicUrl).toBe(
      'https://example.org/mesher',
    )
    for (const url of [
      'ftp://example.org',
      'https://example.org/?a=1',
      'https://me:pw@example.org',
      'https://x/#y',
    ]) {
      expect(problems({ MESHER_PUBLIC_URL: url })).toHaveLength(1)
    }
  })

  it('writes an IPv6 address as a URL needs it', () => {
    expect(config({ HOST: '::1', PORT: '8080' }).publicUrl).toBe('http://[::1]:8080')
  })
})
