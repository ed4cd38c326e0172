import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { startEmbeddedPostgres } from '../../launcher/embedded-postgres.ts'
import { LauncherError } from '../../launcher/launcher-error.ts'
import { programVersion } from '../../launcher/root.ts'
import { verifyArchive } from '../backup/archive.ts'
import { migrationsOf, restoreBackup } from '../backup/restore-backup.ts'
import { mebibytes, writeBackup } from '../backup/write-backup.ts'
import { runningDatabase } from '../demo/connect.ts'
import type { Config } from '#shared/schemas/config.ts'
import { waitingInSpool } from '../doctor/spool.ts'
import { defineCommand, type Surroundings } from './command.ts'

const file = z.string().min(1)

/** As it is: saving comes before an upgrade, so nothing is migrated here. */
async function existingDatabase({ config, say, onClose }: Surroundings): Promise<string> {
  const dataDirectory = path.resolve(config.dataDir)
  const there = config.databaseUrl ?? runningDatabase(dataDirectory)
  if (there) return there
  if (!fs.existsSync(path.join(dataDirectory, 'postgres', 'PG_VERSION')))
    throw new LauncherError(
      `There is no database in ${dataDirectory}. Set MESHER_DATA_DIR or DATABASE_URL as for the server.`,
    )
  return started(dataDirectory, { say, onClose })
}

async function started(
  dataDirectory: string,
  { say, onClose }: Pick<Surroundings, 'say' | 'onClose'>,
): Promise<string> {
  const embedded = await startEmbeddedPostgres({ dataDirectory, say })
  onClose(() => embedded.stop())
  return embedded.url()
}

/** Acknowledged, and not in the database yet. */
function spoolWarning({ dataDir }: Config): string[] {
  const { bytes } = waitingInSpool(path.resolve(dataDir))
  if (bytes === 0) return []
  return [
    `Not in it: ${mebibytes(bytes)} of events that wait in ${path.join(dataDir, 'spool')} for the database.`,
  ]
}

export const backupCommands = {
  backup: defineCommand({
    summary: 'Save everything into one file, also while Mesher runs',
    help: { file: 'a new file, or a directory to make one in' },
    input: z.object({ file }),
    word: 'file',
    alone: true,
    async run({ file: target }, around) {
      const began = performance.now()
      const url = await existingDatabase(around)
      const made = await writeBackup({ url, version: programVersion(), target, say: around.say })
      const seconds = (performance.now() - began) / 1000
      return {
        data: {
          ...made,
          seconds: Math.round(seconds * 10) / 10,
          waitingInSpool: waitingInSpool(path.resolve(around.config.dataDir)).bytes,
        },
        lines: [
          `Saved ${made.rows} rows of ${made.tables} tables in ${seconds.toFixed(1)} s: ${made.file} (${mebibytes(made.bytes)})`,
          'It holds password hashes and the secret of this installation: keep it as safe as the database.',
          ...(around.config.secret ? ['MESHER_SECRET is set by you and not in it: keep it as well.'] : []),
          ...spoolWarning(around.config),
        ],
      }
    },
  }),
  'backup verify': defineCommand({
    summary: 'Read a backup to its end and say whether it is whole',
    help: { file: 'the backup' },
    input: z.object({ file }),
    word: 'file',
    alone: true,
    async run({ file: from }) {
      const { header, tables, rows } = await verifyArchive(from)
      return {
        data: { file: from, whole: true, version: header.version, madeAt: header.madeAt, tables, rows },
        lines: [
          `${from} is whole: ${rows} rows of ${tables} tables, made ${header.madeAt} by Mesher ${header.version}`,
        ],
      }
    },
  }),
  restore: defineCommand({
    summary: 'Bring a backup back into an empty installation; Mesher must not run',
    help: { file: 'the backup', replace: 'remove all that is there' },
    input: z.object({ file, replace: z.boolean().default(false) }),
    flags: ['replace'],
    word: 'file',
    alone: true,
    async run({ file: from, replace }, around) {
      const began = performance.now()
      around.say('… verifying the file')
      const { header } = await verifyArchive(from)
      migrationsOf(header) // refused before anything is started
      const { databaseUrl, dataDir } = around.config
      const url = databaseUrl ?? (await started(path.resolve(dataDir), around))
      const restored = await restoreBackup({ url, file: from, replace, say: around.say })
      const seconds = (performance.now() - began) / 1000
      return {
        data: {
          ...restored,
          madeAt: header.madeAt,
          version: header.version,
          seconds: Math.round(seconds * 10) / 10,
        },
        lines: [
          `Restored ${restored.rows} rows of ${restored.tables} tables as of ${header.madeAt} in ${seconds.toFixed(1)} s`,
          ...(restored.migrated.length > 0
            ? [`Migrated from Mesher ${header.version}: ${restored.migrated.length} steps`]
            : []),
        ],
      }
    },
  }),
}
