// Runs a client's program as its user would: with a DSN and a home of its own, and nothing of ours in its environment.
import { spawn } from 'node:child_process'
import path from 'node:path'

export interface Program {
  command: string
  args?: string[]
  cwd: string
  env: Record<string, string>
}

const PATIENCE_MS = 120_000

/** @returns what it wrote and how it ended: for the reader, when its events are not there */
export function runProgram({ command, args = [], cwd, env }: Program): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: {
        PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
        LANG: 'C.UTF-8',
        // Far from UTC, and not by whole hours: a local time taken for UTC shows.
        TZ: 'Asia/Kathmandu',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
    })
    let written = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        written += chunk
      })
    }
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(`${written}(ended with ${signal ?? code})`))
  })
}
