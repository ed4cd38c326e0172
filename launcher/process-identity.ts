// Is the process that wrote this file still the one that has its number? Numbers are reused, above all in containers;
// a number together with its start time is not.
import { spawnSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'

/** When that process started, in whatever form the system keeps it; null when there is none. */
export function startOf(pid: number): string | null {
  if (process.platform === 'linux') {
    try {
      // The name in parentheses may itself hold spaces and parentheses; field 22 counts from behind the last one.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' ? null : (fields[19] ?? null)
    } catch {
      return null
    }
  }
  const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return ps.status === 0 ? ps.stdout.trim() || null : null
}

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

export function isAlive(pid: number): boolean {
  return startOf(pid) !== null
}
