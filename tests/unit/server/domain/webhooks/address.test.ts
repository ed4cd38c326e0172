import { describe, expect, it } from 'vitest'
import { isPublic, mayConnect } from '#server/domain/webhooks/address.ts'
import { webhookUrlMistake } from '#shared/schemas/webhook.ts'

const closed = (address: string) => mayConnect(address, { allowPrivate: false })
const opened = (address: string) => mayConnect(address, { allowPrivate: true })

describe('where a webhook may go', () => {
  it.each([
    ...['1.1.1.1', '93.184.216.34', '172.15.0.1', '172.32.0.1', '100.63.255.255', '100.128.0.1', '11.0.0.1'],
    ...[
      '2606:4700:4700::1111',
      '2a00:1450:4001:82a::200e',
      '::ffff:1.1.1.1',
      '::ffff:101:101',
      '64:ff9b::101:101',
    ],
  ])('WEBHOOK-02: %s is on the internet', (address) => {
    expect([closed(address), opened(address)]).toEqual([true, true])
  })

  it.each([
    ...['127.0.0.1', '127.255.255.254', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...[
      '100.64.0.1',
      '100.127.255.255',
      '169.254.1.1',
      '198.18.0.1',
      '192.0.2.1',
      '203.0.113.9',
      '192.0.0.8',
    ],
    ...[
      '::1',
      'fe80::1',
      'fe80::1%eth0',
      'fc00::1',
      'fd12:3456::1',
      '2001:db8::1',
      '2002:7f00:1::',
      '2001::1',
    ],
    ...[
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::ffff:10.0.0.1',
      '::ffff:0:7f00:1',
      '::7f00:1',
      '64:ff9b::7f00:1',
    ],
    ...['64:ff9b:1::1', 'fec0::1', '100::1', '5f00::1'],
  ])('WEBHOOK-02: %s is private, and open where the operator says so', (address) => {
    expect([closed(address), opened(address)]).toEqual([false, true])
    expect(isPublic(address)).toBe(false)
  })

  it.each([
    ...[
      '169.254.169.254',
      '::ffff:169.254.169.254',
      '::ffff:a9fe:a9fe',
      '64:ff9b::a9fe:a9fe',
      'fd00:ec2::254',
    ],
    ...['100.100.100.200', '168.63.129.16', '169.254.170.2', '0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0'],
    ...[
      '224.0.0.1',
      '239.1.1.1',
      '255.255.255.255',
      'ff02::1',
      '::ffff:224.0.0.1',
      '',
      'localhost',
      '127.1',
      '1',
    ],
  ])('WEBHOOK-02: %s is never right', (address) => {
    expect([closed(address), opened(address)]).toEqual([false, false])
  })

  it('WEBHOOK-02: addresses are http or https, without a password, at ports of web servers', () => {
    for (const url of [
      ...[
        'https://hooks.example.org/x',
        'http://example.org:8080/?a=b',
        'https://example.org:80',
        'http://[2001:db8::1]/',
      ],
      ...['https://example.org:1024', 'http://127.0.0.1:50123/'],
    ])
      expect([url, webhookUrlMistake(url)]).toEqual([url, null])
    for (const url of [
      ...[
        '',
        'example.org',
        'ftp://example.org',
        'file:///etc/passwd',
        'gopher://x',
        'javascript:alert(1)',
        'http://',
      ],
      ...[
        'https://user:pass@example.org',
        'https://user@example.org',
        'http://example.org:22',
        'http://example.org:25',
      ],
      ...[
        'http://example.org:6379',
        'http://example.org:5432',
        'http://example.org:0',
        'https://example.org:70000',
      ],
    ])
      expect([url, webhookUrlMistake(url)]).toEqual([url, expect.any(String)])
  })
})
