// A disk of a few MiB, for tests of what happens when it is full. Needs root on Linux; elsewhere the test is skipped.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { TestContext } from 'vitest'

export async function onTinyDisk(
  context: Pick<TestContext, 'skip'>,
  MiB: number,
  work: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${MiB}m`, 'tmpfs', directory], { stdio: 'pipe' })
  } catch {
    fs.rmSync(directory, { recursive: true })
    return context.skip('mounting a tmpfs needs root on Linux')
  }
  try {
    await work(directory)
  } finally {
    execFileSync('umount', ['-l', directory])
    fs.rmSync(directory, { recursive: true, force: true })
  }
}
