// `npm run cluster -- 3`: several nodes on this machine, one PostgreSQL, and a small proxy in front, to see what a mesh
// does: send events, look from several windows, end a process and watch. PostgreSQL is the embedded one unless
// DATABASE_URL names another. SIGUSR2, or `r` and Enter, restarts one node after the other as an upgrade would.
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { parseConfig } from '#shared/schemas/config.ts'
import { DEFAULT_ENTRY, freePort } from '../bench/app.ts'
import { plural, say, step } from '../launcher/console.ts'
import { LauncherError } from '../launcher/launcher-error.ts'
import { prepareDatabase } from '../launcher/prepare-database.ts'
import { ClusterNode } from './cluster/cluster-node.ts'
import { startProxy, type Proxy } from './cluster/proxy.ts'
import { onClose, runProgram } from './run-program.ts'

const HELP = `npm run cluster -- [nodes] [options]
  nodes         how many node processes (3)
  Configured by the same environment variables as npm start; PORT is the proxy's.`
const MOST_NODES = 16

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', default: false } },
  })
  if (values.help) return void console.log(HELP)
  const count = Number(positionals[0] ?? 3)
  if (!(Number.isInteger(count) && count >= 1 && count <= MOST_NODES))
    throw new LauncherError(`How many nodes? A whole number from 1 to ${MOST_NODES}.`)
  const parsed = parseConfig(process.env)
  if (!parsed.ok) throw new LauncherError(parsed.problems.join('\n'))
  const { config } = parsed
  if (!fs.existsSync(DEFAULT_ENTRY)) throw new LauncherError(`${DEFAULT_ENTRY} is missing: npm run build`)

  const database = await prepareDatabase(config, say, {
    onEmbedded: (postgres) => onClose(() => postgres.stop()),
  })
  const failed: PromiseWithResolvers<never> = Promise.withResolvers()
  failed.promise.catch(() => {}) // awaited below
  const nodes: ClusterNode[] = []
  const proxy = await startProxy(config.port, () => nodes.map(({ port }) => port))
  onClose(() => proxy.close())
  for (let i = 0; i < count; i++) {
    nodes.push(
      new ClusterNode({
        name: `Node ${i + 1}`,
        entry: DEFAULT_ENTRY,
        port: await freePort(),
        directory: path.resolve(config.dataDir, 'cluster', String(i + 1)),
        database: { url: database.url, secret: database.secret! }, // there, because the database is
        env: {
          MESHER_NODE_INDEX: String(i),
          MESHER_PUBLIC_URL: config.publicUrlIsSet ? config.publicUrl : `http://127.0.0.1:${config.port}`,
        },
        say,
        onExhausted: failed.reject,
      }),
    )
  }
  onClose(() => Promise.all(nodes.map((node) => node.stop())))
  await step(
    `Starting ${plural(count, 'node')}`,
    () => Promise.all(nodes.map((node) => node.start())),
    () => nodes.map(({ port, pid }, i) => `node ${i + 1}: port ${port}, process ${pid}`).join('; '),
  )
  let restarting = false
  const restart = async () => {
    if (restarting) return
    restarting = true
    await rollingRestart(nodes, proxy).catch(failed.reject)
    restarting = false
  }
  process.on('SIGUSR2', () => void restart())
  process.stdin.on('data', (typed) => typed.toString().trim() === 'r' && void restart())
  say('')
  say(`Mesher is running on ${plural(count, 'node')}: http://127.0.0.1:${config.port}`)
  say('The mesh is shown on the System page. r and Enter: restart one after the other. Stop: Ctrl-C')
  await failed.promise
}

/** Each is taken out of the proxy, leaves the mesh, comes back and is given work again, before the next goes. */
async function rollingRestart(nodes: readonly ClusterNode[], proxy: Proxy): Promise<void> {
  for (const [i, node] of nodes.entries()) {
    await step(
      `Restarting node ${i + 1}`,
      async () => {
        await proxy.drain(node.port)
        await node.stop()
        await node.start()
        proxy.undrain(node.port)
      },
      () => `Node ${i + 1} is back, process ${node.pid}`,
    )
  }
}

await runProgram(main)
