// `npm run mesher -- <command>`: first set-up, recovery of access, backups and a look at everything, without a browser. In: arguments, a password on
// stdin. Out: the answer on stdout, whatever goes wrong on stderr, and an exit code (scripts/mesher/help.ts).
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { LauncherError } from '../launcher/launcher-error.ts'
import { DomainError } from '#server/domain/errors.ts'
import { setConfig } from '#server/domain/settings.ts'
import { openDatabase, setDatabase } from '#server/storage/database.ts'
import { findOrCreateInstallation } from '#server/storage/system/find-installation.ts'
import { parseConfig, type Config } from '#shared/schemas/config.ts'
import { BackupRefused } from './backup/archive.ts'
import { backupCommands } from './mesher/backup.ts'
import type { Command } from './mesher/command.ts'
import { connect } from './mesher/connect.ts'
import { doctorCommands } from './mesher/doctor.ts'
import { EXIT_CODES, helpOf, overview } from './mesher/help.ts'
import { orgCommands } from './mesher/org.ts'
import { projectCommands } from './mesher/project.ts'
import { UsageError } from './mesher/usage-error.ts'
import { userCommands } from './mesher/user.ts'

const COMMANDS: Record<string, Command> = {
  ...userCommands,
  ...orgCommands,
  ...projectCommands,
  ...backupCommands,
  ...doctorCommands,
}
const argv = process.argv.slice(2)
const asJson = argv.includes('--json')
const closers: (() => Promise<void>)[] = []

async function closeAll(): Promise<void> {
  for (let close = closers.pop(); close; close = closers.pop()) await close()
}

async function main(): Promise<void> {
  const firstOption = argv.findIndex((arg) => arg.startsWith('-'))
  const words = firstOption === -1 ? argv : argv.slice(0, firstOption)
  // `backup verify` is a command, `backup verify-me` is `backup` with a word.
  const named =
    words.length - words.findIndex((_, i) => words.slice(0, words.length - i).join(' ') in COMMANDS)
  const name = words.slice(0, named > words.length ? words.length : named).join(' ')
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) {
    if (name && name !== 'help')
      throw new UsageError(`There is no command "${name}".\n\n${overview(COMMANDS)}`)
    return console.log(overview(COMMANDS))
  }
  const { help, json: _, ...values } = readOptions(name, command)
  if (help) return console.log(helpOf(name, command))
  const input = command.input.safeParse(values)
  if (!input.success)
    throw new UsageError(
      input.error.issues
        .map(({ path, message }) => {
          const option = String(path[0])
          return values[option] === undefined ? `--${option} is needed.` : `--${option}: ${message}`
        })
        .join('\n'),
    )
  const config = readConfig()
  if (!command.alone) await openInstallation(config)
  const {
    data,
    lines,
    exitCode = 0,
  } = await command.run(input.data, {
    config,
    say: (line) => console.error(line),
    onClose: (close) => closers.push(close),
  })
  process.exitCode = exitCode
  console.log(asJson ? JSON.stringify(data) : lines.map(printable).join('\n'))
}

/** Names are anybody's words: none of them talks to the terminal. */
const printable = (line: string): string => line.replace(/[^\P{Cc}\t]/gu, '�')

function readOptions(name: string, { input, flags, word }: Command) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      json: { type: 'boolean' },
      ...Object.fromEntries(
        Object.keys(input.shape).map((option) => [
          option,
          { type: flags.includes(option) ? ('boolean' as const) : ('string' as const) },
        ]),
      ),
    },
  })
  const more = positionals.slice(name.split(' ').length)
  const given =
    word !== undefined && values[word as keyof typeof values] === undefined ? more.shift() : undefined
  if (more.length > 0) throw new UsageError(`What is "${more[0]}"? Options begin with two dashes.`)
  return { ...values, ...(given === undefined ? {} : { [word!]: given }) } as Record<
    string,
    string | boolean | undefined
  >
}

function readConfig(): Config {
  const parsed = parseConfig(process.env)
  if (!parsed.ok) throw new LauncherError(parsed.problems.join('\n'))
  return parsed.config
}

async function openInstallation(config: Config): Promise<void> {
  const database = openDatabase(await connect(config, (close) => closers.push(close)))
  closers.push(() => database.close())
  setDatabase(database)
  const { secret } = await findOrCreateInstallation(database.write, randomBytes(32).toString('base64url'))
  setConfig({ ...config, secret: config.secret ?? secret })
}

/** What went wrong, for people and as an exit code. */
function failureOf(error: unknown): { code: string; exit: number; message: string } {
  const { code, message } = error as Error & { code?: unknown }
  if (error instanceof UsageError || String(code).startsWith('ERR_PARSE_ARGS'))
    return { code: 'wrong_use', exit: EXIT_CODES.wrongUse, message }
  if (error instanceof BackupRefused) return { code: 'refused', exit: EXIT_CODES.refused, message }
  if (error instanceof LauncherError) return { code: 'no_database', exit: EXIT_CODES.noDatabase, message }
  if (!(error instanceof DomainError))
    return { code: 'internal', exit: EXIT_CODES.fault, message: String(error) }
  const exit =
    error.code === 'not_found'
      ? EXIT_CODES.notFound
      : error.code === 'validation_failed'
        ? EXIT_CODES.wrongUse
        : EXIT_CODES.refused
  return { code: error.code, exit, message }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void closeAll().finally(() => process.exit(130)))
try {
  await main()
} catch (error) {
  const { code, exit, message } = failureOf(error)
  process.exitCode = exit
  if (asJson) console.error(JSON.stringify({ error: { code, message } }))
  else console.error(exit === EXIT_CODES.fault ? error : message)
}
await closeAll()
