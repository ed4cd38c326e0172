// What `npm run mesher` says of itself.
import type { Command } from './command.ts'

export const EXIT_CODES = {
  wrongUse: 1,
  notFound: 2,
  /** Taken, already so, not allowed. */
  refused: 3,
  /** The database cannot be reached, or the configuration is wrong. */
  noDatabase: 4,
  /** The doctor found something to put right. */
  unwell: 5,
  fault: 70,
} as const

export function overview(commands: Record<string, Command>): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  return [
    'npm run mesher -- <command> [options]',
    '',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Every command takes --json (one JSON document on stdout; use npm run -s) and --help.',
    'Works beside a running Mesher and without one, on DATABASE_URL or the data in MESHER_DATA_DIR.',
    'Exit codes: 0 done, 1 wrong use, 2 not found, 3 refused, 4 no database, 5 the doctor found a fault, 70 a fault of Mesher.',
  ].join('\n')
}

export function helpOf(name: string, { summary, help, input, flags, word }: Command): string {
  const options = Object.entries(help).map(([option, what]) => {
    const value = flags.includes(option) ? '' : ' …'
    const needed = !input.shape[option]?.safeParse(undefined).success
    const shown = option === word ? option.toUpperCase() : `--${option}${value}`
    return [shown, `${what}${needed ? ' (needed)' : ''}`] as const
  })
  options.push(['--json', 'answer with one JSON document'])
  const width = Math.max(...options.map(([option]) => option.length))
  return [
    `npm run mesher -- ${name}${word ? ` ${word.toUpperCase()}` : ''} [options]`,
    `${summary}.`,
    '',
    ...options.map(([option, what]) => `  ${option.padEnd(width)}  ${what}`),
  ].join('\n')
}
