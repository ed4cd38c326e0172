// Passwords come by stdin or are made here: what stands among a program's arguments, every account of the machine reads.
import { randomInt } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { newPassword } from '#shared/schemas/account.ts'
import { UsageError } from './usage-error.ts'

/** Without those that look like another one. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const LENGTH = 20

export interface Password {
  password: string
  /** To be shown, once. */
  generated: boolean
}

export async function passwordFor({ stdin }: { stdin: boolean }): Promise<Password> {
  if (!stdin) {
    const letters = Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)])
    return { password: letters.join(''), generated: true }
  }
  const [line = ''] = (await text(process.stdin)).split(/\r?\n/, 1)
  const parsed = newPassword.safeParse(line)
  if (!parsed.success) throw new UsageError(`The password on stdin: ${parsed.error.issues[0]!.message}`)
  return { password: parsed.data, generated: false }
}
