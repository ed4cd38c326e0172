import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Nitro, NitroConfig } from 'nitropack/types'

/** What the server that is built here needs of its database; it waits for it (server/plugins/boot.ts). */
const newestMigration = fs
  .readdirSync(new URL('./prisma/migrations/', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort()
  .at(-1)

/** A form's schema brings the library that checks it: it goes with its form, not with what every page loads. */
const isNoSchema = (id: string) => !/[\\/]shared[\\/]schemas[\\/]/.test(id)

export default defineNuxtConfig({
  compatibilityDate: '2026-11-01',
  srcDir: '.',
  buildDir: '.nuxt',
  serverDir: 'server',
  dir: { public: 'public' },
  modules: ['@nuxt/ui', '@nuxt/eslint'],
  css: ['~/assets/css/main.css'],
  devtools: { enabled: false },
  telemetry: false,
  ssr: true,
  // Our own words are imported by name; only Vue's vocabulary and component tags stay automatic (house rule).
  imports: { scan: false },
  experimental: {
    nitroAutoImports: false,
    // What a link leads to is fetched when it is pointed at or focused: by mere sight a page fetched the whole application.
    defaults: { nuxtLink: { prefetchOn: { visibility: false, interaction: true } } },
  },
  ui: { fonts: false },
  // It would write a style sheet into the page, which the page's security policy forbids.
  colorMode: { disableTransition: false },
  icon: {
    provider: 'none',
    fallbackToApi: false,
    serverBundle: { collections: ['lucide'] },
    clientBundle: { scan: true, sizeLimitKb: 512 },
  },
  typescript: {
    strict: true,
    tsConfig: {
      compilerOptions: {
        erasableSyntaxOnly: true,
        allowImportingTsExtensions: true,
        noUncheckedIndexedAccess: true,
      },
      exclude: [
        '../tests',
        '../bench',
        '../scripts',
        '../launcher',
        '../prisma',
        '../packages',
        '../*.config.ts',
      ],
    },
  },
  // Our own entry: owners for requests, no stray socket upgrades, our order of shutting down.
  $production: {
    nitro: {
      entry: fileURLToPath(new URL('./server/main.ts', import.meta.url)),
    } satisfies NitroConfig as object,
  },
  vite: {
    $client: {
      build: {
        rolldownOptions: {
          // A chunk for what nearly every page needs, and one for what many do: left alone, a page was a hundred little
          // requests. Charts and the checking of forms are large, and most pages have neither.
          output: {
            codeSplitting: {
              groups: [
                { name: 'charts', test: /node_modules[\\/](echarts|zrender)[\\/]/, priority: 2 },
                { name: 'checks', test: /node_modules[\\/]zod[\\/]/, priority: 2 },
                { name: 'common', test: isNoSchema, minShareCount: 24, priority: 1 },
                { name: 'shared', test: isNoSchema, minShareCount: 12 },
              ],
            },
          },
        },
      },
    },
  },
  hooks: {
    // A thread has a program of its own: one that shared the server's pieces would start the server in them.
    'nitro:init'(started) {
      const nitro = started as unknown as Nitro // the hook's own type knows less than the framework gives
      if (nitro.options.dev) return
      nitro.hooks.hook('compiled', async () => {
        await build({
          entryPoints: [fileURLToPath(new URL('./server/preparer-thread.ts', import.meta.url))],
          outfile: path.join(nitro.options.output.serverDir, 'preparer-thread.mjs'),
          ...{
            bundle: true,
            platform: 'node',
            format: 'esm',
            target: 'node24',
            sourcemap: true,
            logLevel: 'warning',
          },
        })
      })
    },
    // Chunks that may be needed some time: fetched when they are.
    'build:manifest'(manifest) {
      for (const chunk of Object.values(manifest)) chunk.dynamicImports = []
    },
    // Under /api every error leaves in the API's own words; what is left is for the framework's error page.
    'nitro:config'(options) {
      const config = options as NitroConfig // the hook's own type does not know the framework's options
      const ours = fileURLToPath(new URL('./server/http/error-handler.ts', import.meta.url))
      config.errorHandler = [ours, ...[config.errorHandler ?? []].flat()]
    },
  },
  nitro: {
    preset: 'node-server',
    // Made once at the build; who installs it need not put a proxy in front.
    compressPublicAssets: { gzip: true, brotli: true },
    replace: { __NEWEST_MIGRATION__: JSON.stringify(newestMigration) },
    // It runs on the Node it brings: private fields stay private fields (lowered to WeakMaps they cost a tenth of an event).
    esbuild: { options: { target: 'es2024' } },
    typescript: {
      tsConfig: {
        compilerOptions: {
          erasableSyntaxOnly: true,
          allowImportingTsExtensions: true,
          noUncheckedIndexedAccess: true,
          noEmit: true,
        },
      },
    },
  } satisfies NitroConfig as object,
})
