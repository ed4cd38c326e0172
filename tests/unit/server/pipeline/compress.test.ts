import { randomBytes } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { compress, compressText } from '#server/pipeline/compress.ts'

const roundTrip = (bytes: Buffer) => zstdDecompressSync(compress(bytes)).equals(bytes)

describe('compress', () => {
  it('gives back what went in, one frame after another, small and large, dense and random', () => {
    for (let i = 0; i < 2_000; i++) {
      const size = (i * 97) % 9_000
      const bytes =
        i % 2 ? randomBytes(size) : Buffer.from(`{"n":${i},"text":"${'same again '.repeat(size / 11)}"}`)
      expect(roundTrip(bytes)).toBe(true)
    }
  })

  it.each([0, 1, 128 * 1024 - 1, 128 * 1024, 128 * 1024 + 1, 1 << 20])('takes %i random bytes', (size) => {
    expect(roundTrip(randomBytes(size))).toBe(true)
    expect(roundTrip(Buffer.from('and goes on'))).toBe(true)
  })

  it.each(['', 'plain', 'ünïcödé ☃ 🎉', '☃'.repeat(60_000), 'long '.repeat(40_000)])('takes text', (text) => {
    const { frame, bytes } = compressText(text)
    expect(bytes).toBe(Buffer.byteLength(text))
    expect(zstdDecompressSync(frame).toString()).toBe(text)
  })

  it('keeps frames apart: an earlier one is not overwritten by a later', () => {
    const first = compress(Buffer.from('the first of them'))
    compress(Buffer.from('the second, quite different'))
    expect(zstdDecompressSync(first).toString()).toBe('the first of them')
  })

  it('compresses', () => {
    expect(compress(Buffer.alloc(50_000, 'abc')).length).toBeLessThan(500)
  })
})
