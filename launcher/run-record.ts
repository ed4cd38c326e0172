// `<data>/launcher.json`: who runs on this data and what it left in /tmp. It keeps two launchers off one data
// directory, and tells the next start what an unclean end left behind.
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { LauncherError } from './launcher-error.ts'
import { startOf } from '#server/runtime/process-identity.ts'

export interface RunRecord {
  pid: number
  start: string | null
  socketDirectory: string | null
}

const fileOf = (dataDirectory: string) => path.join(dataDirectory, 'launcher.json')

export function readRunRecord(dataDirectory: string): RunRecord | null {
  try {
    return JSON.parse(readFileSync(fileOf(dataDirectory), 'utf8')) as RunRecord
  } catch {
    return null
  }
}

/** Takes the data directory for this process. Answers the socket directory an unclean end left, if any. */
export function takeDataDirectory(dataDirectory: string): { leftSocketDirectory: string | null } {
  const before = readRunRecord(dataDirectory)
  if (before && before.start !== null && startOf(before.pid) === before.start) {
    throw new LauncherError(
      `Mesher already runs on the data in ${dataDirectory} (process ${before.pid}). ` +
        'Stop that one first, or set MESHER_DATA_DIR to another directory.',
    )
  }
  rmSync(fileOf(dataDirectory), { force: true })
  try {
    closeSync(openSync(fileOf(dataDirectory), 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new LauncherError(`Another Mesher is just starting on the data in ${dataDirectory}.`)
  }
  writeRunRecord(dataDirectory, null)
  return { leftSocketDirectory: before?.socketDirectory ?? null }
}

export function writeRunRecord(dataDirectory: string, socketDirectory: string | null): void {
  const record: RunRecord = { pid: process.pid, start: startOf(process.pid), socketDirectory }
  writeFileSync(fileOf(dataDirectory), JSON.stringify(record), { mode: 0o600 })
}

export function leaveDataDirectory(dataDirectory: string): void {
  rmSync(fileOf(dataDirectory), { force: true })
}
