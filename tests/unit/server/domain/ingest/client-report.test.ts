import { describe, expect, it } from 'vitest'
import { readClientReport } from '#server/domain/ingest/client-report.ts'

const read = (payload: unknown) =>
  readClientReport(Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)))
const entry = (reason: unknown, category: unknown, quantity: unknown) => ({ reason, category, quantity })

describe('a client report', () => {
  it('says what the SDK dropped, as node and browser SDKs write it', () => {
    const payload = {
      timestamp: 1763900000.123,
      discarded_events: [
        entry('before_send', 'error', 3),
        entry('ratelimit_backoff', 'transaction', 12),
        entry('network_error', 'log_item', 1),
      ],
    }
    expect(read(payload)).toEqual([
      { reason: 'before_send', category: 'error', quantity: 3 },
      { reason: 'ratelimit_backoff', category: 'transaction', quantity: 12 },
      { reason: 'network_error', category: 'log_item', quantity: 1 },
    ])
  })

  it('is summed by reason and category', () => {
    const twice = [entry('send_error', 'error', 2), entry('send_error', 'error', 5)]
    expect(read({ discarded_events: twice })).toEqual([
      { reason: 'send_error', category: 'error', quantity: 7 },
    ])
  })

  it.each([
    ['a name in capitals', 'Before_Send'],
    ['a name with a space', 'before send'],
    ['a line break behind a good name', 'before_send\n'],
    ['markup', '<img src=x onerror=alert(1)>'],
    ['SQL', "'; drop table project; --"],
    ['a name of 41 letters', 'a'.repeat(41)],
    ['no text', { toString: 'before_send' }],
    ['nothing', undefined],
    ['__proto__ of an object', ['__proto__']],
  ])('INGEST-06: %s becomes other', (_what, name) => {
    expect(read({ discarded_events: [entry(name, 'error', 1), entry('before_send', name, 1)] })).toEqual([
      { reason: 'other', category: 'error', quantity: 1 },
      { reason: 'before_send', category: 'other', quantity: 1 },
    ])
  })

  it.each([0, -1, 0.5, '7', null, true, [], {}])('INGEST-06: %j is no quantity', (quantity) => {
    expect(read({ discarded_events: [entry('before_send', 'error', quantity)] })).toEqual([])
  })

  it('INGEST-06: numbers no program can have dropped are cut', () => {
    const text = '{"discarded_events":[{"reason":"a","category":"b","quantity":1e999}]}'
    expect(read(text)).toEqual([{ reason: 'a', category: 'b', quantity: 1_000_000 }])
    expect(read(text.replace('1e999', '2.9'))).toEqual([{ reason: 'a', category: 'b', quantity: 2 }])
  })

  it.each([
    ['nothing', ''],
    ['no JSON', '{"discarded_events":['],
    ['bytes that are no text', '\xff\xfe'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no list of entries', '{"discarded_events":{"reason":"a","category":"b","quantity":1}}'],
    ['entries that are none', '{"discarded_events":[null,1,"a",[],{}]}'],
    ['JSON nested without end', `{"discarded_events":${'['.repeat(30_000)}`],
  ])('INGEST-06: %s is nothing, and no error', (_what, text) => {
    expect(read(text)).toEqual([])
  })

  it('INGEST-06: more entries than an SDK has reasons are not read, nor is more than 64 KiB', () => {
    const many = Array.from({ length: 5_000 }, () => entry('a', 'b', 1))
    expect(read({ discarded_events: many })).toEqual([]) // 200 KiB
    const some = many.slice(0, 1_000).map(() => ({ reason: 'a', category: 'b', quantity: 1 }))
    expect(read({ discarded_events: some })[0]!.quantity).toBe(200)
  })
})
