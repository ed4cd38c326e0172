// Short names in addresses: asked for, or made from the name. A name that was asked for is taken or not; a made one
// steps aside with a number. The unique index decides, not a look beforehand.
import { DomainError } from '../errors.ts'

const MAX_LENGTH = 50
/** Room for the number behind it. */
const MAX_STEM = 44
const MAX_NUMBER = 200

export function slugify(name: string, fallback: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
  return (
    plain
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, MAX_STEM)
      .replace(/^-|-$/g, '') || fallback
  )
}

export interface ShortNameRequest<T> {
  /** Exactly this one, or none. */
  asked: string | undefined
  name: string
  fallback: string
  reserved: readonly string[]
  /** Null when the short name is taken. */
  insert: (slug: string) => Promise<T | null>
}

export async function insertUnderShortName<T>(request: ShortNameRequest<T>): Promise<T> {
  const { asked, name, fallback, reserved, insert } = request
  const tryIt = async (slug: string) => (reserved.includes(slug) ? null : insert(slug))
  if (asked !== undefined) {
    const done = await tryIt(asked)
    if (done === null) throw slugTaken()
    return done
  }
  const stem = slugify(name, fallback)
  for (let number = 1; number <= MAX_NUMBER; number++) {
    const done = await tryIt((number === 1 ? stem : `${stem}-${number}`).slice(0, MAX_LENGTH))
    if (done !== null) return done
  }
  throw slugTaken()
}

export const slugTaken = () =>
  new DomainError('slug_taken', { problems: [{ path: 'slug', message: 'That short name is taken.' }] })
