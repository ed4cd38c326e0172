// What a report of the story is in a client's dialect.
import type { Dialect } from './clients.ts'
import { REPORTS, SURROUNDINGS, type Report, type ReportName, type Surroundings } from './story.ts'

export interface Expected extends Report, Surroundings {
  platform: string
  /** As the client calls itself. */
  sdkVersion: string
  /** Texts that may be shown nowhere. */
  hidden: string[]
}

export function expectationOf(dialect: Dialect, name: ReportName, sdkVersion: string): Expected {
  const { platform, type = same, call = same, stacks = {}, hidden = [] } = dialect
  const report = { ...REPORTS[name], ...dialect.reports?.[name] }
  return {
    ...SURROUNDINGS,
    ...dialect.surroundings,
    ...report,
    exceptions: report.exceptions.map((thrown) => ({
      ...thrown,
      type: type(thrown.type),
      calls: thrown.type in stacks ? stacks[thrown.type]! : (thrown.calls?.map(call) ?? null),
    })),
    platform,
    sdkVersion,
    hidden,
  }
}

const same = (name: string) => name
