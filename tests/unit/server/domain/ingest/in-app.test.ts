import { describe, expect, it } from 'vitest'
import { normaliseSentry } from '#server/domain/ingest/normalise.ts'
import { isInApp } from '#server/domain/ingest/in-app.ts'
import type { FrameOrigin } from '#server/domain/ingest/in-app-rules.ts'

const frame = (parts: Partial<FrameOrigin>): FrameOrigin => ({
  filename: undefined,
  absPath: undefined,
  module: undefined,
  package: undefined,
  function: undefined,
  ...parts,
})

describe('GROUP-04: in-app when the SDK does not say', () => {
  it.each<[string, Partial<FrameOrigin>, boolean]>([
    ['node', { filename: '/srv/app/server.js' }, true],
    ['node', { filename: '/srv/node_modules/express/lib/router.js' }, false],
    ['node', { filename: 'node:internal/timers' }, false],
    ['node', { filename: 'events.js' }, false],
    ['node', { filename: 'app.js' }, true],
    ['node', { filename: 'C:\\shop\\node_modules\\pg\\lib\\client.js' }, false],
    ['node', { filename: '/var/runtime/Runtime.js' }, false],
    ['node', { filename: 'index 0', function: 'async Promise.all' }, false],
    ['bun', { filename: 'node:fs' }, false],
    ['deno', { absPath: 'ext:core/01_core.js' }, false],
    ['javascript', { filename: 'https://shop.example/assets/index.js' }, true],
    ['javascript', { filename: 'chrome-extension://abc/content.js' }, false],
    ['javascript', { filename: '[native code]' }, false],
    ['javascript', { filename: 'webpack-internal:///./src/cart.js' }, true],
    ['javascript', { filename: 'app:///node_modules/vue/dist/vue.js' }, false],
    ['python', { filename: 'shop/views.py', absPath: '/srv/shop/views.py' }, true],
    [
      'python',
      { filename: 'django/core.py', absPath: '/usr/lib/python3.12/site-packages/django/core.py' },
      false,
    ],
    ['python', { absPath: '/usr/lib/python3.12/json/decoder.py' }, false],
    ['python', { absPath: 'C:\\Python312\\Lib\\json\\decoder.py' }, false],
    ['python', { absPath: 'C:\\shop\\lib\\cart.py' }, true],
    ['python', { absPath: '/srv/mylib/python-service/cart.py' }, true],
    ['python', { absPath: '/opt/pypy/lib/pypy3.10/json/decoder.py' }, false],
    ['python', { filename: '<frozen importlib._bootstrap>' }, false],
    ['java', { module: 'com.shop.OrderService' }, true],
    ['java', { module: 'com.fasterxml.jackson.databind.ObjectMapper' }, false],
    ['java', { module: '$Proxy32' }, false],
    ['kotlin', { module: 'kotlinx.coroutines.DispatchedTask' }, false],
    ['android', { module: 'android.os.Handler' }, false],
    ['scala', { module: 'scala.collection.immutable.List' }, false],
    ['java', { module: 'java.util.ArrayList' }, false],
    ['java', { module: 'org.springframework.web.Foo' }, false],
    ['ruby', { filename: 'app/models/order.rb', absPath: '/srv/app/models/order.rb' }, true],
    ['ruby', { absPath: '/usr/local/bundle/gems/rack-2.2/lib/rack.rb' }, false],
    ['ruby', { filename: 'activesupport (6.1.7.7) lib/active_support/callbacks.rb' }, false],
    ['go', { module: 'main', absPath: '/src/main.go' }, true],
    ['go', { module: 'github.com/shop/api', absPath: '/src/api/x.go' }, true],
    ['go', { module: 'net/http', absPath: '/usr/local/go/src/net/http/server.go' }, false],
    ['go', { module: 'runtime' }, false],
    ['go', { module: 'main', absPath: '/go/src/shop/main.go' }, true],
    ['go', { module: 'github.com/acme/shop', absPath: '/home/me/go/src/github.com/acme/shop/x.go' }, true],
    ['go', { absPath: '/opt/hostedtoolcache/go/1.21.0/x64/src/net/http/server.go' }, false],
    ['go', { absPath: '/usr/lib/go-1.19/src/runtime/panic.go' }, false],
    ['go', { module: 'shop/log' }, true],
    ['go', { absPath: '/root/go/pkg/mod/github.com/x/y.go' }, false],
    ['php', { filename: '/src/Order.php' }, true],
    ['php', { filename: '/vendor/laravel/framework/x.php' }, false],
    ['php', { filename: '[internal]' }, false],
    ['csharp', { module: 'Npgsql.NpgsqlCommand' }, false],
    ['csharp', { module: 'SystemsShop.Order' }, true],
    ['csharp', { module: 'Shop.Pages.Index' }, true],
    ['csharp', { module: 'Microsoft.AspNetCore.Mvc.X' }, false],
    ['csharp', { module: 'System.Linq.Enumerable' }, false],
    ['native', { function: 'shop::pay', package: '/opt/shop/bin/shop' }, true],
    ['native', { function: 'abort', package: 'C:\\WINDOWS\\System32\\ucrtbase.dll' }, false],
    ['cocoa', { package: 'UIKitCore' }, false],
    ['rust', { function: 'core::panicking::panic' }, false],
    ['rust', { function: 'shop::main' }, true],
    ['rust', { function: '__rust_try' }, false],
    ['rust', { function: 'sentry_core::hub::Hub::run' }, false],
    ['rust', { function: '<alloc::boxed::Box<F,A> as core::ops::function::FnOnce>::call_once' }, false],
    ['rust', { function: 'corelib::pay' }, true],
    ['rust', { function: 'tokio::run', absPath: '/root/.cargo/registry/src/x/tokio-1/src/lib.rs' }, false],
    ['elixir', { module: 'Elixir.Shop.Cart', filename: 'lib/shop/cart.ex' }, true],
    ['elixir', { module: 'Elixir.EnumShop' }, true],
    ['elixir', { module: 'Elixir.Enum' }, false],
    ['elixir', { module: 'Plug.Conn', filename: 'lib/plug/conn.ex' }, false],
    ['elixir', { module: 'gen_server', filename: 'gen_server.erl' }, false],
    ['elixir', { filename: 'deps/jason/lib/jason.ex' }, false],
    ['dart', { absPath: 'package:shop/cart.dart', package: 'dartshop' }, true],
    ['dart', { absPath: 'package:flutter/src/widgets/framework.dart', package: 'flutter' }, false],
    ['perl', { absPath: '/usr/share/perl5/DBI.pm' }, false],
    ['crystal', { filename: '/usr/lib/anything' }, true],
  ])('%s %j → %s', (platform, parts, expected) => {
    expect(isInApp(platform, frame(parts))).toBe(expected)
  })
})

