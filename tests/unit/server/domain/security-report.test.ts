import { describe, expect, it } from 'vitest'
import { securityPayloads } from '#server/domain/ingest/security-report.ts'

const classic = (report: Record<string, unknown>) => ({ 'csp-report': report })

describe('security reports', () => {
  it('reads the report-uri form', () => {
    const [payload] = securityPayloads(
      classic({
        'document-uri': 'https://shop.example.org/cart?step=2',
        'blocked-uri': 'https://cdn.example.net/a.js?v=8',
        'violated-directive': "script-src 'self'",
      }),
    )
    expect(payload).toMatchObject({
      message: 'Blocked a script from cdn.example.net',
      transaction: 'script-src',
      fingerprint: ['csp', 'script-src', 'cdn.example.net'],
      tags: { 'csp.directive': 'script-src', 'csp.blocked': 'cdn.example.net' },
      request: { url: 'https://shop.example.org/cart?step=2' },
    })
  })

  it('reads the Reporting API, several at once, and leaves other kinds', () => {
    const payloads = securityPayloads([
      { type: 'deprecation', body: { id: 'x' } },
      {
        type: 'csp-violation',
        url: 'https://shop.example.org/',
        body: {
          documentURL: 'https://shop.example.org/',
          blockedURL: 'inline',
          effectiveDirective: 'style-src-elem',
        },
      },
      {
        type: 'csp-violation',
        body: {
          documentURL: 'https://shop.example.org/',
          blockedURL: 'https://shop.example.org/x',
          effectiveDirective: 'img-src',
        },
      },
    ])
    expect(payloads.map((p) => p.message)).toEqual([
      "Blocked a style from 'inline'",
      "Blocked an image from 'self'",
    ])
  })

  it.each([
    null,
    7,
    'text',
    [],
    {},
    [[]],
    classic([] as never),
    { 'csp-report': null },
    { type: 'csp-violation' },
  ])('finds nothing in %j', (body) => {
    expect(securityPayloads(body)).toEqual([])
  })

  it('takes whatever types and lengths are in it', () => {
    const [payload] = securityPayloads(
      classic({ 'document-uri': 5, 'blocked-uri': 'x'.repeat(100_000), 'effective-directive': { a: 1 } }),
    )
    expect((payload!.message as string).length).toBeLessThan(700)
    expect(securityPayloads(Array.from({ length: 5_000 }, () => classic({})))).toHaveLength(50)
  })
})
