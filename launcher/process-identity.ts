// Whether a process is the PostgreSQL of a data directory: what an unclean end left running, before it is stopped.
import { spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import path from 'node:path'

/** Whether that process is a PostgreSQL working in this directory. */
export function isPostgresIn(pid: number, directory: string): boolean {
  if (process.platform === 'linux') {
    try {
      const program = path.basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''))
      return program === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === directory
    } catch {
      return false
    }
  }
  const ps = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  return ps.status === 0 && ps.stdout.includes('postgres') && ps.stdout.includes(directory)
}
