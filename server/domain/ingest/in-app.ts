// Is a frame the user's own code? Asked only when the SDK did not say. One rule per platform, from where its package
// manager and standard library put files. Not frozen: it decides a field of the event, not the hash's algorithm.

export interface FrameOrigin {
  filename: string | undefined
  absPath: string | undefined
  module: string | undefined
  package: string | undefined
  function: string | undefined
}

type IsForeign = (frame: FrameOrigin) => boolean

const pathContains =
  (...parts: string[]): IsForeign =>
  (frame) =>
    containsAny(frame.absPath, parts) || containsAny(frame.filename, parts)

const pathStarts =
  (...starts: string[]): IsForeign =>
  (frame) =>
    startsWithAny(frame.filename, starts) || startsWithAny(frame.absPath, starts)

const moduleStarts =
  (...starts: string[]): IsForeign =>
  (frame) =>
    startsWithAny(frame.module, starts)

const packageStarts =
  (...starts: string[]): IsForeign =>
  (frame) =>
    startsWithAny(frame.package, starts)

const any =
  (...rules: IsForeign[]): IsForeign =>
  (frame) =>
    rules.some((rule) => rule(frame))

const node = any(
  pathContains('node_modules/', 'node_modules\\'),
  pathStarts('node:', 'internal/', '<anonymous>', 'native'),
  // Node ≤ 14 names its own modules `events.js`, without any path.
  (frame) => frame.absPath === undefined && /^[a-z_]{1,40}\.js$/.test(frame.filename ?? ''),
)

const browser = any(
  pathContains('node_modules/', 'chrome-extension://', 'moz-extension://', 'safari-extension://'),
  pathContains(
    'safari-web-extension://',
    'webkit-masked-url://',
    '[native code]',
    'native code',
    '<anonymous>',
  ),
)

const python = any(
  pathContains(
    'site-packages/',
    'dist-packages/',
    'site-packages\\',
    'lib/python',
    'lib64/python',
    '\\lib\\',
  ),
  pathStarts('<frozen '),
)

const java = moduleStarts(
  ...words(`
    java. javax. jakarta. jdk. sun. com.sun. kotlin. kotlinx. scala. groovy. org.codehaus.groovy. android. androidx.
    com.android. com.google.android. dalvik. libcore. org.springframework. org.apache. org.eclipse.jetty. org.junit.
    org.hibernate. io.netty. io.sentry. reactor. ch.qos.logback. org.slf4j.`),
)

const ruby = any(
  pathContains('/gems/', '/vendor/bundle/', '/lib/ruby/', '/bin/bundle', '/rubies/'),
  pathStarts('<internal:', '(eval'),
  // Rails' backtrace cleaner writes `activesupport (6.1.7) lib/…`.
  (frame) => /^[\w-]{1,80} \(\d[\w.]{0,40}\) /.test(frame.filename ?? ''),
)

const go = any(
  pathContains('/pkg/mod/', '/vendor/', '/go/src/', '/libexec/src/'),
  // The standard library's import paths have no dot in their first part; `main` is the user's.
  (frame) =>
    frame.module !== undefined &&
    frame.module !== 'main' &&
    /^(?:runtime|net|net\/http|os|io|fmt|sync|time|reflect|testing|syscall|context|encoding|database\/sql|internal|errors|strings|bufio|bytes|log|sort|strconv)(?:\/|$)/.test(
      frame.module,
    ),
)

const php = any(pathContains('/vendor/', '\\vendor\\'), pathStarts('[internal]', '[Anonymous]'))

const dotnet = any(
  moduleStarts('System.', 'Microsoft.', 'Windows.', 'Sentry.', 'Mono.'),
  packageStarts('System.', 'Microsoft.', 'mscorlib', 'WindowsBase', 'Presentation', 'netstandard'),
)

const rust = any(
  pathContains('/rustc/', '/.cargo/registry/', '/.cargo/git/', '/rustlib/src/'),
  // Without a path the crate's name is all there is.
  (frame) =>
    /^<?(?:std|core|alloc|rust_begin_unwind|__rust|_start|main$|backtrace|sentry)(?:::|\b)/.test(
      frame.function ?? '',
    ),
)

const APPLE_FRAMEWORKS = new Set(
  words(`
    CoreFoundation Foundation UIKit UIKitCore UIFoundation QuartzCore GraphicsServices CFNetwork CoreData CoreGraphics
    CoreMedia CoreMotion CoreLocation AVFoundation AudioToolbox SwiftUI AttributeGraph WebKit WebCore JavaScriptCore
    FrontBoardServices BackBoardServices Metal GameKit AppKit HIToolbox Security ImageIO OpenGLES SceneKit SpriteKit
    StoreKit MapKit IOKit`),
)

const native = any(
  packageStarts(
    '/usr/lib/',
    '/lib/',
    '/lib64/',
    '/System/',
    '/usr/local/lib/',
    '/apex/',
    '/system/',
    '/vendor/lib',
  ),
  (frame) => /^[a-z]:\\windows\\/i.test(frame.package ?? ''),
  // Apple's crash reports name system libraries without a path.
  (frame) =>
    /^(?:lib[\w.+-]{1,80}\.dylib|dyld)$/.test(frame.package ?? '') ||
    APPLE_FRAMEWORKS.has(frame.package ?? ''),
  pathContains('/XcodeDefault.xctoolchain/', '\\Microsoft Visual Studio\\', '\\vctools\\', '/usr/include/'),
)

const elixir = any(
  pathContains('/deps/', 'lib/elixir/', 'lib/erlang/'),
  moduleStarts(
    'Elixir.Enum',
    'Elixir.GenServer',
    'Elixir.Plug.',
    'Elixir.Phoenix.',
    'gen_server',
    'proc_lib',
  ),
)

const dart = any(pathStarts('dart:', 'package:flutter/'), packageStarts('flutter', 'dart'))

const never: IsForeign = () => false

const RULES: ReadonlyMap<string, IsForeign> = new Map([
  ['node', node],
  ['javascript', browser],
  ['python', python],
  ['java', java],
  ['kotlin', java],
  ['android', java],
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
])

/** The default for a platform; an unknown one has no library code we could tell. */
export function isInApp(platform: string, frame: FrameOrigin): boolean {
  const isForeign = RULES.get(platform) ?? never
  return !isForeign(frame)
}

function containsAny(text: string | undefined, parts: string[]): boolean {
  return text !== undefined && parts.some((part) => text.includes(part))
}

function startsWithAny(text: string | undefined, starts: string[]): boolean {
  return text !== undefined && starts.some((start) => text.startsWith(start))
}

function words(list: string): string[] {
  return list.trim().split(/\s+/)
}