describe('GROUP-04: what the SDK says', () => {
  const inAppOf = (platform: string, frame: object): boolean | undefined =>
    normaliseSentry(
      { platform, exception: [{ type: 'E', stacktrace: { frames: [frame] } }] },
      { receivedAt: new Date() },
    ).exceptions[0]?.stacktrace?.frames[0]?.inApp

  const library = { filename: '/srv/node_modules/pg/lib/client.js', function: 'query' }
  const own = { filename: '/srv/app/shop.js', function: 'pay' }

  it('counts, against the default too', () => {
    expect(inAppOf('node', library)).toBe(false)
    expect(inAppOf('node', { ...library, in_app: true })).toBe(true)
    expect(inAppOf('node', own)).toBe(true)
    expect(inAppOf('node', { ...own, in_app: false })).toBe(false)
  })

  it('null and nonsense are no word', () => {
    expect(inAppOf('node', { ...library, in_app: null })).toBe(false)
    expect(inAppOf('node', { ...own, in_app: null })).toBe(true)
    expect(inAppOf('node', { ...own, in_app: {} })).toBe(true)
  })

  it('a frame’s own platform decides over the event’s', () => {
    expect(inAppOf('cocoa', { ...library, platform: 'node' })).toBe(false)
    expect(inAppOf('node', { module: 'java.util.ArrayList', platform: 'java' })).toBe(false)
  })
})
