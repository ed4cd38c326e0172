// What lies in the spool of a data directory: acknowledged events that wait for the database, of any node that runs or
// ran here, and what was set aside. Read from outside, by sizes alone.
import fs from 'node:fs'
import path from 'node:path'

export interface Waiting {
  bytes: number
  asideFiles: number
}

/** A file that has only its beginning holds nothing (server/spool/segment.ts). */
const EMPTY_BYTES = 16

export function waitingInSpool(dataDirectory: string): Waiting {
  const found: Waiting = { bytes: 0, asideFiles: 0 }
  for (const { parentPath, name } of filesIn(path.join(dataDirectory, 'spool'))) {
    if (path.basename(parentPath) === 'aside') found.asideFiles++
    else if (name.endsWith('.spool')) found.bytes += sizeOf(path.join(parentPath, name))
  }
  return found
}

function filesIn(directory: string): fs.Dirent[] {
  try {
    return fs
      .readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
  } catch (error) {
    // None was ever needed, or a node has just removed one of its files.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function sizeOf(file: string): number {
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0
  return size > EMPTY_BYTES ? size : 0
}
