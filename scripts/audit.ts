// `npm run audit`: asks the registry what is known about the packages that run in production. High and critical findings
// fail; a registry that does not answer, or knows no audits, fails nothing and is said. Two lines a finding, so that a
// build's log shows them.
import { spawnSync } from 'node:child_process'
import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '..')
const PATIENCE_MS = 60_000

interface Finding {
  name: string
  severity: string
  via: (string | { title?: string; url?: string })[]
  range: string
}
interface Report {
  vulnerabilities?: Record<string, Finding>
  metadata?: { vulnerabilities?: Record<string, number> }
  error?: { code?: string; summary?: string }
  message?: string
}

const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json'], {
  cwd: ROOT,
  encoding: 'utf8',
  timeout: PATIENCE_MS,
  maxBuffer: 64 * 1024 * 1024,
})

const report = parse(stdout)
if (!report?.metadata?.vulnerabilities) {
  const why = [error?.message, report?.error?.summary, report?.message].find(Boolean) ?? 'no report'
  console.log(`audit: nothing was learned from the registry: ${why.split('\n')[0]}`)
} else {
  const serious = Object.values(report.vulnerabilities ?? {}).filter(({ severity }) =>
    ['high', 'critical'].includes(severity),
  )
  for (const { name, severity, range, via } of serious) {
    console.log(`audit: ${name} ${range}: ${severity}`)
    for (const one of via) if (typeof one !== 'string') console.log(`  ${one.title ?? ''} ${one.url ?? ''}`)
  }
  const counts = Object.entries(report.metadata.vulnerabilities)
    .filter(([level, n]) => level !== 'total' && n > 0)
    .map(([level, n]) => `${n} ${level}`)
  console.log(`audit: ${counts.length ? counts.join(', ') : 'nothing known'} in packages for production`)
  if (serious.length > 0) process.exitCode = 1
}

function parse(text: string | null): Report | null {
  try {
    return JSON.parse(text ?? '') as Report
  } catch {
    return null
  }
}
