// One rule per platform: where its package manager and its standard library put files, or how they name modules.
// Paths and names are hostile: every pattern below is anchored or bounded.

export interface FrameOrigin {
  filename: string | undefined
  absPath: string | undefined
  module: string | undefined
  package: string | undefined
  function: string | undefined
}

/** True for code of a library, a runtime or a standard library. */
export type IsForeign = (frame: FrameOrigin) => boolean

const pathContains =
  (...parts: string[]): IsForeign =>
  (frame) =>
    containsAny(frame.absPath, parts) || containsAny(frame.filename, parts)

const pathStarts =
  (...starts: string[]): IsForeign =>
  (frame) =>
    startsWithAny(frame.filename, starts) || startsWithAny(frame.absPath, starts)

const pathMatches =
  (pattern: RegExp): IsForeign =>
  ({ absPath, filename }) =>
    (absPath !== undefined && pattern.test(absPath)) || (filename !== undefined && pattern.test(filename))

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

// Node ≤ 14 names its own modules `events.js`, without any path; an `app.js` is the user's.
const NODE_MODULES = new Set(
  words(`
    _http_agent _http_client _http_common _http_incoming _http_outgoing _http_server _stream_duplex _stream_passthrough
    _stream_readable _stream_transform _stream_writable _tls_common _tls_wrap assert async_hooks bootstrap_node buffer
    child_process cluster crypto dgram dns domain events fs http http2 https inspector module net path perf_hooks
    querystring readline repl stream string_decoder timers tls url util vm worker_threads zlib`).map(
    (name) => `${name}.js`,
  ),
)

export const node = any(
  pathContains('node_modules/', 'node_modules\\'),
  pathStarts(
    'node:',
    'bun:',
    'ext:',
    'internal/',
    '<anonymous>',
    'native',
    'https://deno.land/std',
    '/var/runtime/',
  ),
  // V8's `at async Promise.all (index 2)`.
  (frame) => /^index \d{1,9}$/.test(frame.filename ?? ''),
  (frame) => frame.absPath === undefined && NODE_MODULES.has(frame.filename ?? ''),
)

export const browser = any(
  pathContains('node_modules/', 'chrome-extension://', 'moz-extension://', 'safari-extension://'),
  pathContains(
    'safari-web-extension://',
    'webkit-masked-url://',
    '[native code]',
    'native code',
    '<anonymous>',
  ),
  // Workers at the edge say `javascript` too.
  pathStarts('node:'),
)

export const python = any(
  pathContains('site-packages/', 'dist-packages/', 'site-packages\\', 'dist-packages\\'),
  pathMatches(/(?:^|\/)lib(?:64)?\/(?:python|pypy)\d/),
  // `C:\Python312\Lib\json\decoder.py`; a `\lib\` elsewhere is the user's.
  pathMatches(/\\python[\d.-]{0,20}\\lib\\/i),
  pathStarts('<frozen ', '/var/runtime/'),
)

export const java = moduleStarts(
  ...words(`
    java. javax. jakarta. jdk. sun. com.sun. kotlin. kotlinx. scala. groovy. org.codehaus.groovy. clojure. $Proxy
    android. androidx. com.android. com.google.android. dalvik. libcore. akka. org.apache. org.springframework.
    org.eclipse.jetty. org.glassfish. org.jboss. org.hibernate. org.postgresql. com.mysql. com.zaxxer.hikari.
    com.fasterxml.jackson. com.google.common. com.google.gson. org.junit. org.mockito. net.bytebuddy. javassist.
    io.netty. io.vertx. io.micronaut. io.quarkus. io.grpc. io.reactivex. rx. reactor. okhttp3. okio. retrofit2. feign.
    io.opentelemetry. io.sentry. ch.qos.logback. org.slf4j.`),
)

export const ruby = any(
  pathContains('/gems/', '/vendor/bundle/', '/lib/ruby/', '/bin/bundle', '/rubies/'),
  pathStarts('<internal:', '(eval'),
  // Rails' backtrace cleaner writes `activesupport (6.1.7) lib/…`.
  (frame) => /^[\w-]{1,80} \(\d[\w.]{0,40}\) /.test(frame.filename ?? ''),
)

