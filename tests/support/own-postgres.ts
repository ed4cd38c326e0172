// A PostgreSQL of one test file's own, to be taken away: frozen (SIGSTOP: connections stay, nothing answers) or
// stopped and started again, at an address that stays the same.
import { spawn, type ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../launcher/embedded-postgres.ts'
import { readInstallation } from '../../launcher/installation.ts'
import { migrate } from '../../launcher/migrate.ts'

export interface OwnPostgresOptions {
  /** One of its own in the system's temporary directory when absent. */
  dataDirectory?: string
  /** What is committed survives a stop that is no shutdown. */
  durable?: boolean
}

export interface OwnPostgres {
  url: string
  freeze(): void
  thaw(): void
  /** With `force` its processes end as they stand (an immediate shutdown), and the next start recovers. */
  stop(options?: { force?: boolean }): Promise<void>
  start(): Promise<void>
  /** For good. */
  remove(): Promise<void>
}

export async function startOwnPostgres({
  dataDirectory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-test-')),
  durable = false,
}: OwnPostgresOptions = {}): Promise<OwnPostgres> {
  // Each start makes a socket directory of its own; this name leads to the present one.
  const socketLink = path.join(os.tmpdir(), `${path.basename(dataDirectory)}-link`)
  let postgres: EmbeddedPostgres | undefined
  let frozen: { pids: number[]; watchdog: ChildProcess } | undefined

  async function start() {
    postgres = await startEmbeddedPostgres({ dataDirectory, durable, say: () => {} })
    fs.rmSync(socketLink, { force: true })
    fs.symlinkSync(new URL(postgres.url()).searchParams.get('host')!, socketLink)
  }
  async function stop(options?: { force?: boolean }) {
    thaw()
    await postgres?.stop(options)
    postgres = undefined
    fs.rmSync(socketLink, { force: true })
  }
  /** The postmaster first: stopped, it starts no more of the others, and none of their numbers becomes free. */
  function freeze() {
    if (frozen) return
    const file = path.join(dataDirectory, 'postgres', 'postmaster.pid')
    const postmaster = Number.parseInt(fs.readFileSync(file, 'utf8'), 10)
    process.kill(postmaster, 'SIGSTOP')
    const children = fs.readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')
    const pids = [postmaster, ...children.split(' ').filter(Boolean).map(Number)]
    frozen = { pids, watchdog: thawWithThisProcess(pids) }
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
  }
  function thaw() {
    if (!frozen) return
    const { pids, watchdog } = frozen
    frozen = undefined
    // The postmaster last: it takes leave of those that were just ending when they were stopped.
    for (const pid of pids.toReversed()) wake(pid)
    watchdog.kill('SIGKILL')
  }

  await start()
  await migrate(postgres!.url())
  await readInstallation(postgres!.url(), undefined)
  const url = new URL(postgres!.url())
  url.searchParams.set('host', socketLink)
  return {
    url: url.href,
    freeze,
    thaw,
    start,
    stop,
    async remove() {
      await stop()
      fs.rmSync(dataDirectory, { recursive: true, force: true })
    },
  }
}

function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Frozen processes do not hear that they should end: a run that is killed meanwhile would leave them for ever. */
function thawWithThisProcess(pids: readonly number[]): ChildProcess {
  const watchdog = spawn('/bin/sh', ['-c', 'cat >/dev/null; kill -CONT "$@"', 'sh', ...pids.map(String)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watchdog.unref()
  watchdog.stdin!.on('error', () => {})
  return watchdog
}
