// `npm test`: all suites one after the other, cheapest first, and one line at the end: "N passed, N failed".
//   npm test                   everything
//   npm test -- unit e2e       these
import { runSuites, SUITES, type Suite } from './test-suites.ts'

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(SUITES as readonly string[]).includes(name))
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}; there are ${SUITES.join(', ')}.`)
  process.exit(1)
}
const suites = asked.length > 0 ? (asked as Suite[]) : SUITES

const { passed, failed } = await runSuites(suites)
// exitCode, not exit(): what is still being written to a pipe gets out.
process.exitCode = failed > 0 ? 1 : 0
console.log(`${passed} passed, ${failed} failed`)
