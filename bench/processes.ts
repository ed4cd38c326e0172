// What a process costs: memory and CPU, as Linux counts them; null elsewhere.
import fs from 'node:fs'

/** Clock ticks a second, as every Linux reports them to programs. */
const TICKS = 100

/** Memory that is really in use (resident), bytes. */
export function residentBytes(pid: number): number | null {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1]
  return kilobytes ? Number(kilobytes) * 1_024 : null
}

/** CPU seconds so far; with `children` also those of its children, the ended ones included. */
export function cpuSeconds(pid: number, { children = false } = {}): number | null {
  const own = statOf(pid)
  if (!own) return null
  if (!children) return (own.user + own.system) / TICKS
  const living = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => stat?.parent === pid)
    .reduce((sum, stat) => sum + stat!.user + stat!.system, 0)
  return (own.user + own.system + own.endedChildren + living) / TICKS
}

function statOf(pid: number) {
  const stat = read(`/proc/${pid}/stat`)
  // The name may hold spaces and parentheses: fields count from behind the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields.length < 15) return null
  return {
    parent: Number(fields[1]),
    user: Number(fields[11]),
    system: Number(fields[12]),
    endedChildren: Number(fields[13]) + Number(fields[14]),
  }
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
