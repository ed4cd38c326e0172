// A page with a client's program in it, bundled as a build tool would, served from an origin of its own and opened in
// the real Chromium until its events have arrived.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { LauncherError } from '../../launcher/launcher-error.ts'
import { ensureBrowser } from '../find-browser.ts'

export interface Page {
  /** The program's file, in a folder where its imports are found. */
  program: string
  dsn: string
  untilArrived(): Promise<void>
}

/** @returns what the page wrote to its console */
export async function visitPage({ program, dsn, untilArrived }: Page): Promise<string> {
  const script = await bundle(program)
  const server = http.createServer((request, response) => {
    if (request.url === '/shop.js') {
      response.setHeader('content-type', 'text/javascript').end(script)
      return
    }
    response.setHeader('content-type', 'text/html').end(
      `<!doctype html><div id="app"></div>
<script>window.SENTRY_DSN = ${JSON.stringify(dsn)}</script><script src="/shop.js"></script>`,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({ executablePath: browserPath() })
  try {
    const written: string[] = []
    const page = await browser.newPage()
    page.on('console', (message) => written.push(message.text()))
    page.on('pageerror', (error) => written.push(String(error)))
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await untilArrived()
    return written.join('\n')
  } finally {
    await browser.close()
    server.closeAllConnections()
    server.close()
  }
}

async function bundle(program: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [program],
    bundle: true,
    write: false,
    format: 'iife',
    define: {
      'process.env.NODE_ENV': '"production"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
  })
  return outputFiles[0]!.text
}

function browserPath(): string {
  const browser = ensureBrowser((line) => console.log(line))
  if ('problem' in browser) throw new LauncherError(browser.problem)
  return browser.path
}
