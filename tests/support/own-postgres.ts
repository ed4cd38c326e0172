// A PostgreSQL of one test file's own, to be taken away: frozen (SIGSTOP: connections stay, nothing answers) or
// stopped and started again, at an address that stays the same.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../launcher/embedded-postgres.ts'
import { readInstallation } from '../../launcher/installation.ts'
import { migrate } from '../../launcher/migrate.ts'

export interface OwnPostgres {
  url: string
  freeze(): void
  thaw(): void
  stop(): Promise<void>
  start(): Promise<void>
  /** For good. */
  remove(): Promise<void>
}

export async function startOwnPostgres(): Promise<OwnPostgres> {
  const dataDirectory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-test-'))
  // Each start makes a socket directory of its own; this name leads to the present one.
  const socketLink = path.join(os.tmpdir(), `${path.basename(dataDirectory)}-link`)
  let postgres: EmbeddedPostgres | undefined

  async function start() {
    postgres = await startEmbeddedPostgres({ dataDirectory, durable: false, say: () => {} })
    fs.rmSync(socketLink, { force: true })
    fs.symlinkSync(new URL(postgres.url()).searchParams.get('host')!, socketLink)
  }
  async function stop() {
    thaw()
    await postgres?.stop()
    postgres = undefined
  }
  function signal(name: 'SIGSTOP' | 'SIGCONT') {
    for (const pid of processes()) process.kill(pid, name)
  }
  /** The postmaster first: stopped, it starts no more of the others. */
  function processes(): number[] {
    const file = path.join(dataDirectory, 'postgres', 'postmaster.pid')
    if (!fs.existsSync(file)) return []
    const postmaster = Number.parseInt(fs.readFileSync(file, 'utf8'), 10)
    const children = fs.readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')
    return [postmaster, ...children.split(' ').filter(Boolean).map(Number)]
  }
  const thaw = () => signal('SIGCONT')

  await start()
  await migrate(postgres!.url())
  await readInstallation(postgres!.url(), undefined)
  const url = new URL(postgres!.url())
  url.searchParams.set('host', socketLink)
  return {
    url: url.href,
    freeze: () => signal('SIGSTOP'),
    thaw,
    start,
    stop,
    async remove() {
      await stop()
      fs.rmSync(socketLink, { force: true })
      fs.rmSync(dataDirectory, { recursive: true, force: true })
    },
  }
}
