// For developers' Prisma commands only: production applies prisma/migrations/* with the launcher's own runner and
// needs neither this CLI nor an engine. The engine is the WASM build from npm, driven by scripts/schema-engine.mjs:
// the CLI would otherwise download a binary at every call, `generate` included.
import path from 'node:path'
import { defineConfig } from 'prisma/config'

process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= path.join(import.meta.dirname, 'scripts/schema-engine.mjs')

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // `generate` and `validate` never connect; a placeholder keeps them from asking for a database.
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://mesher@127.0.0.1:5432/mesher' },
})
