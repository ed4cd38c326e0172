// The list of tested clients in the documentation is that of `npm run compat`.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { CLIENTS } from '../../../../scripts/compat/clients.ts'

const DOCUMENT = path.join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'clients.md')

it('docs/clients.md lists the clients that are run, with the versions from npm', () => {
  const rows = readFileSync(DOCUMENT, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (client |-)/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  expect(rows.map(([, client]) => client)).toEqual(CLIENTS.map(({ name }) => name))
  CLIENTS.forEach((client, index) => {
    const [, , version, from] = rows[index]!
    if (client.from === 'npm') expect(version).toBe(client.version)
    else expect(from).toContain(client.packages[0])
  })
})
