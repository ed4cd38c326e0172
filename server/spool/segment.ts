// The format of a spool's file, as bytes: a header, then records one after the other. In: payloads; out: buffers, and
// the way back. Whoever reads trusts nothing behind the first record that does not prove itself.
//
//   file    "MSHSPOOL" version:u8   record*
//   record  length:u32 crc32:u32 at:f64   payload       (little-endian; the checksum covers length, at and payload)
//
// A process that dies leaves at most a torn last record, which was never acknowledged. A record is never empty, so a
// tail of zeros, which file systems leave after a power cut, is no run of valid records.
import { crc32 } from 'node:zlib'

/** Raised whenever the record's frame or the shape of a payload changes: files of another version are set aside. */
export const FORMAT_VERSION = 1
const MAGIC = Buffer.from('MSHSPOOL')
export const HEADER_BYTES = MAGIC.length + 1
export const FRAME_BYTES = 16
/** Far above what an event can weigh (1 MiB decoded, twice that with its index): a length beyond it is damage. */
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024

export interface SpoolRecord {
  /** When its event was received, ms since the epoch. */
  at: number
  payload: Buffer
}

export interface FoundRecord extends SpoolRecord {
  /** Where the next record begins. */
  end: number
}

export interface Reading {
  records: FoundRecord[]
  /** Behind the last good record. */
  end: number
  /** Why reading stopped: no bytes left, fewer than the record needs, or bytes that are no record. */
  stopped: 'at-end' | 'short' | 'damaged' | 'enough'
}

export const header = (version = FORMAT_VERSION): Buffer => Buffer.concat([MAGIC, Buffer.from([version])])

/** The version of a file's format, or null when it is no spool file at all. */
export function versionOf(bytes: Buffer): number | null {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null
  return bytes[MAGIC.length]!
}

/** A record as it stands in the file, frame and payload. */
export function frame({ at, payload }: SpoolRecord): [Buffer, Buffer] {
  const head = Buffer.alloc(FRAME_BYTES)
  head.writeUInt32LE(payload.length, 0)
  head.writeDoubleLE(at, 8)
  head.writeUInt32LE(checksum(head, payload), 4)
  return [head, payload]
}

export const framedBytes = ({ payload }: SpoolRecord): number => FRAME_BYTES + payload.length

/**
 * The records from `from` on.
 * @param bytes the file or a part of it that begins at a record (or, for a whole file, with `from` behind the header)
 */
export function readRecords(
  bytes: Buffer,
  from: number,
  { maxRecords = Infinity, maxBytes = Infinity } = {},
): Reading {
  const records: FoundRecord[] = []
  let end = from
  let taken = 0
  for (;;) {
    const stop = (stopped: Reading['stopped']): Reading => ({ records, end, stopped })
    if (end === bytes.length) return stop('at-end')
    if (records.length >= maxRecords) return stop('enough')
    if (bytes.length - end < FRAME_BYTES) return stop('short')
    const head = bytes.subarray(end, end + FRAME_BYTES)
    const length = head.readUInt32LE(0)
    if (length === 0 || length > MAX_PAYLOAD_BYTES) return stop('damaged')
    if (bytes.length - end - FRAME_BYTES < length) return stop('short')
    if (records.length > 0 && taken + length > maxBytes) return stop('enough')
    const payload = bytes.subarray(end + FRAME_BYTES, end + FRAME_BYTES + length)
    if (checksum(head, payload) !== head.readUInt32LE(4)) return stop('damaged')
    end += FRAME_BYTES + length
    taken += length
    records.push({ at: head.readDoubleLE(8), payload, end })
  }
}

const checksum = (head: Buffer, payload: Buffer): number =>
  crc32(payload, crc32(head.subarray(8, FRAME_BYTES), crc32(head.subarray(0, 4))))
