// The raw body of an ingest request: sizes are checked while it streams (SDKs send chunked bodies without a length),
// decompression has a cap, and every byte held is taken from the node's one budget.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { DRAIN_MAX_BYTES, DRAIN_MAX_MS, KiB } from '#shared/constants/limits.ts'
import { DomainError } from '#server/domain/errors.ts'
import type { ByteBudget } from '#server/pipeline/byte-budget.ts'

export interface BodyLimits {
  wireBytes: number
  decodedBytes: number
}

/** Bytes this request holds of the budget; given back once, when it ends. */
export interface Hold {
  take(bytes: number): void
  release(): void
}

/** @throws DomainError overloaded, from `take`, when the budget is spent */
export function holdFrom(budget: ByteBudget): Hold {
  let held = 0
  return {
    take(bytes) {
      if (!budget.tryTake(bytes)) throw new DomainError('overloaded', { retryAfterSeconds: 5 })
      held += bytes
    },
    release() {
      budget.give(held)
      held = 0
    },
  }
}

/**
 * Reads and decodes a body.
 * @throws DomainError payload_too_large, overloaded, unsupported_encoding, bad_encoding
 */
export async function readRawBody(req: IncomingMessage, limits: BodyLimits, hold: Hold): Promise<Buffer> {
  const announced = Number(req.headers['content-length'])
  if (announced > limits.wireBytes) throw tooLarge(limits.wireBytes)
  const wire = await collect(req, limits.wireBytes, hold)
  const body = await decode(wire, req.headers['content-encoding'], limits.decodedBytes)
  if (body.length > limits.decodedBytes) throw tooLarge(limits.decodedBytes)
  if (body !== wire) hold.take(body.length)
  return body
}

const tooLarge = (maxBytes: number) => new DomainError('payload_too_large', { maxBytes })

function collect(req: IncomingMessage, maxBytes: number, hold: Hold): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const end = (error: unknown) => {
      req.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone)
      if (error) reject(error)
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes))
    }
    const onData = (chunk: Buffer) => {
      try {
        bytes += chunk.length
        if (bytes > maxBytes) throw tooLarge(maxBytes)
        hold.take(chunk.length)
        chunks.push(chunk)
      } catch (error) {
        req.pause()
        end(error)
      }
    }
    const onEnd = () => end(undefined)
    // The sender hung up: nobody is left to answer, the code only ends the work.
    const onGone = () =>
      end(new DomainError('bad_encoding', { reason: 'The request ended before its body did' }))
    req.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone)
  })
}

const inflateAsync = {
  gzip: promisify(zlib.gunzip),
  deflate: promisify(zlib.inflate),
  raw: promisify(zlib.inflateRaw),
  br: promisify(zlib.brotliDecompress),
  zstd: promisify(zlib.zstdDecompress),
}
const inflateSync = {
  gzip: zlib.gunzipSync,
  deflate: zlib.inflateSync,
  raw: zlib.inflateRawSync,
  br: zlib.brotliDecompressSync,
  zstd: zlib.zstdDecompressSync,
}
/** Below this a thread costs more than the work. A bomb of this size is stopped by the cap within milliseconds. */
const SYNC_BYTES = 16 * KiB
const SYNC_MAX_OUTPUT = 256 * KiB

async function decode(wire: Buffer, encoding: string | undefined, maxOutputLength: number): Promise<Buffer> {
  const name = (encoding ?? '').trim().toLowerCase().replace(/^x-/, '')
  if (name === '' || name === 'identity') return wire
  if (name !== 'gzip' && name !== 'deflate' && name !== 'br' && name !== 'zstd')
    throw new DomainError('unsupported_encoding', {
      encoding: name.slice(0, 40),
      supported: ['gzip', 'deflate', 'br', 'zstd'],
    })
  const inflate = async (kind: keyof typeof inflateAsync) => {
    if (wire.length <= SYNC_BYTES) {
      try {
        return inflateSync[kind](wire, { maxOutputLength: Math.min(maxOutputLength, SYNC_MAX_OUTPUT) })
      } catch (error) {
        if (!isOverflow(error)) throw error
      }
    }
    return inflateAsync[kind](wire, { maxOutputLength })
  }
  try {
    return await inflate(name)
  } catch (error) {
    if (isOverflow(error)) throw tooLarge(maxOutputLength)
    // Some clients send raw deflate under the name of the zlib-wrapped one.
    const retried = name === 'deflate' ? await inflate('raw').catch(() => undefined) : undefined
    if (retried) return retried
    throw new DomainError('bad_encoding', {
      encoding: name,
      reason: String((error as Error).message).slice(0, 100),
    })
  }
}

const isOverflow = (error: unknown) => (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'

/**
 * Lets a refused body run out, bounded, so that the client gets to read the status: closed on at once, nearly every
 * client sees a broken pipe instead (measured: 49 of 50). Beyond the bound the connection ends with the answer.
 */
export function drain(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.complete || req.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    let bytes = 0
    const finish = (whole: boolean) => {
      clearTimeout(timer)
      req.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onEnd)
      if (!whole) {
        req.pause()
        res.setHeader('connection', 'close')
        res.once('finish', () => req.socket.destroySoon())
      }
      resolve()
    }
    const onEnd = () => finish(true)
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > DRAIN_MAX_BYTES) finish(false)
    }
    const timer = setTimeout(() => finish(false), DRAIN_MAX_MS)
    req.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onEnd)
    req.resume()
  })
}
