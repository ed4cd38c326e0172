// The test suites and how their results are counted. Each runner writes a report beside its own output; what counts is
// the report together with the exit code, so that a crash of the runner is a failure as well.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { ensureBrowser } from './find-browser.ts'

export const SUITES = ['unit', 'architecture', 'integration', 'e2e'] as const
export type Suite = (typeof SUITES)[number]

export interface Tally {
  passed: number
  failed: number
  skipped: number
}

const ROOT = path.join(import.meta.dirname, '..')
const REPORTS = path.join(ROOT, 'tests', '.artifacts')
const program = (...parts: string[]) => path.join(ROOT, 'node_modules', ...parts)

/** Runs suites one after the other with their output on the screen, and a line for each at the end. */
export async function runSuites(suites: readonly Suite[]): Promise<{ passed: number; failed: number }> {
  const lines: string[] = []
  const sum = { passed: 0, failed: 0 }
  for (const suite of suites) {
    console.log(`\n── ${suite} ──`)
    const began = performance.now()
    const { passed, failed, skipped } = await runSuite(suite)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    const left = skipped ? `, ${skipped} skipped` : ''
    lines.push(`${suite.padEnd(13)} ${passed} passed, ${failed} failed${left} (${seconds} s)`)
    sum.passed += passed
    sum.failed += failed
  }
  console.log(`\n${lines.join('\n')}`)
  return sum
}

async function runSuite(suite: Suite): Promise<Tally> {
  const report = path.join(REPORTS, `${suite}.json`)
  fs.mkdirSync(REPORTS, { recursive: true })
  fs.rmSync(report, { force: true })
  if (suite === 'e2e') {
    const browser = ensureBrowser((line) => console.log(line))
    if ('problem' in browser) {
      console.error(browser.problem)
      return { passed: 0, failed: 1, skipped: 0 }
    }
  }
  const code = suite === 'e2e' ? await playwright(report) : await vitest(suite, report)
  return judge(suite, readReport(suite, report), code)
}

const vitest = (suite: Suite, report: string) =>
  runNode([
    ...[program('vitest', 'vitest.mjs'), 'run', '--project', suite],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  ])

const playwright = (report: string) =>
  runNode([program('@playwright', 'test', 'cli.js'), 'test', '--reporter=list,json'], {
    PLAYWRIGHT_JSON_OUTPUT_NAME: report,
  })

/** The tests alone decide what they set; what an operator exported for `npm start` stays outside. */
function runNode(args: string[], env: Record<string, string> = {}): Promise<number> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(MESHER_|NITRO_|DATABASE_URL$|PORT$|HOST$)/.test(name),
  )
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: 'inherit',
    })
    child.on('error', (error) => {
      console.error(error)
      resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

interface VitestReport {
  testResults: { status: string; assertionResults: { status: string }[] }[]
}
interface PlaywrightReport {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
}

function readReport(suite: Suite, file: string): Tally | null {
  try {
    const report: unknown = JSON.parse(fs.readFileSync(file, 'utf8'))
    return suite === 'e2e' ? countPlaywright(report as PlaywrightReport) : countVitest(report as VitestReport)
  } catch {
    return null
  }
}

const countPlaywright = ({ stats }: PlaywrightReport): Tally => ({
  passed: stats.expected + stats.flaky,
  failed: stats.unexpected,
  skipped: stats.skipped,
})

export function countVitest({ testResults }: VitestReport): Tally {
  const statuses = testResults.flatMap((file) => file.assertionResults.map((test) => test.status))
  const count = (status: string) => statuses.filter((one) => one === status).length
  // A file that cannot even be loaded has no tests to fail.
  const broken = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  const passed = count('passed')
  const failed = count('failed')
  return { passed, failed: failed + broken.length, skipped: statuses.length - passed - failed }
}

/** No report, no test or a bad exit code without a failed test: each is one failure more. */
function judge(suite: Suite, tally: Tally | null, code: number): Tally {
  const counted = tally ?? { passed: 0, failed: 0, skipped: 0 }
  if (counted.passed + counted.failed === 0) {
    console.error(`The suite ${suite} ran no test at all.`)
    return { ...counted, failed: 1 }
  }
  if (code !== 0 && counted.failed === 0) {
    console.error(`The suite ${suite} ended with code ${code} although no test failed.`)
    return { ...counted, failed: 1 }
  }
  return counted
}
