// `npm run check`: form, sense, types and import rules, then all tests. Goes on after a failure, so that one run shows
// everything; each check counts as one in the last line. With --no-tests the tests are left to `npm test`.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { runSuites, SUITES } from './test-suites.ts'

const ROOT = path.join(import.meta.dirname, '..')
const program = (...parts: string[]) => path.join(ROOT, 'node_modules', ...parts)
const ROOMS = [
  'server',
  'shared',
  'components',
  'composables',
  'utils',
  'pages',
  'layouts',
  'middleware',
  'launcher',
]

const CHECKS: { name: string; args: string[]; advice: string }[] = [
  {
    name: 'format',
    args: [program('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level=warn', '.'],
    advice: 'npm run format puts it right.',
  },
  {
    name: 'lint',
    args: [program('eslint', 'bin', 'eslint.js'), '.'],
    advice: 'npm run lint -- --fix puts much of it right.',
  },
  { name: 'types', args: [program('nuxt', 'bin', 'nuxt.mjs'), 'typecheck'], advice: 'npm run typecheck' },
  {
    name: 'boundaries',
    args: [
      ...[
        program('dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
        '--config',
        'dependency-cruiser.config.cjs',
      ],
      ...ROOMS,
    ],
    advice: 'Each rule in dependency-cruiser.config.cjs says why it is there.',
  },
]

let failedChecks = 0
for (const { name, args, advice } of CHECKS) {
  console.log(`\n── ${name} ──`)
  const began = performance.now()
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' })
  const took = `${((performance.now() - began) / 1000).toFixed(1)} s`
  console.log(status === 0 ? `✓ ${name} (${took})` : `✗ ${name} (${took}). ${advice}`)
  if (status !== 0) failedChecks++
}

const { passed, failed } = process.argv.includes('--no-tests')
  ? { passed: 0, failed: 0 }
  : await runSuites(SUITES)
const sum = { passed: passed + CHECKS.length - failedChecks, failed: failed + failedChecks }
process.exitCode = sum.failed > 0 ? 1 : 0
console.log(`${CHECKS.length - failedChecks} of ${CHECKS.length} checks passed`)
console.log(`${sum.passed} passed, ${sum.failed} failed`)
