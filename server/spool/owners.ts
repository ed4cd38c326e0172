// Whose spool directory is whose, told by its name: `<machine>-<pid>-<start>-<n>`. A process number together with the
// process's start time names one process and no later one, so a dead owner is known at once. Where that cannot be
// looked up (another container on the same volume, the same machine before a reboot) the directory's own time decides:
// its owner touches it every few seconds. A wrong guess is harmless, because an owner looks before it acknowledges
// whether the directory is still its own (see spool.ts).
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { startOf } from '#server/runtime/process-identity.ts'

/** A directory of an owner that cannot be looked up, untouched for this long, is nobody's. */
const STALE_MS = 60_000
const NAME = /^([0-9a-f]{8})-(\d{1,10})-([0-9a-f]{12})-(\d{1,6})$/

const short = (text: string, digits: number) =>
  createHash('sha256').update(text).digest('hex').slice(0, digits)

/** Within one of these, process numbers mean the same to everybody: a boot of a kernel, and a namespace on it. */
function machine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return short(`${boot} ${readlinkSync('/proc/self/ns/pid')}`, 8)
  } catch {
    return short(hostname(), 8) // not Linux
  }
}

/** The names of this process's directories, without their number. */
export function ownPrefix(): string {
  return `${machine()}-${process.pid}-${short(startOf(process.pid) ?? 'unknown', 12)}`
}

/** Whether the process that made the directory `name` is gone; false for what is no spool directory. */
export function isOwnerGone(name: string, touchedAt: number, now: number): boolean {
  const [, where, pid, start] = NAME.exec(name) ?? []
  if (!where) return false
  if (where !== machine()) return now - touchedAt > STALE_MS
  const current = startOf(Number(pid))
  return current === null || short(current, 12) !== start
}
