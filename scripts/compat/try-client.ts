// One client against one project: runs it, waits for its events, and says what of them is not as told.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { until } from '../../tests/support/until.ts'
import type { Client } from './clients.ts'
import { compare } from './compare.ts'
import { expectationOf } from './expectation.ts'
import type { Mesher, Shown } from './mesher.ts'

const ARRIVAL_MS = 20_000

export interface Verdict {
  sent: number
  /** Of those sent. */
  shown: number
  differences: string[]
  /** What the client's program wrote. */
  output: string
}

export async function tryClient(client: Client, version: string, mesher: Mesher): Promise<Verdict> {
  const project = await mesher.makeProject(`${client.name} ${version}`)
  const sent = client.tells.length
  const untilArrived = async () => {
    const allThere = async () => (await mesher.countEvents(project)) >= sent
    // Late is no reason to stop here: which of them are missing is said by the comparison.
    await until(allThere, ARRIVAL_MS).catch(() => undefined)
  }
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-compat-'))
  try {
    const output = await client.send({ dsn: project.dsn, home, untilArrived })
    await untilArrived()
    return { sent, output, ...judge(client, version, await mesher.readEvents(project)) }
  } catch (error) {
    return { sent, shown: 0, differences: [`it could not be tried: ${(error as Error).message}`], output: '' }
  } finally {
    fs.rmSync(home, { recursive: true, force: true })
  }
}

function judge(client: Client, version: string, events: Shown[]): Pick<Verdict, 'shown' | 'differences'> {
  const differences: string[] = []
  const left = new Set(events)
  const issues = new Set<string>()
  for (const name of client.tells) {
    const expected = expectationOf(client.dialect, name, version)
    const text = expected.message ?? expected.exceptions.at(-1)!.value
    const shown = [...left].find(({ issue }) => issue.title.includes(text))
    if (!shown) {
      differences.push(`${name}: is not there`)
      continue
    }
    left.delete(shown)
    if (issues.has(shown.issue.id)) differences.push(`${name}: shares its issue with another`)
    issues.add(shown.issue.id)
    differences.push(...compare(expected, shown).map((difference) => `${name}: ${difference}`))
  }
  for (const { issue } of left) differences.push(`not told, and shown: ${issue.title}`)
  return { shown: events.length - left.size, differences }
}
