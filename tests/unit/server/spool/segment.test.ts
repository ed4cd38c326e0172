// The spool's file format: whatever happens to a file, what is read from it is a prefix of what was written.
import { describe, expect, it } from 'vitest'
import {
  FORMAT_VERSION,
  FRAME_BYTES,
  frame,
  header,
  HEADER_BYTES,
  readRecords,
  versionOf,
} from '#server/spool/segment.ts'

const SIZES = [1, 2, 15, 16, 17, 300, 40, 5]
const payloads = SIZES.map((size, i) => Buffer.alloc(size, i + 1))
const file = Buffer.concat([header(), ...payloads.flatMap((payload, i) => frame({ at: 1_000 + i, payload }))])
/** Where each record begins, and where the last one ends. */
const bounds = SIZES.reduce((at, size) => [...at, at.at(-1)! + FRAME_BYTES + size], [HEADER_BYTES])

const read = (bytes: Buffer) => readRecords(bytes, HEADER_BYTES)
const isPrefix = (records: readonly { at: number; payload: Buffer }[]) =>
  records.every(({ at, payload }, i) => at === 1_000 + i && payload.equals(payloads[i]!))

describe('a segment', () => {
  it('gives back what was written, with the place behind each record', () => {
    const { records, end, stopped } = read(file)
    expect(records.map((record) => record.payload)).toEqual(payloads)
    expect(records.map((record) => record.end)).toEqual(bounds.slice(1))
    expect({ end, stopped }).toEqual({ end: file.length, stopped: 'at-end' })
    expect(versionOf(file)).toBe(FORMAT_VERSION)
  })

  it('RESIL-01: cut off anywhere, it yields exactly the records that are whole', () => {
    for (let length = HEADER_BYTES; length <= file.length; length++) {
      const { records, end, stopped } = read(file.subarray(0, length))
      const whole = bounds.findLastIndex((bound) => bound <= length)
      expect(records).toHaveLength(whole)
      expect(isPrefix(records)).toBe(true)
      expect(end).toBe(bounds[whole])
      expect(stopped).toBe(length === bounds[whole] ? 'at-end' : 'short')
    }
  })

  it('RESIL-01: a flipped bit anywhere costs the record it is in and those behind it, no other', () => {
    for (let at = HEADER_BYTES; at < file.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Buffer.from(file)
        flipped[at] = flipped[at]! ^ (1 << bit)
        const { records, stopped } = read(flipped)
        expect(records).toHaveLength(bounds.findLastIndex((bound) => bound <= at))
        expect(isPrefix(records)).toBe(true)
        expect(['damaged', 'short']).toContain(stopped)
      }
    }
  })

  it('RESIL-01: a tail of zeros or of anything is no record', () => {
    const tails = [Buffer.alloc(1), Buffer.alloc(FRAME_BYTES), Buffer.alloc(5_000), Buffer.alloc(5_000, 0xff)]
    for (const tail of tails) {
      const { records, end } = read(Buffer.concat([file, tail]))
      expect(records).toHaveLength(SIZES.length)
      expect(end).toBe(file.length)
    }
  })

  it('knows its own header only', () => {
    expect(versionOf(header(7))).toBe(7)
    for (let length = 0; length < HEADER_BYTES; length++)
      expect(versionOf(header().subarray(0, length))).toBeNull()
    for (let at = 0; at < HEADER_BYTES - 1; at++) {
      const flipped = Buffer.from(header())
      flipped[at] = flipped[at]! ^ 1
      expect(versionOf(flipped)).toBeNull()
    }
  })

  it('is read in slices of so many records and so many bytes, one at least', () => {
    expect(readRecords(file, HEADER_BYTES, { maxRecords: 3 })).toMatchObject({
      end: bounds[3],
      stopped: 'enough',
    })
    expect(readRecords(file, HEADER_BYTES, { maxBytes: 34 }).records).toHaveLength(4)
    expect(readRecords(file, bounds[5]!, { maxBytes: 10 }).records).toHaveLength(1)
  })
})
