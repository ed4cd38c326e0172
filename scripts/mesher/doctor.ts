import fs from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { z } from 'zod'
import { startEmbeddedPostgres } from '../../launcher/embedded-postgres.ts'
import { bad, warn, type Finding } from '../doctor/check.ts'
import { checkDatabase } from '../doctor/database.ts'
import {
  checkAddresses,
  checkDataDirectory,
  checkDisk,
  checkMemory,
  checkServer,
  checkSpool,
} from '../doctor/machine.ts'
import { runningDatabase } from '../demo/connect.ts'
import { defineCommand, type Surroundings } from './command.ts'
import { EXIT_CODES } from './help.ts'

const MARK = { ok: '✓', warn: '!', bad: '✗' } as const

export const doctorCommands = {
  doctor: defineCommand({
    summary: 'Look at everything an installation needs and say what to do',
    help: {},
    input: z.object({}),
    alone: true,
    async run(_, around) {
      const { config } = around
      const findings = [
        ...checkDataDirectory(config),
        checkDisk(config),
        checkMemory(config),
        ...checkAddresses(config),
        ...(await checkServer(config)),
        ...(await lookAtDatabase(around)),
        checkSpool(config),
      ]
      const broken = findings.filter(({ state }) => state === 'bad').length
      const doubtful = findings.filter(({ state }) => state === 'warn').length
      return {
        data: { ok: broken === 0, findings },
        lines: [
          ...findings.flatMap(({ check, state, says, advice }) => [
            `${MARK[state]} ${check.padEnd(14)} ${says}`,
            ...(advice ? [`  ${''.padEnd(14)} → ${advice}`] : []),
          ]),
          '',
          broken + doubtful === 0
            ? 'All is well.'
            : `${broken} to put right (✗), ${doubtful} to know of (!).`,
        ],
        exitCode: broken > 0 ? EXIT_CODES.unwell : 0,
      }
    },
  }),
}

async function lookAtDatabase({ config, say, onClose }: Surroundings): Promise<Finding[]> {
  const dataDirectory = path.resolve(config.dataDir)
  let client: pg.Client | undefined
  try {
    let url = config.databaseUrl ?? runningDatabase(dataDirectory)
    if (!url) {
      if (!fs.existsSync(path.join(dataDirectory, 'postgres', 'PG_VERSION')))
        return [
          warn('PostgreSQL', 'there is no database yet', 'The first start makes it. Or restore a backup.'),
        ]
      const embedded = await startEmbeddedPostgres({ dataDirectory, say })
      onClose(() => embedded.stop())
      url = embedded.url()
    }
    client = new pg.Client({
      connectionString: url,
      application_name: 'mesher doctor',
      connectionTimeoutMillis: 5_000,
      statement_timeout: 30_000,
    })
    client.on('error', () => {})
    await client.connect()
    return await checkDatabase(client, config)
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    return [
      bad(
        'PostgreSQL',
        `cannot be looked at: ${message || code}`,
        config.databaseUrl
          ? 'Is it running, and does DATABASE_URL name it? Events are spooled meanwhile, as long as there is room.'
          : `Look at ${path.join(dataDirectory, 'postgres.log')}.`,
      ),
    ]
  } finally {
    await client?.end()
  }
}
