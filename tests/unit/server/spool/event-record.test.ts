// An event goes through the spool unchanged, and its shape is tied to the format's version.
import { serialize } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { fromRecord, toRecord } from '#server/spool/event-record.ts'
import { FORMAT_VERSION } from '#server/spool/segment.ts'
import { encodedEvent } from '../../../support/encoded.ts'

const event = () =>
  encodedEvent({
    projectId: 7,
    receivedAt: Date.UTC(2026, 10, 23),
    user: 'ada',
    payload: { release: 'web@1', transaction: 'GET /', tags: { region: 'eu' }, message: 'h\u00e4 \u{1f600}' },
  })

describe('an event in the spool', () => {
  it('RESIL-01: comes back as it went, its buffers as buffers', () => {
    const given = event()
    const back = fromRecord(toRecord(given))
    expect(back).toEqual(given)
    expect(Buffer.isBuffer(back.row.payload)).toBe(true)
    expect(Buffer.isBuffer(back.grouping.hash)).toBe(true)
    expect(Buffer.isBuffer(back.row.userHash)).toBe(true)
    expect(toRecord(given).at).toBe(given.stamp.receivedAt)
  })

  it('does not keep the file it was read with in memory', () => {
    const { payload, at } = toRecord(event())
    const window = Buffer.concat([payload, Buffer.alloc(1_000_000)])
    const back = fromRecord({ at, payload: window.subarray(0, payload.length) })
    expect(back.row.payload.buffer.byteLength).toBeLessThan(100_000)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('no serialised value')],
    ['another value', serialize({ hello: 'world' })],
    ['null', serialize(null)],
    ['half an event', toRecord(event()).payload.subarray(0, 100)],
    [
      'an event whose payload is no buffer',
      serialize({ ...event(), row: { ...event().row, payload: 'text' } }),
    ],
  ])('%s is refused', (_, payload) => {
    expect(() => fromRecord({ at: 0, payload })).toThrow()
  })

  // What a file of this version holds. Where this fails, Encoded has changed: write the new shape down here and raise
  // FORMAT_VERSION, so that files of the old shape are set aside instead of being misread.
  it('has the shape that belongs to the version', () => {
    const shape = (value: unknown): unknown => {
      if (Buffer.isBuffer(value)) return 'Buffer'
      if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
    }
    const given = event()
    expect({
      version: FORMAT_VERSION,
      shape: shape({ ...given, grouping: { ...given.grouping, why: 0 } }),
    }).toEqual({
      version: 1,
      shape: {
        state: 'string',
        projectId: 'number',
        eventId: 'string',
        stamp: {
          receivedAt: 'number',
          expiresOn: 'string',
          previousExpiresOn: 'null',
          nearTurn: 'boolean',
        },
        grouping: { version: 'number', hash: 'Buffer', why: 'number' },
        description: { title: 'string', type: 'null', value: 'string', culprit: 'string' },
        row: {
          weight: 'null',
          occurredAt: 'number',
          level: 'number',
          platform: 'string',
          environment: 'string',
          release: 'string',
          transaction: 'string',
          message: 'string',
          userLabel: 'string',
          userHash: 'Buffer',
          tags: 'string',
          search: 'string',
          payload: 'Buffer',
          payloadBytes: 'number',
        },
        bytes: 'number',
      },
    })
  })
})
