// The form of a backup: one zstd stream (`zstd -d` shows it) of lines of JSON and, between them, rows as PostgreSQL's COPY
// writes them.
//
//   {"mesher":"backup","format":1, …}          what it is, which migrations, partitions and sequences it has
//   {"table":"user","columns":["id", …]}       for each table, referenced ones first
//   {"block":262011}                             so many bytes of whole rows follow
//   …
//   {"rows":3,"sha256":"…"}                      of the table's rows
//   {"end":true,"tables":61,"rows":…,"sha256":"…"}   of everything before this line
//
// A file that was cut off has no end, and one that was changed has another sum. The sums find accidents; who may write
// the file may also make them right, so what is read from it names only tables and columns that exist.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib'
import { z } from 'zod'
import { LauncherError } from '../../launcher/launcher-error.ts'

export const FORMAT = 1
/** The payloads of events are compressed already; the rest gives all it has at the lowest level. */
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } }
const MAX_LINE_BYTES = 16 * 1024 * 1024
const MAX_BLOCK_BYTES = 256 * 1024 * 1024

const headerLine = z.object({
  mesher: z.literal('backup'),
  format: z.number().int(),
  version: z.string(),
  madeAt: z.iso.datetime(),
  postgres: z.string(),
  migrations: z.array(z.object({ name: z.string(), checksum: z.string() })).min(1),
  partitions: z.array(z.object({ parent: z.string(), name: z.string(), bound: z.string() })),
  sequences: z.array(z.object({ name: z.string(), value: z.string().regex(/^\d+$/) })),
})
export type BackupHeader = z.infer<typeof headerLine>
const tableLine = z.object({ table: z.string(), columns: z.array(z.string()).min(1) })
const blockLine = z.object({ block: z.number().int().positive().max(MAX_BLOCK_BYTES) })
const sumLine = z.object({ rows: z.number().int().nonnegative(), sha256: z.string() })
const endLine = z.object({ end: z.literal(true), tables: z.number(), rows: z.number(), sha256: z.string() })

export interface Totals {
  tables: number
  rows: number
}

/** Not with this file, or not here; nothing was changed. */
export class BackupRefused extends LauncherError {
  override name = 'BackupRefused'
}

/** The file is not what it should be. */
export class DamagedBackup extends BackupRefused {
  override name = 'DamagedBackup'
}

// ── Writing ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Writes a new file, readable by its owner alone; on disk when `end` resolves. */
export function createArchive(file: string) {
  const target = fs.createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true })
  const packed = createZstdCompress(ZSTD)
  packed.pipe(target)
  const written = Promise.all([finished(packed), finished(target)])
  written.catch(() => {}) // said by whichever call comes next
  const whole = createHash('sha256')
  const totals: Totals = { tables: 0, rows: 0 }
  let table: { rows: number; sum: ReturnType<typeof createHash> } | undefined

  async function write(bytes: Buffer): Promise<void> {
    whole.update(bytes)
    if (!packed.write(bytes)) await Promise.race([once(packed, 'drain'), written])
  }
  const line = (value: unknown) => write(Buffer.from(`${JSON.stringify(value)}\n`))

  return {
    totals,
    bytesWritten: () => target.bytesWritten,
    header: (header: BackupHeader) => line(header),
    beginTable(name: string, columns: readonly string[]) {
      table = { rows: 0, sum: createHash('sha256') }
      return line({ table: name, columns })
    },
    async block({ rows, bytes }: { rows: number; bytes: Buffer }) {
      table!.rows += rows
      table!.sum.update(bytes)
      await line({ block: bytes.length })
      await write(bytes)
    },
    async endTable() {
      totals.tables++
      totals.rows += table!.rows
      await line({ rows: table!.rows, sha256: table!.sum.digest('hex') })
    },
    async end() {
      await line({ end: true, ...totals, sha256: whole.copy().digest('hex') })
      packed.end()
      await written
    },
    async abandon() {
      packed.unpipe(target)
      packed.destroy()
      target.destroy()
      await written.catch(() => {})
    },
  }
}

// ── Reading ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ArchivedTable {
  name: string
  columns: string[]
  /** To be read to its end before the next table. */
  blocks: AsyncGenerator<Buffer>
}

export interface Archive {
  header: BackupHeader
  /** Ends when all sums were right; throws DamagedBackup otherwise. */
  tables: AsyncGenerator<ArchivedTable>
  /** Right after the last table. */
  totals(): Totals
  /** Of the file, so far. */
  bytesRead(): number
  close(): void
}

