import { describe, expect, it } from 'vitest'
import { isInApp } from '#server/domain/ingest/in-app.ts'
import type { FrameOrigin } from '#server/domain/ingest/in-app.ts'

const frame = (parts: Partial<FrameOrigin>): FrameOrigin => ({
  filename: undefined,
  absPath: undefined,
  module: undefined,
  package: undefined,
  function: undefined,
  ...parts,
})

describe('isInApp', () => {
  it.each<[string, Partial<FrameOrigin>, boolean]>([
    ['node', { filename: '/srv/app/server.js' }, true],
    ['node', { filename: '/srv/node_modules/express/lib/router.js' }, false],
    ['node', { filename: 'node:internal/timers' }, false],
    ['node', { filename: 'events.js' }, false],
    ['javascript', { filename: 'https://shop.example/assets/index.js' }, true],
    ['javascript', { filename: 'chrome-extension://abc/content.js' }, false],
    ['javascript', { filename: 'app:///node_modules/vue/dist/vue.js' }, false],
    ['python', { filename: 'shop/views.py', absPath: '/srv/shop/views.py' }, true],
    [
      'python',
      { filename: 'django/core.py', absPath: '/usr/lib/python3.12/site-packages/django/core.py' },
      false,
    ],
    ['python', { absPath: '/usr/lib/python3.12/json/decoder.py' }, false],
    ['java', { module: 'com.shop.OrderService' }, true],
    ['java', { module: 'java.util.ArrayList' }, false],
    ['java', { module: 'org.springframework.web.Foo' }, false],
    ['ruby', { filename: 'app/models/order.rb', absPath: '/srv/app/models/order.rb' }, true],
    ['ruby', { absPath: '/usr/local/bundle/gems/rack-2.2/lib/rack.rb' }, false],
    ['ruby', { filename: 'activesupport (6.1.7.7) lib/active_support/callbacks.rb' }, false],
    ['go', { module: 'main', absPath: '/src/main.go' }, true],
    ['go', { module: 'github.com/shop/api', absPath: '/src/api/x.go' }, true],
    ['go', { module: 'net/http', absPath: '/usr/local/go/src/net/http/server.go' }, false],
    ['go', { module: 'runtime' }, false],
    ['go', { absPath: '/root/go/pkg/mod/github.com/x/y.go' }, false],
    ['php', { filename: '/src/Order.php' }, true],
    ['php', { filename: '/vendor/laravel/framework/x.php' }, false],
    ['csharp', { module: 'Shop.Pages.Index' }, true],
    ['csharp', { module: 'Microsoft.AspNetCore.Mvc.X' }, false],
    ['csharp', { module: 'System.Linq.Enumerable' }, false],
    ['native', { function: 'shop::pay', package: '/opt/shop/bin/shop' }, true],
    ['native', { function: 'abort', package: 'C:\\WINDOWS\\System32\\ucrtbase.dll' }, false],
    ['cocoa', { package: 'UIKitCore' }, false],
    ['rust', { function: 'core::panicking::panic' }, false],
    ['rust', { function: 'shop::main' }, true],
    ['crystal', { filename: '/usr/lib/anything' }, true],
  ])('%s %j → %s', (platform, parts, expected) => {
    expect(isInApp(platform, frame(parts))).toBe(expected)
  })
})
