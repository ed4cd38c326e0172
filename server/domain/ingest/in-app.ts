// Is a frame the user's own code? Asked only when the SDK did not say. Not frozen with the grouping: it decides a field
// of the event. Still, a changed rule regroups the events of SDKs that leave the question open, so changes are rare.
import * as rules from './in-app-rules.ts'
import type { FrameOrigin, IsForeign } from './in-app-rules.ts'

const { node, browser, python, java, ruby, go, php, dotnet, rust, native, elixir, dart, perl } = rules

const RULES: ReadonlyMap<string, IsForeign> = new Map([
  ['node', node],
  ['bun', node],
  ['deno', node],
  ['javascript', browser],
  ['python', python],
  ['java', java],
  ['kotlin', java],
  ['android', java],
  ['groovy', java],
  ['scala', java],
  ['ruby', ruby],
  ['go', go],
  ['php', php],
  ['csharp', dotnet],
  ['dotnet', dotnet],
  ['rust', rust],
  ['native', native],
  ['c', native],
  ['cocoa', native],
  ['objc', native],
  ['swift', native],
  ['elixir', elixir],
  ['dart', dart],
  ['perl', perl],
])

/** The default for a platform; an unknown one has no library code we could tell. */
export function isInApp(platform: string, frame: FrameOrigin): boolean {
  return RULES.get(platform)?.(frame) !== true
}
