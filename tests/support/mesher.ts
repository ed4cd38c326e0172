// `npm run mesher` as an operator runs it: the real command in a process of its own.
import { spawn } from 'node:child_process'
import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '..', '..')

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
  /** What stdout holds with --json. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any answer; each test asserts the fields it reads
  json: any
}

/** @param line words, split at blanks */
export function runMesher(
  line: string | string[],
  { stdin = '', env }: { stdin?: string; env: Record<string, string> },
): Promise<Ran> {
  const args = typeof line === 'string' ? line.split(' ') : line
  return new Promise<Ran>((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(ROOT, 'scripts', 'mesher.ts'), ...args], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    child.stdin.on('error', () => {}) // it ended without reading
    child.stdin.end(stdin)
    child.on('error', reject)
    child.on('close', (code) => {
      const json: unknown = args.includes('--json') && stdout ? JSON.parse(stdout) : undefined
      resolve({ code, stdout, stderr, json })
    })
  })
}
