#!/usr/bin/env node
// Speaks the Prisma schema engine's JSON-RPC protocol on stdio and answers from the official WASM build,
// so that the Prisma CLI needs no downloaded binary (PRISMA_SCHEMA_ENGINE_BINARY points here).
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import { PrismaPg } from '@prisma/adapter-pg'
import * as wasm from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'

let panic
globalThis.PRISMA_WASM_PANIC_REGISTRY = {
  set_message(m) {
    panic = m
  },
}
const wasmFile = fileURLToPath(import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg')).replace(
  /\.js$/,
  '.wasm',
)
const module_ = new WebAssembly.Module(readFileSync(wasmFile))
const instance = new WebAssembly.Instance(module_, { './schema_engine_bg.js': wasm })
wasm.__wbg_set_wasm(instance.exports)
instance.exports.__wbindgen_start()

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    datamodels: { type: 'string', multiple: true },
    datasource: { type: 'string' },
    'enabled-preview-features': { type: 'string' },
    'extension-types': { type: 'string' },
  },
})
if (positionals.includes('--version') || values.version) {
  console.log('schema-engine-cli', wasm.version?.() ?? 'wasm')
  process.exit(0)
}
const url = values.datasource ? JSON.parse(values.datasource).url : process.env.DATABASE_URL

if (positionals[0] === 'cli') {
  // can-connect-to-database / create-database
  const target = new URL(url)
  const name = target.pathname.slice(1)
  const log = (level, fields) =>
    process.stderr.write(`\n${JSON.stringify({ level, target: 'schema_engine::logger', fields })}\n`)
  const connect = async (u) => {
    const c = new pg.Client({ connectionString: u.href })
    await c.connect()
    return c
  }
  try {
    if (positionals[1] === 'create-database') {
      const admin = new URL(target)
      admin.pathname = '/postgres'
      const c = await connect(admin)
      await c.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`)
      await c.end()
    } else {
      const c = await connect(target)
      await c.end()
    }
    log('INFO', { message: 'ok' })
    process.exit(0)
  } catch (e) {
    log('ERROR', { error_code: e.code === '3D000' ? 'P1003' : 'P1001', message: e.message })
    process.exit(1)
  }
}

function poolConfig(u) {
  const x = new URL(u)
  return {
    host: x.searchParams.get('host') ?? x.hostname, // the embedded server's socket directory stands in the query
    port: Number(x.port || 5432),
    user: decodeURIComponent(x.username),
    password: decodeURIComponent(x.password),
    database: decodeURIComponent(x.pathname.slice(1)),
  }
}
// Discrete fields, not connectionString: pg lets connectionString win over `database`, which would make the shadow database the real one.
// What the schema engine needs of adapter-pg beyond what the client needs:
//  - the system catalogues' internal "char" type (oid 18), which adapter-pg refuses;
//  - scripts sent whole: its own executeScript splits at every ';', also inside function bodies, and is not atomic.
const CHAR = 18,
  TEXT = 25
function extend(queryable) {
  const performIO = queryable.performIO.bind(queryable),
    queryRaw = queryable.queryRaw.bind(queryable)
  let chars = []
  queryable.performIO = async (query) => {
    const result = await performIO(query)
    chars = []
    result.fields?.forEach((field, i) => {
      if (field.dataTypeID === CHAR) {
        field.dataTypeID = TEXT
        chars.push(i)
      }
    })
    return result
  }
  queryable.queryRaw = async (query) => {
    const result = await queryRaw(query)
    for (const i of chars) result.columnTypes[i] = ColumnTypeEnum.Character
    return result
  }
  queryable.executeScript = async (script) => {
    try {
      await queryable.client.query(script)
    } catch (e) {
      queryable.onError(e)
    }
  }
  if (queryable.startTransaction) {
    const startTransaction = queryable.startTransaction.bind(queryable)
    queryable.startTransaction = async (...args) => extend(await startTransaction(...args))
  }
  return queryable
}
const shadows = new Set()
class SchemaAdapter extends PrismaPg {
  async connect() {
    return extend(await super.connect())
  }
  async connectToShadowDb() {
    const database = `prisma_migrate_shadow_db_${crypto.randomUUID()}`
    const admin = new pg.Client(this.config)
    await admin.connect()
    await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(database)} TEMPLATE template0`)
    const inner = new PrismaPg({ ...this.config, database })
    const adapter = extend(await inner.connect())
    const dispose = adapter.dispose.bind(adapter)
    adapter.dispose = async () => {
      if (!shadows.delete(adapter)) return
      await dispose()
      await admin.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(database)} WITH (FORCE)`)
      await admin.end()
    }
    shadows.add(adapter)
    return adapter
  }
}

const datamodels = (values.datamodels ?? []).map((f) => [f, readFileSync(f, 'utf8')])
let engine
async function getEngine() {
  return (engine ??= await wasm.SchemaEngine.new(
    { datamodels: datamodels.length ? datamodels : undefined },
    () => {},
    bindMigrationAwareSqlAdapterFactory(new SchemaAdapter(poolConfig(url))),
  ))
}
const rename = { getDatabaseVersion: 'version' }
let seq = 1e6
let current
process.on('uncaughtException', async (err) => {
  // a panic of the engine: wasm traps outside the awaited promise
  const message = panic ?? String(err?.stack ?? err)
  send({
    id: current,
    error: { code: 4467, message, data: { is_panic: false, message, error_code: null, meta: null } },
  })
  for (const s of shadows) await s.dispose().catch(() => {})
  process.exit(1)
})
const send = (m) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\n')
let chain = Promise.resolve()
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const msg = JSON.parse(line)
    if (!msg.method) return
    chain = chain.then(async () => {
      current = msg.id
      try {
        const e = await getEngine()
        const result = await e[rename[msg.method] ?? msg.method](msg.params)
        if (msg.method === 'diff' && result?.stdout)
          send({ id: seq++, method: 'print', params: { content: result.stdout } })
        send({ id: msg.id, result: result ?? {} })
      } catch (err) {
        send({
          id: msg.id,
          error: {
            code: 4466,
            message: panic ?? String(err?.message ?? err),
            data: {
              is_panic: false,
              message: panic ?? String(err?.message ?? err),
              error_code: err?.code ?? null,
              meta: null,
            },
          },
        })
      }
    })
  })
  .on('close', quit)
process.on('SIGTERM', quit) // the CLI ends stdin and sends SIGTERM at the same moment
let quitting
function quit() {
  quitting ??= chain.finally(async () => {
    for (const s of shadows) await s.dispose()
    process.exit(0)
  })
}
