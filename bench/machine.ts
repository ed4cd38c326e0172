// What was measured on: without it a figure says nothing.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export interface Machine {
  cpu: string
  cores: number
  memoryBytes: number
  system: string
  node: string
  postgres: string
  commit: string | null
  /** Of the last minute, when the run began: others were at work when it is not near 0. */
  loadAverage: number
  /** The database's directory is on a real disk, not in memory. */
  onDisk: boolean
  /** Median of writing 8 KiB and having it on the disk, ms. */
  syncMs: number
}

const TMPFS = 0x01021994
const SYNCS = 50

export function describeMachine(directory: string, postgres: string): Machine {
  const cpus = os.cpus()
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    postgres,
    commit: commit(),
    loadAverage: os.loadavg()[0]!,
    onDisk: fs.statfsSync(directory).type !== TMPFS,
    syncMs: syncMs(directory),
  }
}

function syncMs(directory: string): number {
  const file = path.join(directory, 'sync-probe')
  const handle = fs.openSync(file, 'w')
  const block = Buffer.alloc(8_192, 1)
  const times = Array.from({ length: SYNCS }, () => {
    const began = performance.now()
    fs.writeSync(handle, block)
    fs.fdatasyncSync(handle)
    return performance.now() - began
  }).sort((a, b) => a - b)
  fs.closeSync(handle)
  fs.rmSync(file)
  return times[SYNCS >> 1]!
}

function commit(): string | null {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, {
        cwd: import.meta.dirname,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim()
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') ? ' and changes' : '')
  } catch {
    return null
  }
}
