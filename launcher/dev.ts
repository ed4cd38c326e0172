// `npm run dev`: the same database as `npm start`, and Nuxt's development server on top.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { parseConfig } from '#shared/schemas/config.ts'
import { say } from './console.ts'
import { LauncherError } from './launcher-error.ts'
import { nodeEnvironment } from './node-environment.ts'
import { prepareDatabase } from './prepare-database.ts'

const parsed = parseConfig(process.env)
if (!parsed.ok) {
  console.error(parsed.problems.join('\n'))
  process.exit(1)
}
const { config } = parsed
let nuxt: ReturnType<typeof spawn> | undefined
// Ctrl-C reaches Nuxt as well; when that has ended, the database follows. Before there is a Nuxt, the watchdog sees
// to the database.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => (nuxt ? nuxt.kill(signal) : process.exit(130)))
}

try {
  const database = await prepareDatabase(config, say)
  const program = path.join(import.meta.dirname, '..', 'node_modules', 'nuxt', 'bin', 'nuxt.mjs')
  nuxt = spawn(process.execPath, [program, 'dev', '--host', config.host, '--port', String(config.port)], {
    stdio: 'inherit',
    env: { ...process.env, ...nodeEnvironment(config, database), NODE_ENV: 'development' },
  })
  const code = await new Promise<number>((resolve) => nuxt!.once('exit', (status) => resolve(status ?? 0)))
  await database.embedded?.stop()
  process.exit(code)
} catch (error) {
  console.error(error instanceof LauncherError ? error.message : error)
  process.exit(1)
}
