// The spool of one process: records in files, in the order they came, until somebody has stored them. In: records to
// keep; `append` resolves when they are on the disk. Out: `peek` the oldest, `done` when they are stored elsewhere.
//
//   <root>/<owner>-<n>/00000001.spool    at most 8 MiB each; deleted when all of it is done
//   <root>/<owner>-<n>/00000001.done     how far it is; losing it costs second deliveries, nothing else
//   <root>/aside/                        what could not be read or stored, for a person to look at; at most 256 MiB
//
// - One fdatasync covers all records that waited for it.
// - The directory of a dead process is adopted by renaming it, which succeeds for one adopter only. Should somebody
//   adopt a living process's directory, that one notices before it acknowledges: after the fdatasync it looks whether
//   the directory still stands under its name. If so, the records were in it before anybody could have taken it.
// - Nothing read is trusted: a file's good prefix is kept, the rest set aside, and the log says so.
import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { isOwnerGone, ownPrefix } from './owners.ts'
import { createRateMeter } from './rate-meter.ts'
import {
  FORMAT_VERSION,
  frame,
  framedBytes,
  header,
  HEADER_BYTES,
  readRecords,
  versionOf,
  type SpoolRecord,
} from './segment.ts'

const MiB = 1024 * 1024
const SEGMENT_BYTES = 8 * MiB
/** Read from a segment at a time: what a writer takes at most. */
const WINDOW_BYTES = 4 * MiB
/** Of what was set aside, by all processes together: the oldest files go first. */
const ASIDE_MAX_BYTES = 256 * MiB
/** Left to the others on the disk, PostgreSQL first among them: this much, or a twentieth of a small disk. */
const MIN_FREE_BYTES = 256 * MiB
const MIN_FREE_SHARE = 0.05

export interface SpoolOptions {
  /** Of this installation alone: what another installation's events are must never be replayed here. */
  root: string
  /** Of all files of this process together. */
  maxBytes: number
  segmentBytes?: number
  /** Free bytes to leave on the disk; by default a twentieth of it, 256 MiB at most. */
  minFreeBytes?: number
  asideMaxBytes?: number
  log(line: { message: string; [field: string]: unknown }): void
}

