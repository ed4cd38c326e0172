// Where this program lies: the folder with package.json, prisma/migrations and .output, in a checkout and in an image.
import fs from 'node:fs'
import path from 'node:path'

export const ROOT = path.join(import.meta.dirname, '..')

export function programVersion(): string {
  const file = fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')
  return (JSON.parse(file) as { version: string }).version
}