export async function openArchive(file: string): Promise<Archive> {
  const source = fs.createReadStream(file)
  const unpacked = createZstdDecompress()
  source.on('error', (error) => unpacked.destroy(error))
  source.pipe(unpacked)
  const close = () => {
    source.destroy()
    unpacked.destroy()
  }
  const damaged = (what: string, cause?: unknown) =>
    new DamagedBackup(`${file} cannot be restored: ${what}`, { cause })
  const whole = createHash('sha256')
  const bytes = readBytes(unpacked)
  const totals: Totals = { tables: 0, rows: 0 }

  async function line<T>(schema: z.ZodType<T>, sum = true): Promise<T> {
    try {
      const text = await bytes.line(MAX_LINE_BYTES)
      if (text === null) throw damaged('it ends too early. Was the copy complete?')
      const parsed = schema.parse(JSON.parse(text.toString('utf8')))
      if (sum) whole.update(text)
      return parsed
    } catch (error) {
      if (error instanceof DamagedBackup) throw error
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR')
        throw new BackupRefused(`${file} cannot be read (${code}).`, { cause: error })
      if (bytes.taken() === 0 && code === 'ZSTD_error_prefix_unknown')
        throw damaged('it is no backup of Mesher', error)
      throw damaged(
        code?.startsWith('Z') || code?.startsWith('ERR_') ? `it is damaged (${message})` : 'it is damaged',
        error,
      )
    }
  }

  let header: BackupHeader
  try {
    const { format } = await line(z.looseObject({ mesher: z.literal('backup'), format: z.number() }), false)
    if (format > FORMAT)
      throw damaged(`its form (${format}) is a newer Mesher's. Restore it with that version.`)
    const first = bytes.lastLine()
    header = headerLine.parse(JSON.parse(first.toString('utf8')))
    whole.update(first)
  } catch (error) {
    close()
    if (error instanceof z.ZodError) throw damaged('its first line is damaged', error)
    throw error
  }

  async function* tables(): AsyncGenerator<ArchivedTable> {
    try {
      for (;;) {
        const sumBefore = whole.copy().digest('hex')
        const next = await line(z.union([tableLine, endLine]))
        if ('end' in next) {
          const right =
            next.sha256 === sumBefore && next.rows === totals.rows && next.tables === totals.tables
          if (!right) throw damaged('it was changed: its sum is another')
          return
        }
        let read = false
        const { table: name, columns } = next
        yield {
          name,
          columns,
          blocks: (async function* () {
            const sum = createHash('sha256')
            let rows = 0
            for (;;) {
              const entry = await line(z.union([blockLine, sumLine]))
              if ('sha256' in entry) {
                if (entry.sha256 !== sum.digest('hex') || entry.rows !== rows)
                  throw damaged(`its rows of ${name} were changed: their sum is another`)
                break
              }
              const block = await bytes.exactly(entry.block).catch((error: unknown) => {
                throw damaged(`it is damaged (${(error as Error).message})`, error)
              })
              if (block === null) throw damaged('it ends too early. Was the copy complete?')
              whole.update(block)
              sum.update(block)
              rows += newlines(block)
              yield block
            }
            totals.tables++
            totals.rows += rows
            read = true
          })(),
        }
        if (!read) throw new Error(`The rows of ${name} were not read to their end`)
      }
    } finally {
      close()
    }
  }

  return { header, tables: tables(), totals: () => totals, bytesRead: () => source.bytesRead, close }
}

/** Reads everything once and throws when anything is not as it was written. */
export async function verifyArchive(file: string, onProgress: (bytes: number) => void = () => {}) {
  const archive = await openArchive(file)
  for await (const { blocks } of archive.tables) for await (const _ of blocks) onProgress(archive.bytesRead())
  return { header: archive.header, ...archive.totals() }
}

const NEWLINE = 10

function newlines(block: Buffer): number {
  let count = 0
  for (let at = block.indexOf(NEWLINE); at !== -1; at = block.indexOf(NEWLINE, at + 1)) count++
  return count
}

/** Lines and counted bytes of a stream, by turns. */
function readBytes(stream: AsyncIterable<Buffer>) {
  const iterator = stream[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  let last: Buffer = rest
  let taken = 0

  async function more(): Promise<boolean> {
    const { done, value } = await iterator.next()
    if (done) return false
    rest = rest.length === 0 ? value : Buffer.concat([rest, value])
    return true
  }
  function take(length: number): Buffer {
    const part = rest.subarray(0, length)
    rest = rest.subarray(length)
    taken += length
    return part
  }

  return {
    taken: () => taken,
    lastLine: () => last,
    /** With its newline; null at the end. */
    async line(maxBytes: number): Promise<Buffer | null> {
      for (let from = 0; ;) {
        const at = rest.indexOf(NEWLINE, from)
        if (at !== -1) return (last = take(at + 1))
        from = rest.length
        if (from > maxBytes) throw new Error('a line without an end')
        if (!(await more())) return null
      }
    },
    async exactly(length: number): Promise<Buffer | null> {
      const parts: Buffer[] = []
      for (let missing = length; missing > 0;) {
        if (rest.length === 0 && !(await more())) return null
        const part = take(Math.min(missing, rest.length))
        parts.push(part)
        missing -= part.length
      }
      return Buffer.concat(parts)
    },
  }
}