/** Why records are not taken: the bound or the disk is full, or the directory cannot be written. */
export class SpoolRefused extends Error {
  override name = 'SpoolRefused'
  readonly reason: 'full' | 'unwritable'
  constructor(reason: SpoolRefused['reason'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** The oldest records that are not done. */
export interface Slice {
  records: readonly SpoolRecord[]
  /** The spool's own. */
  segment: Segment
  end: number
}

export interface SpoolState {
  events: number
  bytes: number
  maxBytes: number
  /** ms since the epoch; null when it is empty. */
  oldest: number | null
  /** Records done a second, over the last ten. */
  replayedPerSecond: number
  /** Why it would take no record now; null when it would. */
  problem: SpoolRefused['reason'] | null
  /** Files. */
  segments: number
  /** Set aside. */
  asideFiles: number
  asideBytes: number
  /** Files removed from there to keep the bound, since this process started. */
  asideRemoved: number
}

export interface Spool {
  /** Resolves when all are on the disk. @throws SpoolRefused, and then none is promised */
  append(records: readonly SpoolRecord[]): Promise<void>
  peek(maxRecords: number, maxBytes: number): Promise<Slice | null>
  done(slice: Slice): Promise<void>
  /** Keeps what can be neither stored nor forgotten. The slice it came from is done afterwards. */
  setAside(records: readonly SpoolRecord[], why: string): Promise<void>
  /** Makes this process's own directory if need be, and takes over those of dead processes. */
  lookAround(): Promise<void>
  state(): SpoolState
  /** Leaves no empty directory behind. */
  close(): Promise<void>
}

interface Segment {
  directory: string
  file: string
  /** Bytes that count: all behind was never acknowledged. */
  size: number
  /** Done up to here. */
  offset: number
  events: number
  eventsDone: number
  oldestAt: number
}

/** The directory this process writes to, with the inode that proves it is still the same. */
interface Home {
  directory: string
  inode: bigint
}

export function createSpool(options: SpoolOptions): Spool {
  const { root, maxBytes, segmentBytes = SEGMENT_BYTES, asideMaxBytes = ASIDE_MAX_BYTES, log } = options
  const aside = path.join(root, 'aside')
  const prefix = ownPrefix()
  const mine = new Set<string>()
  /** Oldest first; the last may be the one being written. */
  const segments: Segment[] = []
  const rate = createRateMeter()
  let home: Home | undefined
  let live: { segment: Segment; handle: fs.FileHandle } | undefined
  let serial = 0
  let problem: SpoolState['problem'] = null
  const kept = { asideFiles: 0, asideBytes: 0, asideRemoved: 0 }
  let turn: Promise<unknown> = Promise.resolve()

  /** One at a time: what changes the list of segments or the file being written. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work)
    turn = result.catch(() => {})
    return result
  }

  const bytes = () => segments.reduce((sum, segment) => sum + segment.size, 0)

  async function ensureHome(): Promise<Home> {
    if (home) return home
    await fs.mkdir(root, { recursive: true, mode: 0o700 })
    const directory = await makeDirectory(async (name) => fs.mkdir(name, { mode: 0o700 }))
    await syncDirectory(root)
    const { ino } = await fs.stat(directory, { bigint: true })
    return (home = { directory, inode: ino })
  }

  /** Takes the next free name of this process. */
  async function makeDirectory(take: (name: string) => Promise<void>): Promise<string> {
    for (;;) {
      const directory = path.join(root, `${prefix}-${++serial}`)
      try {
        await take(directory)
        mine.add(directory)
        return directory
      } catch (error) {
        if (!['EEXIST', 'ENOTEMPTY'].includes(codeOf(error))) throw error
      }
    }
  }

  async function openSegment({ directory }: Home) {
    const last = Math.max(0, ...(await segmentFiles(directory)).map((name) => Number.parseInt(name, 10)))
    const file = path.join(directory, `${String(last + 1).padStart(8, '0')}.spool`)
    const handle = await fs.open(file, 'wx', 0o600)
    try {
      await handle.write(header(), 0, HEADER_BYTES, 0)
      await handle.datasync()
      await syncDirectory(directory)
    } catch (error) {
      await handle.close()
      await fs.rm(file, { force: true })
      throw error
    }
    const size = HEADER_BYTES
    const segment = { directory, file, size, offset: size, events: 0, eventsDone: 0, oldestAt: Infinity }
    segments.push(segment)
    return (live = { segment, handle })
  }

  /** Nothing more is written to the live segment. */
  async function seal(): Promise<void> {
    const { handle } = live ?? {}
    live = undefined
    await handle?.close()
  }

  async function assertRoom(incoming: number): Promise<void> {
    if (bytes() + incoming > maxBytes) throw new SpoolRefused('full', 'The spool has reached its bound.')
    const disk = await fs.statfs(root)
    const least = options.minFreeBytes ?? Math.min(MIN_FREE_BYTES, disk.blocks * disk.bsize * MIN_FREE_SHARE)
    if (disk.bavail * disk.bsize - incoming < least)
      throw new SpoolRefused('full', 'The disk of the spool is nearly full.')
  }

  async function write(records: readonly SpoolRecord[]): Promise<void> {
    const target = await ensureHome()
    await assertRoom(records.reduce((sum, record) => sum + framedBytes(record), 0))
    const { segment, handle } = live ?? (await openSegment(target))
    const block = Buffer.concat(records.flatMap(frame))
    try {
      await writeAll(handle, block, segment.size)
      await handle.datasync()
    } catch (error) {
      // What of it reached the disk is cut off again. When even that fails, reading will not go beyond `size` in
      // this life, and what a later one finds whole is stored: nobody was told that it would not be.
      await handle.truncate(segment.size).catch(() => {})
      await seal()
      await dropIfDone(segment)
      throw error
    }
    if (!(await isStillHome(target))) throw new Error('The spool directory was taken away.')
    segment.oldestAt = Math.min(segment.oldestAt, records[0]!.at)
    segment.events += records.length
    segment.size += block.length
    if (segment.size >= segmentBytes) await seal()
  }

  async function isStillHome({ directory, inode }: Home): Promise<boolean> {
    return (await fs.stat(directory, { bigint: true }).catch(() => null))?.ino === inode
  }

  /** Removed, or adopted by mistake. Whoever took it has all that was acknowledged; this process begins anew. */
  async function leaveLostHome(): Promise<boolean> {
    if (!home || (await isStillHome(home))) return false
    const { directory } = home
    log({ message: 'The spool directory was taken away', directory })
    await seal()
    mine.delete(directory)
    for (let i = segments.length - 1; i >= 0; i--)
      if (segments[i]!.directory === directory) segments.splice(i, 1)
    home = undefined
    return true
  }

  async function dropIfDone(segment: Segment): Promise<void> {
    if (segment.offset < segment.size) return
    if (live?.segment === segment) await seal()
    const at = segments.indexOf(segment)
    if (at >= 0) segments.splice(at, 1)
    await fs.rm(segment.file, { force: true })
    await fs.rm(positionFile(segment.file), { force: true })
    const { directory } = segment
    if (directory === home?.directory || segments.some((other) => other.directory === directory)) return
    if (await removeIfEmpty(directory)) mine.delete(directory)
  }

  /** The records from the segment's position on, as many as a writer would take. */
  async function readSlice(segment: Segment, maxRecords: number, sliceBytes: number): Promise<Slice | null> {
    const left = segment.size - segment.offset
    const limits = { maxRecords, maxBytes: sliceBytes }
    const handle = await fs.open(segment.file, 'r')
    try {
      let window = await readAt(handle, segment.offset, Math.min(left, WINDOW_BYTES))
      let reading = readRecords(window, 0, limits)
      if (reading.records.length === 0 && reading.stopped === 'short' && window.length < left) {
        window = await readAt(handle, segment.offset, left)
        reading = readRecords(window, 0, limits)
      }
      const { records, stopped } = reading
      if (records.length > 0) return { records, segment, end: segment.offset + reading.end }
      const rest = await readAt(handle, segment.offset, left)
      await cut(segment, rest, stopped === 'short' ? 'it is shorter than it was' : 'a record is damaged')
      return null
    } finally {
      await handle.close()
    }
  }

  /** Ends a segment at its position: what is behind is set aside. */
  async function cut(segment: Segment, rest: Buffer, why: string): Promise<void> {
    if (live?.segment === segment) await seal()
    await keepAside(segment.file, rest, why)
    segment.size = segment.offset
    segment.events = segment.eventsDone
    await dropIfDone(segment)
  }

  async function keepAside(file: string, rest: Buffer, why: string): Promise<void> {
    // Two of one millisecond are two files.
    const name = `${path.basename(path.dirname(file))}-${path.basename(file)}-${Date.now()}-${randomUUID().slice(0, 8)}`
    log({ message: 'Part of the spool was set aside', file: name, bytes: rest.length, why })
    await fs.mkdir(aside, { recursive: true, mode: 0o700 })
    const handle = await fs.open(path.join(aside, name), 'wx', 0o600)
    try {
      await writeAll(handle, rest, 0)
      await handle.datasync()
    } finally {
      await handle.close()
    }
    await boundAside()
  }

  /** Looks what is set aside, and removes the oldest beyond the bound. */
  async function boundAside(): Promise<void> {
    const files = await listAside()
    let sum = files.reduce((total, { size }) => total + size, 0)
    // What was set aside last stays, whatever its size.
    while (sum > asideMaxBytes && files.length > 1) {
      const oldest = files.shift()!
      await fs.rm(oldest.file, { force: true })
      sum -= oldest.size
      kept.asideRemoved++
      log({
        message: 'What was set aside became too much: the oldest is gone',
        file: oldest.file,
        bytes: oldest.size,
      })
    }
    kept.asideFiles = files.length
    kept.asideBytes = sum
  }

  /** Oldest first. Other processes add and remove files at the same time. */
  async function listAside() {
    const names = (await fs.readdir(aside).catch(ignoreMissing)) ?? []
    const found = await Promise.all(
      names.map(async (name) => {
        const file = path.join(aside, name)
        const stat = await fs.stat(file).catch(ignoreMissing)
        return stat?.isFile() ? [{ file, size: stat.size, at: stat.mtimeMs }] : []
      }),
    )
    return found.flat().sort((a, b) => a.at - b.at)
  }

  /** Reads what a dead process left in a directory that is ours now; a file at a time, so that appends get their turn. */
  async function takeIn(directory: string): Promise<void> {
    let events = 0
    for (const name of await segmentFiles(directory)) {
      const file = path.join(directory, name)
      try {
        const segment = await inTurn(() => takeInFile(file))
        events += segment ? segment.events - segment.eventsDone : 0
      } catch (error) {
        log({ message: 'A file of the spool cannot be read; the next start tries again', file, error })
      }
    }
    if (events > 0) log({ message: 'Took over the spool of a process that is gone', events })
    await inTurn(async () => {
      const inUse = segments.some((segment) => segment.directory === directory)
      if (!inUse && (await removeIfEmpty(directory))) mine.delete(directory)
    })
  }

  async function takeInFile(file: string): Promise<Segment | null> {
    const segment = await inspect(file)
    // Before our own, which are younger, and behind those of the same directory.
    if (segment)
      segments.splice(
        segments.findLastIndex((other) => other.directory === segment.directory) + 1,
        0,
        segment,
      )
    return segment
  }

  /** A file of a dead process, cut at its first flaw; null when nothing of it is left to do. */
  async function inspect(file: string): Promise<Segment | null> {
    const content = await fs.readFile(file)
    const version = versionOf(content)
    let good = 0
    let segment: Segment | null = null
    let why = `its format is ${version === null ? 'unknown' : `version ${version}`}`
    if (version === FORMAT_VERSION) {
      const { records, end, stopped } = readRecords(content, HEADER_BYTES)
      const position = await readPosition(file)
      const doneCount = records.findIndex((record) => record.end === position) + 1
      good = end
      why = stopped === 'short' ? 'its last record is torn' : 'a record is damaged'
      if (doneCount < records.length)
        segment = {
          directory: path.dirname(file),
          file,
          size: end,
          offset: doneCount > 0 ? position : HEADER_BYTES,
          events: records.length,
          eventsDone: doneCount,
          oldestAt: records[doneCount]!.at,
        }
    }
    // A header alone, or less of one, is what a process leaves that died while it began the file.
    if (good < content.length && content.length > HEADER_BYTES) {
      await keepAside(file, content.subarray(good), why)
      if (good > 0) await fs.truncate(file, good)
    }
    if (!segment) await fs.rm(file, { force: true })
    return segment
  }

  async function adopt(): Promise<void> {
    const now = Date.now()
    for (const name of await fs.readdir(root)) {
      const directory = path.join(root, name)
      if (mine.has(directory)) {
        // Says that its owner lives, to those who cannot look up its process.
        await fs.utimes(directory, now / 1_000, now / 1_000).catch(ignoreMissing)
        continue
      }
      const found = await fs.stat(directory).catch(ignoreMissing)
      // A name of ours that we did not give: an earlier process with our very number and start.
      const leftover = name.startsWith(`${prefix}-`)
      if (!found?.isDirectory() || !(leftover || isOwnerGone(name, found.mtimeMs, now))) continue
      const taken = await inTurn(() => makeDirectory((target) => fs.rename(directory, target))).catch(
        ignoreMissing, // another one was quicker
      )
      if (taken) await takeIn(taken)
    }
    await inTurn(boundAside)
  }

  return {
    append: (records) =>
      inTurn(async () => {
        try {
          await write(records).catch(async (error: unknown) => {
            if (!(await leaveLostHome())) throw error
            await write(records)
          })
          problem = null
        } catch (error) {
          const refusal = refusalOf(error)
          problem = refusal.reason
          throw refusal
        }
      }),
    peek: (maxRecords, maxSliceBytes) =>
      inTurn(async () => {
        for (;;) {
          const segment = segments.find((candidate) => candidate.offset < candidate.size)
          if (!segment) return null
          try {
            const slice = await readSlice(segment, maxRecords, maxSliceBytes)
            if (slice) return slice
          } catch (error) {
            // The whole directory is gone; an own one is noticed at the next append as well.
            if (codeOf(error) !== 'ENOENT') throw error
            log({ message: 'A file of the spool was taken away', file: segment.file })
            segments.splice(segments.indexOf(segment), 1)
          }
        }
      }),
    done: ({ segment, end, records }) =>
      inTurn(async () => {
        if (end <= segment.offset) return
        segment.offset = end
        segment.eventsDone += records.length
        segment.oldestAt = records.at(-1)!.at
        rate.add(records.length)
        if (segment.offset < segment.size)
          // Not worth a sync, nor a failure: without it these records are delivered twice and stored once.
          await fs.writeFile(positionFile(segment.file), String(end), { mode: 0o600 }).catch(() => {})
        else await dropIfDone(segment)
      }),
    setAside: (records, why) =>
      inTurn(() => {
        const file = path.join(root, prefix, 'refused.spool')
        return keepAside(file, Buffer.concat([header(), ...records.flatMap(frame)]), why)
      }),
    async lookAround() {
      await inTurn(async () => {
        const before = problem
        try {
          await leaveLostHome()
          await ensureHome()
          await assertRoom(0)
          problem = null
        } catch (error) {
          problem = refusalOf(error).reason
          if (problem !== before) log({ message: 'The spool cannot be used', root, problem, error })
        }
      })
      if (home) await adopt()
    },
    state() {
      const waiting = segments.filter((segment) => segment.offset < segment.size)
      return {
        events: waiting.reduce((sum, segment) => sum + segment.events - segment.eventsDone, 0),
        bytes: bytes(),
        maxBytes,
        oldest: waiting.length > 0 ? Math.min(...waiting.map((segment) => segment.oldestAt)) : null,
        replayedPerSecond: rate.perSecond(),
        problem,
        segments: segments.length,
        ...kept,
      }
    },
    close: () =>
      inTurn(async () => {
        await seal()
        for (const segment of segments.filter((candidate) => candidate.offset >= candidate.size))
          await dropIfDone(segment)
        if (home) await removeIfEmpty(home.directory)
        home = undefined
      }),
  }
}

function refusalOf(error: unknown): SpoolRefused {
  if (error instanceof SpoolRefused) return error
  const reason = ['ENOSPC', 'EDQUOT'].includes(codeOf(error)) ? 'full' : 'unwritable'
  return new SpoolRefused(reason, 'The spool could not be written.', { cause: error })
}

const positionFile = (file: string) => file.replace(/\.spool$/, '.done')

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException)?.code)

function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

async function readPosition(file: string): Promise<number> {
  const text = await fs.readFile(positionFile(file), 'utf8').catch(ignoreMissing)
  return text && /^\d{1,15}$/.test(text) ? Number(text) : 0
}

async function segmentFiles(directory: string): Promise<string[]> {
  return (await fs.readdir(directory)).filter((name) => /^\d{8,}\.spool$/.test(name)).sort()
}

/** Answers whether it is gone now: a directory with segments in it stays. */
async function removeIfEmpty(directory: string): Promise<boolean> {
  try {
    const names = await fs.readdir(directory)
    if (!names.every((name) => name.endsWith('.done'))) return false
    for (const name of names) await fs.rm(path.join(directory, name), { force: true })
    await fs.rmdir(directory)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  return true
}

/** A new name in a directory is durable once the directory is synced as well. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await fs.open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeAll(handle: fs.FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

async function readAt(handle: fs.FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  let read = 0
  while (read < length) {
    const { bytesRead } = await handle.read(bytes, read, length - read, position + read)
    if (bytesRead === 0) break
    read += bytesRead
  }
  return bytes.subarray(0, read)
}
