// zstd of one payload after another with one compression context. `zlib.zstdCompressSync` makes and destroys a context
// for each call, which costs three times the compression itself at 2 KiB (measured: 48 of 70 µs). Node has no public
// way to reuse one synchronously, so this speaks to the stream's own handle, as zlib.js does; where that is not to be
// found (another Node), the public function does the same more slowly. Node's version is pinned by package.json.
import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib'

/** Level 1: at 2 KiB a fifth of the time of the default level for a few percent of size (measured). */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
/** Larger payloads are rare, and for them the context is not what costs. */
const MAX_REUSED_BYTES = 128 * 1024
/** zstd's own bound for incompressible input, and its frame header. */
const OUTPUT_BYTES = MAX_REUSED_BYTES + (MAX_REUSED_BYTES >> 8) + 1024

interface Handle {
  writeSync(
    flush: number,
    input: Buffer,
    inAt: number,
    inBytes: number,
    out: Buffer,
    outAt: number,
    outBytes: number,
  ): void
}
/** Of zlib.js: bytes left in the output and in the input after a write. */
type WriteState = Uint32Array

function reusable(): ((bytes: Buffer) => Buffer | null) | null {
  // The two fields below are not part of Node's types.
  const { _handle: handle, _writeState: state } = createZstdCompress(OPTIONS) as unknown as {
    _handle?: Partial<Handle>
    _writeState?: WriteState
  }
  if (typeof handle?.writeSync !== 'function' || !(state instanceof Uint32Array)) return null
  const write = handle.writeSync.bind(handle) as Handle['writeSync']
  const out = Buffer.allocUnsafeSlow(OUTPUT_BYTES)
  return (bytes) => {
    write(constants.ZSTD_e_end, bytes, 0, bytes.length, out, 0, out.length)
    const [outLeft, inLeft] = state
    return inLeft === 0 && outLeft! > 0 ? Buffer.copyBytesFrom(out, 0, out.length - outLeft!) : null
  }
}

let compressReused = reusable()
/** UTF-8 takes three bytes for a code unit at most. */
const scratch = Buffer.allocUnsafeSlow(MAX_REUSED_BYTES)

/** @returns the UTF-8 of a text as one zstd frame, and how many bytes it was before */
export function compressText(text: string): { frame: Buffer; bytes: number } {
  if (text.length * 3 > scratch.length) {
    const bytes = Buffer.from(text)
    return { frame: compress(bytes), bytes: bytes.length }
  }
  const bytes = scratch.write(text)
  return { frame: compress(scratch.subarray(0, bytes)), bytes }
}

/** @returns one zstd frame */
export function compress(bytes: Buffer): Buffer {
  if (compressReused && bytes.length > 0 && bytes.length <= MAX_REUSED_BYTES) {
    const frame = compressReused(bytes)
    if (frame) return frame
    // It did not take everything: its state is not to be trusted any more.
    compressReused = null
  }
  return zstdCompressSync(bytes, OPTIONS)
}