// The first parts of the standard library's import paths: reserved, and without a dot.
const GO_STANDARD = `(?:${words(`
  archive bufio builtin bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt
  go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime slices sort
  strconv strings structs sync syscall testing text time unicode unique unsafe weak`).join('|')})`
const GO_STANDARD_MODULE = new RegExp(`^${GO_STANDARD}(?:[/.]|$)`)
// GOROOT, wherever it lies; what else is below `go/src` is the user's, in the old layout of a workspace.
const GO_STANDARD_PATH = new RegExp(`/go[\\w.@-]{0,40}(?:/[\\w.-]{1,20}){0,2}/src/${GO_STANDARD}/`)

export const go = any(
  pathContains('/pkg/mod/', '/vendor/', '/libexec/src/'),
  pathMatches(GO_STANDARD_PATH),
  (frame) => frame.module !== undefined && GO_STANDARD_MODULE.test(frame.module),
)

export const php = any(pathContains('/vendor/', '\\vendor\\'), pathStarts('[internal]', '[Anonymous]'))

export const dotnet = any(
  moduleStarts(
    ...words(`
      System. Microsoft. Windows. Mono. Sentry. ABI.System. ABI.Microsoft. WinRT. FSharp. Newtonsoft.Json Serilog NLog.
      Npgsql MySqlConnector. MongoDB. Dapper. Polly. AutoMapper. Hangfire. MediatR. Grpc. StackExchange.Redis.`),
  ),
  packageStarts('System.', 'Microsoft.', 'mscorlib', 'WindowsBase', 'Presentation', 'netstandard'),
)

export const rust = any(
  pathContains('/rustc/', '/.cargo/registry/', '/.cargo/git/', '/rustlib/src/'),
  // Without a path the crate's name is all there is: `<alloc::boxed::Box<F> as …>::call`, `__rust_try`, `sentry_core::…`.
  (frame) =>
    /^(?:<?(?:std|core|alloc|backtrace|tracing|tracing_core|log|sentry(?:_\w{1,40})?)::|_{1,3}rust_|rust_begin_unwind|rust_panic|(?:std|core|alloc|main|_start)$)/.test(
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

export const native = any(
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

// Modules of Elixir's standard library and of what nearly every application is built on, with all below them.
const ELIXIR = `(?:${words(`
  Access Agent Application Base Code DynamicSupervisor Enum ExUnit File Float GenServer IO Integer Kernel Keyword List
  Logger Macro Map MapSet Mix Module Process Protocol Range Regex Registry Stream String Supervisor System Task Tuple
  Absinthe Bandit Broadway Cowboy DBConnection Ecto Finch GenStage Jason Mint Oban Phoenix Plug Postgrex Sentry Tesla
  ThousandIsland`).join('|')})`
const ELIXIR_MODULE = new RegExp(`^(?:Elixir\\.)?${ELIXIR}(?:\\.|$)`)
/** Modules of Erlang are atoms in lower case. */
const ERLANG_MODULE = new RegExp(
  `^(?:${words(`
    gen_server gen_statem gen_event gen supervisor proc_lib erlang erl_eval lists maps ets timer binary io_lib application
    elixir elixir_\\w{1,40} cowboy cowboy_\\w{1,40} ranch ranch_\\w{1,40} hackney hackney_\\w{1,40} telemetry`).join(
    '|',
  )})$`,
)

export const elixir = any(
  pathContains('/deps/', 'lib/elixir/', 'lib/erlang/'),
  pathStarts('deps/'),
  ({ module }) => module !== undefined && (ELIXIR_MODULE.test(module) || ERLANG_MODULE.test(module)),
)

const DART_PACKAGES = new Set(['dart', 'flutter', 'flutter_test', 'sentry', 'sentry_flutter'])

export const dart = any(
  pathStarts('dart:', 'package:flutter/', 'package:sentry'),
  pathContains('/.pub-cache/'),
  (frame) => DART_PACKAGES.has(frame.package ?? ''),
)

export const perl = pathContains('/perl5/', '/share/perl', '/lib/perl', '/lib64/perl')

function containsAny(text: string | undefined, parts: string[]): boolean {
  return text !== undefined && parts.some((part) => text.includes(part))
}

function startsWithAny(text: string | undefined, starts: string[]): boolean {
  return text !== undefined && starts.some((start) => text.startsWith(start))
}

function words(list: string): string[] {
  return list.trim().split(/\s+/)
}
