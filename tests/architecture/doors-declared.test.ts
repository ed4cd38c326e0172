// Every file below server/api and server/routes says who may come in. A bare one, which the framework would serve to
// everybody, fails here before anything is built.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { isDeclared, readDoors } from '../support/read-doors.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const undeclared = (root: string) =>
  readDoors(root)
    .filter(({ file }) => !isDeclared(path.join(root, file)))
    .map(({ file }) => file)

describe('doors', () => {
  it('all say who may come in', () => {
    expect(readDoors(ROOT).length).toBeGreaterThan(40)
    expect(undeclared(ROOT)).toEqual([])
  })

  it.each([
    ['nothing at all', ''],
    [
      'a bare handler',
      `import { defineEventHandler } from 'h3'\nexport default defineEventHandler(() => 'open')`,
    ],
    ['a function', `export default () => 'open'`],
    ['a handler with something else attached', `export default Object.assign(() => 'open', { meta: {} })`],
    ['words in a comment', `// defineEndpoint({ access: 'member' })\nexport default () => 'open'`],
    [
      'a function of that name from elsewhere',
      `const defineEndpoint = (x) => x\nexport default defineEndpoint({ access: 'member' })`,
    ],
    [
      'a declaration without access',
      `import { defineEndpoint } from '#server/http/define-endpoint.ts'\nexport default defineEndpoint({ handler: () => 1 })`,
    ],
  ])('are noticed with %s', (_, source) => {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-doors-'))
    try {
      const folder = path.join(root, 'server/api/v1/orgs/[org]')
      fs.mkdirSync(folder, { recursive: true })
      fs.writeFileSync(path.join(folder, 'bare.get.ts'), source)
      fs.writeFileSync(
        path.join(folder, 'good.get.ts'),
        `import { defineEndpoint } from '#server/http/define-endpoint.ts'\nexport default defineEndpoint({ access: 'member', handler: () => 1 })`,
      )
      expect(undeclared(root)).toEqual(['server/api/v1/orgs/[org]/bare.get.ts'])
    } finally {
      fs.rmSync(root, { recursive: true })
    }
  })
})
