// The spool on a real file system: what it acknowledged is there after anything that can happen to its process or to
// its files, in the order it came, and never more than the bound.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSpool, SpoolRefused, type Spool, type SpoolOptions } from '#server/spool/spool.ts'
import { header, type SpoolRecord } from '#server/spool/segment.ts'
import { onTinyDisk } from '../../support/tiny-disk.ts'
import { until } from '../../support/until.ts'

let root: string
let lines: string[]
let opened: Spool[]

beforeEach(() => {
  root = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-spool-')), 'spool')
  lines = []
  opened = []
})
afterEach(async () => {
  vi.useRealTimers()
  for (const spool of opened) await spool.close()
  fs.rmSync(path.dirname(root), { recursive: true, force: true })
})

const open = (options: Partial<SpoolOptions> = {}): Spool => {
  const spool = createSpool({ root, maxBytes: 1e9, log: ({ message }) => lines.push(message), ...options })
  opened.push(spool)
  return spool
}
const record = (n: number, bytes = 8): SpoolRecord => {
  const payload = Buffer.alloc(Math.max(8, bytes))
  payload.writeUInt32LE(n)
  return { at: 1_000 + n, payload }
}
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const numberOf = ({ payload }: SpoolRecord) => payload.readUInt32LE(0)

/** Everything that is left, done slice by slice. */
async function drain(spool: Spool, maxRecords = 3): Promise<number[]> {
  const found: number[] = []
  for (let slice = await spool.peek(maxRecords, 1e6); slice; slice = await spool.peek(maxRecords, 1e6)) {
    found.push(...slice.records.map(numberOf))
    await spool.done(slice)
  }
  return found
}
const filesBelow = (directory: string): string[] =>
  fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
const segmentsBelow = (directory: string) =>
  filesBelow(directory)
    .filter((file) => file.endsWith('.spool'))
    .sort()

