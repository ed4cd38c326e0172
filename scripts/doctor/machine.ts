// The part of an installation that is not the database: files, disk, memory, addresses.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { isLoopback, type Config } from '#shared/schemas/config.ts'
import { bad, gibibytes, ok, warn, type Finding } from './check.ts'
import { waitingInSpool } from './spool.ts'

const GiB = 1024 ** 3

export function checkDataDirectory({ dataDir, databaseUrl }: Config): Finding[] {
  const check = 'data directory'
  const directory = path.resolve(dataDir)
  const there = fs.statSync(directory, { throwIfNoEntry: false })
  if (!there)
    return [
      databaseUrl
        ? ok(check, `${directory} is not there; it is made when the spool needs it`)
        : warn(
            check,
            `${directory} is not there`,
            'The first start makes it. If there was one, set MESHER_DATA_DIR to it.',
          ),
    ]
  const findings: Finding[] = []
  try {
    fs.accessSync(directory, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK)
  } catch {
    const owner = `uid ${there.uid}`
    return [
      bad(check, `${directory} belongs to ${owner} and cannot be used`, `Start Mesher and this as ${owner}.`),
    ]
  }
  // What must be closed to others, whatever the directory above is.
  for (const [name, mode] of [
    ['postgres', 0o700],
    ['postgres.json', 0o600],
    ['spool', 0o700],
  ] as const) {
    const file = path.join(directory, name)
    const stat = fs.statSync(file, { throwIfNoEntry: false })
    if (stat && (stat.mode & 0o077) !== 0)
      findings.push(
        bad(
          check,
          `${file} is open to other accounts (${(stat.mode & 0o777).toString(8)})`,
          `chmod ${mode.toString(8)} ${file}`,
        ),
      )
  }
  return findings.length > 0 ? findings : [ok(check, `${directory}, closed to other accounts`)]
}

export function checkDisk({ dataDir }: Config): Finding {
  const check = 'disk'
  let directory = path.resolve(dataDir)
  while (!fs.existsSync(directory)) directory = path.dirname(directory)
  const { bavail, blocks, bsize } = fs.statfsSync(directory)
  const free = bavail * bsize
  const share = bavail / blocks
  const says = `${gibibytes(free)} free of ${gibibytes(blocks * bsize)} (${Math.round(share * 100)} %) at ${directory}`
  const advice =
    'Make room, lower the retention of the largest projects, or sample them. With less than 256 MiB nothing is spooled.'
  if (share < 0.05 || free < GiB / 2) return bad(check, says, advice)
  if (share < 0.15 || free < 2 * GiB) return warn(check, says, advice)
  return ok(check, says)
}

/** A node refuses work before it needs more than this. */
const NODE_MEMORY = GiB / 2
const EMBEDDED_MEMORY = GiB / 2

export function checkMemory({ processes, databaseUrl }: Config): Finding {
  const check = 'memory'
  const limit = process.constrainedMemory()
  const total = limit > 0 && limit < os.totalmem() ? limit : os.totalmem()
  const needed = processes * NODE_MEMORY + (databaseUrl ? 0 : EMBEDDED_MEMORY)
  const says = `${gibibytes(total)}; ${processes} node process${processes === 1 ? '' : 'es'}${databaseUrl ? '' : ' and PostgreSQL'} may need ${gibibytes(needed)} under load`
  return total < needed ? warn(check, says, 'Give it more, or lower MESHER_PROCESSES.') : ok(check, says)
}

export function checkSpool(config: Config): Finding {
  const check = 'spool'
  const directory = path.join(path.resolve(config.dataDir), 'spool')
  const { bytes, asideFiles } = waitingInSpool(path.resolve(config.dataDir))
  if (asideFiles > 0)
    return warn(
      check,
      `${asideFiles} file${asideFiles === 1 ? '' : 's'} set aside that could be neither read nor stored`,
      `Look at the log of that time, then remove them: ${directory}/*/aside`,
    )
  if (bytes > 0)
    return warn(
      check,
      `${(bytes / 1024 ** 2).toFixed(1)} MiB of events wait for the database`,
      'They are stored as soon as Mesher runs and reaches it. Do not remove them.',
    )
  if (!config.spool)
    return warn(check, 'switched off', 'While PostgreSQL is away, events are refused. See MESHER_SPOOL.')
  return ok(check, 'nothing waits')
}

export function checkAddresses({ host, publicUrl, publicUrlIsSet, trustProxy }: Config): Finding[] {
  const check = 'addresses'
  const { protocol, hostname } = new URL(publicUrl)
  const open = !isLoopback(host)
  const publicIsLocal = isLoopback(hostname.replace(/^\[|\]$/g, ''))
  if (!publicUrlIsSet) return [ok(check, `${publicUrl}, from this machine only`)]
  const findings: Finding[] = []
  if (protocol === 'http:' && !publicIsLocal)
    findings.push(
      warn(
        check,
        `${publicUrl} is not encrypted: passwords and events can be read on the way`,
        'Put a proxy with TLS in front and set MESHER_PUBLIC_URL to its https address.',
      ),
    )
  if (protocol === 'https:' && !trustProxy)
    findings.push(
      warn(
        check,
        `${publicUrl} is served by a proxy whose X-Forwarded-For is not believed: all people share its address`,
        'Set MESHER_TRUST_PROXY=1 if Mesher can be reached through that proxy only.',
      ),
    )
  if (trustProxy && open && protocol === 'http:')
    findings.push(
      warn(
        check,
        'X-Forwarded-For is believed of whoever connects',
        'Set MESHER_TRUST_PROXY=0, or HOST=127.0.0.1 behind the proxy.',
      ),
    )
  if (open && publicIsLocal)
    findings.push(
      bad(
        check,
        `HOST is ${host}, but links and DSNs say ${publicUrl}`,
        'Set MESHER_PUBLIC_URL to the address others use.',
      ),
    )
  return findings.length > 0 ? findings : [ok(check, publicUrl)]
}

const ANSWER_MS = 5_000

export async function checkServer({ host, port, publicUrl, publicUrlIsSet }: Config): Promise<Finding[]> {
  const name =
    host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  const here = await ask(`http://${name}:${port}`)
  if (here.status === null)
    return [
      warn('server', `nothing answers on port ${port}`, 'Start it, or set PORT and HOST as for the server.'),
    ]
  const findings = [
    here.status === 200
      ? ok('server', `ready on port ${port}`)
      : bad(
          'server',
          `not ready (${here.status})`,
          'Its log says what it waits for; look at PostgreSQL below.',
        ),
  ]
  if (!publicUrlIsSet) return findings
  const outside = await ask(publicUrl)
  if (outside.status !== here.status)
    findings.push(
      warn(
        'addresses',
        `${publicUrl} ${outside.status === null ? `is not reached from here (${outside.reason})` : `answers ${outside.status}`}`,
        'Look at the proxy: it must pass everything below that address to Mesher, WebSocket upgrades as well.',
      ),
    )
  return findings
}

async function ask(url: string): Promise<{ status: number | null; reason?: string }> {
  try {
    const answer = await fetch(`${url}/api/v1/system/ready`, { signal: AbortSignal.timeout(ANSWER_MS) })
    await answer.body?.cancel()
    return { status: answer.status }
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } }
    return { status: null, reason: cause?.code ?? message }
  }
}
