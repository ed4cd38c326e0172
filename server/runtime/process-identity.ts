// Is the process that left this behind still the one that has its number? Numbers are reused, above all in containers;
// a number together with its start time is not.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

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

export function isAlive(pid: number): boolean {
  return startOf(pid) !== null
}
