// `npm run compat`: the real clients (SDKs and sentry-cli, unmodified) against a fresh Mesher. Each tells the same story
// in its language; what the management API then shows is held against it. Exit code 1 when something is missing or
// different, and when no client could be had at all.
import { parseArgs } from 'node:util'
import { plural, say, seconds, step } from '../launcher/console.ts'
import { LauncherError } from '../launcher/launcher-error.ts'
import { CLIENTS, type Client, type DebianClient, type NpmClient } from './compat/clients.ts'
import { startMesher } from './compat/mesher.ts'
import { installFromNpm } from './compat/npm-packages.ts'
import { tryClient, type Verdict } from './compat/try-client.ts'
import { installPackages, mayInstallPackages, packagedVersion } from './debian-packages.ts'
import { onClose, runProgram } from './run-program.ts'

const HELP = `npm run compat -- [options]
  --only npm|debian   only the clients from there; from Debian they are installed when missing, as root
  --client text       only those whose name and version contain this, such as node or node@7`

type Row = { client: string; version: string } & ({ verdict: Verdict } | { skipped: string })

function readOptions() {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, client: { type: 'string' }, help: { type: 'boolean' } },
  })
  const { only, client: text = '' } = values
  if (only !== undefined && only !== 'npm' && only !== 'debian')
    throw new LauncherError('--only takes npm or debian')
  const clients = CLIENTS.filter((client) => (!only || client.from === only) && nameOf(client).includes(text))
  if (clients.length === 0) throw new LauncherError(`There is no client ${text}.`)
  return { clients, help: values.help }
}

const nameOf = (client: Client) => (client.from === 'npm' ? `${client.name}@${client.version}` : client.name)

async function main(): Promise<void> {
  const { clients, help } = readOptions()
  if (help) return void console.log(HELP)
  const began = performance.now()
  if (clients.some(({ from }) => from === 'npm')) await getFromNpm()
  const mesher = await step(
    'Starting a fresh Mesher',
    () => startMesher(onClose),
    () => 'A fresh Mesher is there',
  )
  const rows: Row[] = []
  for (const client of clients) {
    const got = client.from === 'npm' ? { version: client.version } : getFromDebian(client)
    const common = { client: client.name, version: 'version' in got ? got.version : '' }
    if ('problem' in got) rows.push({ ...common, skipped: got.problem })
    else
      rows.push({
        ...common,
        verdict: await step(
          `${client.name} ${got.version}`,
          () => tryClient(client, got.version, mesher),
          ({ sent }) => `${client.name} ${got.version} sent ${plural(sent, 'event')}`,
        ),
      })
  }
  report(rows, performance.now() - began)
}

/** All of them whatever was asked for, so that what is installed stays. */
function getFromNpm(): Promise<void> {
  const clients = CLIENTS.filter((client): client is NpmClient => client.from === 'npm')
  return step(
    'Installing the clients from npm (the first time takes a minute)',
    () =>
      installFromNpm(Object.fromEntries(clients.map(({ folder, dependencies }) => [folder, dependencies]))),
    () => 'The clients from npm are there',
  )
}

function getFromDebian({ packages }: DebianClient): { version: string } | { problem: string } {
  const missing = () => packages.filter((name) => packagedVersion(name) === null)
  if (missing().length > 0 && mayInstallPackages()) {
    say(`… Installing ${missing().join(' and ')} with apt-get`)
    const refusal = installPackages(missing())
    if (refusal !== null) return { problem: `apt-get: ${refusal}` }
  }
  const version = packagedVersion(packages[0]!)
  if (version !== null && missing().length === 0) return { version }
  return { problem: `on Debian, as root: apt-get install ${missing().join(' ')}` }
}

function report(rows: Row[], tookMs: number): void {
  const table = rows.map((row) => [
    row.client,
    row.version,
    ...('skipped' in row
      ? ['-', '-', `skipped: ${row.skipped}`]
      : [
          String(row.verdict.sent),
          String(row.verdict.shown),
          row.verdict.differences.length === 0 ? 'nothing' : `${row.verdict.differences.length}, below`,
        ]),
  ])
  printTable([['client', 'version', 'sent', 'shown', 'what differs'], ...table])
  const tried = rows.filter((row) => 'verdict' in row)
  const wrong = tried.filter(({ verdict }) => verdict.differences.length > 0)
  for (const { client, version, verdict } of wrong) {
    say('')
    say(`${client} ${version}`)
    for (const difference of verdict.differences) say(`  ${difference}`)
    say('  Its program wrote:')
    for (const line of verdict.output.trim().split('\n')) say(`  | ${line}`)
  }
  say('')
  say(`${plural(rows.length, 'client')}, ${rows.length - tried.length} skipped (${seconds(tookMs)})`)
  if (tried.length === 0) say('None of them could be had, so nothing is known.')
  console.log(`${tried.length - wrong.length} passed, ${wrong.length} failed`)
  if (wrong.length > 0 || tried.length === 0) process.exitCode = 1
}

function printTable(lines: string[][]): void {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  say('')
  for (const line of lines)
    say(
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
}

await runProgram(main)