/** A process of its own that spools records for ever, says how many are safe, and is killed. */
async function spoolAndDie(atLeast: number): Promise<number> {
  const program = `
    import { createSpool } from '#server/spool/spool.ts'
    const spool = createSpool({ root: process.argv[1], maxBytes: 1e9, segmentBytes: 20_000, log() {} })
    await spool.lookAround()
    for (let n = 0; ; ) {
      const records = Array.from({ length: 1 + (n % 7) }, () => {
        const payload = Buffer.alloc(100 + (n % 900))
        payload.writeUInt32LE(n)
        return { at: 1_000 + n++, payload }
      })
      await spool.append(records)
      process.stdout.write(n + '\\n')
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk))
  const safe = () => Number(said.split('\n').at(-2) ?? 0)
  await until(() => safe() >= atLeast, 20_000)
  child.kill('SIGKILL')
  await once(child, 'close')
  return safe()
}

describe('the spool', () => {
  it('gives records back in order, and leaves no file when all are done', async () => {
    const spool = open({ segmentBytes: 200 })
    await spool.lookAround()
    for (const n of range(0, 30))
      await spool.append([record(3 * n), record(3 * n + 1), record(3 * n + 2, 400)])
    expect(spool.state()).toMatchObject({ events: 90, oldest: 1_000, problem: null })
    expect(await drain(spool)).toEqual(range(0, 90))
    expect(spool.state()).toMatchObject({ events: 0, bytes: 0, oldest: null })
    expect(filesBelow(root)).toEqual([])
    await spool.close()
    expect(fs.readdirSync(root)).toEqual([])
  })

  it('is nobody else’s to read', async () => {
    const spool = open()
    await spool.append([record(1)])
    const [file] = segmentsBelow(root)
    expect(fs.statSync(file!).mode & 0o777).toBe(0o600)
    for (const directory of [root, path.dirname(file!)])
      expect(fs.statSync(directory).mode & 0o777).toBe(0o700)
  })

  it('takes records while older ones are being replayed', async () => {
    const spool = open({ segmentBytes: 300 })
    const found: number[] = []
    for (const n of range(0, 200)) {
      await spool.append([record(n)])
      if (n % 3 > 0) continue
      const slice = (await spool.peek(2, 1e6))!
      found.push(...slice.records.map(numberOf))
      await spool.done(slice)
    }
    found.push(...(await drain(spool)))
    expect(found).toEqual(range(0, 200))
  })

  it('RESIL-01: what a killed process acknowledged is taken over by the next, as a prefix and without gaps', async () => {
    for (let round = 0; round < 3; round++) {
      const safe = await spoolAndDie(60 + round * 150)
      const spool = open()
      await spool.lookAround()
      expect(spool.state().events).toBeGreaterThanOrEqual(safe)
      const found = await drain(spool, 500)
      // One append was in flight: it may be there whole or in part.
      expect(found).toEqual(range(0, found.length))
      expect(found.length).toBeGreaterThanOrEqual(safe)
      await spool.close()
      expect(segmentsBelow(root).filter((file) => !file.includes('/aside/'))).toEqual([])
    }
  }, 60_000)

  it('RESIL-01: what was done before a kill is not done again', async () => {
    const first = open()
    await first.append(range(0, 10).map((n) => record(n)))
    await first.done((await first.peek(4, 1e6))!)
    const next = open()
    await next.lookAround()
    expect(next.state().events).toBe(6)
    expect(await drain(next)).toEqual(range(4, 10))
  })

  it('a living process’s directory is left alone', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'])
    try {
      await open().append([record(1)])
      const [own] = fs.readdirSync(root)
      const { isOwnerGone } = await import('#server/spool/owners.ts')
      const { startOf } = await import('#server/runtime/process-identity.ts')
      const { hash } = await import('node:crypto')
      const start = hash('sha256', startOf(child.pid!)!).slice(0, 12)
      const machine = own!.split('-')[0]
      const alive = `${machine}-${child.pid}-${start}-1`
      expect(isOwnerGone(alive, 0, Date.now())).toBe(false)
      expect(isOwnerGone(`${machine}-${child.pid}-${'0'.repeat(12)}-1`, Date.now(), Date.now())).toBe(true)
      // Of another machine, or another container: its directory's time decides.
      expect(isOwnerGone(`00000000-${child.pid}-${start}-1`, Date.now(), Date.now())).toBe(false)
      expect(isOwnerGone(`00000000-${child.pid}-${start}-1`, Date.now() - 120_000, Date.now())).toBe(true)
      expect(isOwnerGone('aside', 0, Date.now())).toBe(false)
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('RESIL-01: a directory adopted by mistake costs nothing: its owner begins another', async () => {
    const first = open()
    await first.append([record(0)])
    const thief = open()
    await thief.lookAround()
    expect(thief.state().events).toBe(1)
    await first.append([record(1), record(2)])
    expect(lines).toContain('The spool directory was taken away')
    expect(await drain(first)).toEqual([1, 2])
    // The one that noticed too late had written into the taken directory, unacknowledged: nothing, or the same again.
    expect((await drain(thief))[0]).toBe(0)
  })

  it('RESIL-01: a directory that is removed under it is made again', async () => {
    const spool = open()
    await spool.append([record(0)])
    fs.rmSync(root, { recursive: true })
    await spool.append([record(1)])
    expect(await drain(spool)).toEqual([1])
  })

  it('stops at its bound, and goes on when there is room again', async () => {
    const spool = open({ maxBytes: 1_000, segmentBytes: 300 })
    let kept = 0
    const fill = async () => {
      for (;;) {
        await spool.append([record(kept, 84)])
        kept++
      }
    }
    await expect(fill()).rejects.toMatchObject({ name: 'SpoolRefused', reason: 'full' })
    expect(kept).toBe(9)
    expect(spool.state().bytes).toBeLessThanOrEqual(1_000)
    await spool.done((await spool.peek(100, 1e6))!)
    await spool.append([record(kept, 84)])
    expect((await drain(spool)).at(-1)).toBe(9)
  })

  it('a directory that cannot be written is said, and tried again', async () => {
    fs.mkdirSync(path.dirname(root), { recursive: true })
    fs.writeFileSync(root, 'a file where the directory should be')
    const spool = open()
    await expect(spool.append([record(0)])).rejects.toMatchObject({ reason: 'unwritable' })
    await spool.lookAround()
    expect(spool.state().problem).toBe('unwritable')
    fs.rmSync(root)
    await spool.append([record(1)])
    expect(spool.state().problem).toBeNull()
    expect(await drain(spool)).toEqual([1])
  })
})

describe('a damaged spool', () => {
  /** Ten records in one segment of a process that is gone. */
  async function left(): Promise<string> {
    await open().append(range(0, 10).map((n) => record(n, 100)))
    return segmentsBelow(root)[0]!
  }
  const asideFiles = () => filesBelow(path.join(root, 'aside'))

  it('RESIL-01: a torn tail is cut off, the rest is kept', async () => {
    const file = await left()
    fs.truncateSync(file, fs.statSync(file).size - 7)
    const spool = open()
    await spool.lookAround()
    expect(await drain(spool)).toEqual(range(0, 9))
    expect(asideFiles()).toHaveLength(1)
    expect(lines).toContain('Part of the spool was set aside')
    await spool.append([record(99)])
    expect(await drain(spool)).toEqual([99])
  })

  it('RESIL-01: a flipped byte keeps what is before it, and sets aside what is behind', async () => {
    const file = await left()
    const bytes = fs.readFileSync(file)
    const at = 9 + 4 * 116 + 50
    bytes[at] = bytes[at]! ^ 0x10
    fs.writeFileSync(file, bytes)
    const spool = open()
    await spool.lookAround()
    expect(spool.state()).toMatchObject({ events: 4, asideFiles: 1 })
    expect(await drain(spool)).toEqual(range(0, 4))
    expect(fs.readFileSync(asideFiles()[0]!)).toEqual(bytes.subarray(9 + 4 * 116))
  })

  it('RESIL-01: damage that comes after the look is met as well', async () => {
    const spool = open()
    await spool.append(range(0, 10).map((n) => record(n, 100)))
    await spool.append([record(10)])
    const file = segmentsBelow(root)[0]!
    const bytes = fs.readFileSync(file)
    bytes[9 + 2 * 116 + 50]! ^= 1
    fs.writeFileSync(file, bytes)
    expect(await drain(spool)).toEqual([0, 1])
    expect(asideFiles()).toHaveLength(1)
    await spool.append([record(11)])
    expect(await drain(spool)).toEqual([11])
  })

  it.each([
    ['of a version to come', (bytes: Buffer) => Buffer.concat([header(9), bytes.subarray(9)])],
    ['with another head', (bytes: Buffer) => Buffer.concat([Buffer.from('X'), bytes.subarray(1)])],
    ['of zeros', (bytes: Buffer) => Buffer.alloc(bytes.length)],
  ])('RESIL-01: a file %s is set aside whole', async (_, change) => {
    const file = await left()
    const changed = change(fs.readFileSync(file))
    fs.writeFileSync(file, changed)
    const spool = open()
    await spool.lookAround()
    expect(await drain(spool)).toEqual([])
    expect(fs.readFileSync(asideFiles()[0]!)).toEqual(changed)
  })

  it('what is set aside within one millisecond is kept whole', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    const spool = open()
    for (let n = 0; n < 20; n++) await spool.setAside([record(n, 100)], 'a test')
    expect(asideFiles()).toHaveLength(20)
    expect(spool.state()).toMatchObject({ asideFiles: 20, asideRemoved: 0 })
  })

  it('what is set aside is bounded: the oldest goes, and that is said and counted', async () => {
    const spool = open({ asideMaxBytes: 3_000 })
    for (let n = 0; n < 5; n++) {
      await spool.setAside([record(n, 1_000)], 'a test')
      const [newest] = asideFiles().filter((file) => fs.readFileSync(file).includes(record(n, 1_000).payload))
      fs.utimesSync(newest!, n, n)
    }
    const left = asideFiles().map((file) => fs.readFileSync(file).readUInt32LE(9 + 16))
    expect(left.toSorted()).toEqual([3, 4])
    const bytes = asideFiles().reduce((sum, file) => sum + fs.statSync(file).size, 0)
    expect(spool.state()).toMatchObject({ asideFiles: 2, asideBytes: bytes, asideRemoved: 3 })
    expect(lines.filter((line) => line.startsWith('What was set aside became too much'))).toHaveLength(3)
    // Larger than the bound, yet the last: it stays.
    await spool.setAside([record(9, 5_000)], 'a test')
    expect(spool.state()).toMatchObject({ asideFiles: 1, asideRemoved: 5 })
  })

  it.each([
    ['empty', Buffer.alloc(0)],
    ['half a header', header().subarray(0, 4)],
    ['a header', header()],
  ])(
    'a file that is %s is what a process leaves that died while it began it: nothing',
    async (_, content) => {
      const file = await left()
      fs.writeFileSync(file, content)
      const spool = open()
      await spool.lookAround()
      expect(spool.state()).toMatchObject({ events: 0, asideFiles: 0 })
      expect(segmentsBelow(root)).toEqual([])
    },
  )

  it('a position that makes no sense means the beginning', async () => {
    const file = await left()
    for (const text of ['', '12', 'zero', '999999999999', '-1']) {
      fs.writeFileSync(segmentsBelow(root)[0]!.replace('.spool', '.done'), text)
      const spool = open()
      await spool.lookAround()
      expect(spool.state().events).toBe(10)
    }
    expect(file).not.toBe(segmentsBelow(root)[0])
  })
})

describe('a full disk', () => {
  it('RESIL-01: refuses what does not fit and keeps every record it took', async (context) => {
    await onTinyDisk(context, 2, async (directory) => {
      const onDisk = (options: Partial<SpoolOptions>) =>
        open({ root: path.join(directory, 'spool'), ...options })
      const spool = onDisk({ minFreeBytes: 0, segmentBytes: 300_000 })
      let kept = 0
      const fill = async () => {
        for (;;) {
          await spool.append([record(kept, 50_000)])
          kept++
        }
      }
      // The disk says it itself: the free space is not looked at for the last bytes.
      await expect(fill()).rejects.toBeInstanceOf(SpoolRefused)
      expect(kept).toBeGreaterThan(20)
      const next = onDisk({})
      await next.lookAround()
      expect(await drain(next)).toEqual(range(0, kept))
    })
  })

  it('leaves room for others', async (context) => {
    await onTinyDisk(context, 4, async (directory) => {
      const spool = open({ root: path.join(directory, 'spool'), minFreeBytes: 2_000_000 })
      const fill = async () => {
        for (;;) await spool.append([record(0, 50_000)])
      }
      await expect(fill()).rejects.toMatchObject({ reason: 'full' })
      const { bavail, bsize } = fs.statfsSync(directory)
      expect(bavail * bsize).toBeGreaterThanOrEqual(2_000_000 - 100_000)
    })
  })
})
