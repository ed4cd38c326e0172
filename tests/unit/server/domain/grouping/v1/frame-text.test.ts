import { describe, expect, it } from 'vitest'
import { frameText } from '#server/domain/grouping/v1/frame-text.ts'
import { fileName } from '#server/domain/grouping/v1/file-name.ts'
import { functionName } from '#server/domain/grouping/v1/function-name.ts'
import type { Family } from '#server/domain/grouping/v1/languages.ts'

describe('functionName', () => {
  it.each<[Family, string, string]>([
    ['javascript', 'Foo.testMethod', 'testMethod'],
    ['javascript', 'Foo.prototype.testMethod', 'testMethod'],
    ['javascript', 'Function.executeUserEntryPoint [as runMain]', 'executeUserEntryPoint'],
    ['javascript', 'async Foo.bar', 'bar'],
    ['javascript', 'async*load', 'load'],
    ['javascript', 'new Foo', 'Foo'],
    ['javascript', 'Foo.get total', 'total'],
    ['javascript', 'async Promise.all', 'all'],
    ['javascript', 'OrderService.prototype.pay [as onPay]', 'pay'],
    ['javascript', 'test/<', ''],
    ['javascript', 'outer/inner', 'inner'],
    ['javascript', 'Object.?', ''],
    ['javascript', 'Object.<anonymous>', ''],
    ['javascript', 'Anonymous function', ''],
    ['java', 'lambda$home$0', 'lambda$home'],
    ['java', 'access$100', 'access'],
    ['java', '$r8$lambda$xY12_z', '$r8$lambda'],
    ['java', 'invokeSuspend', 'invokeSuspend'],
    ['java', '$anonfun$pay$1', '$anonfun$pay'],
    ['ruby', 'rescue in OrdersController#index', 'index'],
    ['ruby', 'block (4 levels) in index', 'index'],
    ['ruby', 'OrdersController#index', 'index'],
    ['ruby', 'block in <class:Engine>', '<class:Engine>'],
    ['php', 'App\\Http\\Foo::bar', 'bar'],
    ['php', 'Illuminate\\Pipeline\\Pipeline::Illuminate\\Pipeline\\{closure}', '{closure}'],
    ['php', '{closure:App\\Foo::bar():12}', '{closure}'],
    ['php', 'class@anonymous\uFFFD/var/www/dummy.php0x7190ad3c35cf::run', 'run'],
    ['dotnet', 'async Task<int> Shop.Order.PayAsync(int id)', 'PayAsync'],
    ['dotnet', '<Main>b__0_1', 'Main'],
    ['dotnet', 'Get', 'Get'],
    ['go', '(*Server).handle.func1.2', 'handle'],
    ['dotnet', '<PayAsync>g__Check|4_0', 'PayAsync'],
    ['go', '(*Server).handle-fm', 'handle'],
    ['go', 'Run.gowrap1', 'Run'],
    ['go', 'main.func1', 'main'],
    ['go', 'Map[...].Get', 'Get'],
    ['native', 'boost::function0<T>::operator()', 'boost::function0::operator'],
    ['native', '<actix_web::server::Http1<T, H> as Task>::poll', 'actix_web::server::Http1::poll'],
    ['native', 'shop::main::h0123456789abcdef', 'shop::main'],
    ['native', '-[Foo bar:]', '-[Foo bar:]'],
    ['native', '__42-[Foo bar]_block_invoke_2', '-[Foo bar]'],
    ['native', 'closure #1 (Int) in Shop.pay()', 'Shop.pay'],
    ['python', 'Foo.bar.<locals>.baz', 'baz'],
    ['python', '<lambda>', '<lambda>'],
    ['other', 'a.b.c(1)', 'c'],
  ])('%s %s → %s', (family, name, expected) => {
    expect(functionName(name, undefined, family)).toBe(expected)
  })

  it('an async method of .NET has its name in the module', () => {
    expect(functionName('MoveNext', 'Shop.Order+<PayAsync>d__5', 'dotnet')).toBe('PayAsync')
  })
})

describe('fileName', () => {
  it.each<[Family, object, string]>([
    ['javascript', { filename: 'https://x.example/a/main.3f2a1b9c.js?v=1#x' }, 'main.js'],
    ['javascript', { filename: '/static/index-DiwrgTda.js' }, 'index.js'],
    ['javascript', { filename: '/static/index-B-9_LqAx.js' }, 'index.js'],
    ['javascript', { filename: 'app~d0ae3f07.chunk.js' }, 'app.chunk.js'],
    ['javascript', { filename: 'main.4b5b1a2c9d3e4f5a.js' }, 'main.js'],
    ['javascript', { filename: '/_next/static/chunks/page-0a1b2c3d4e5f6789.js' }, 'page.js'],
    ['javascript', { filename: 'chunk-2IDQ7XKB.js' }, 'chunk.js'],
    ['javascript', { filename: 'webpack-internal:///(app)/./src/cart.tsx?v=1f2e' }, 'cart.tsx'],
    ['javascript', { filename: 'capacitor://localhost/assets/app.js#x' }, 'app.js'],
    ['javascript', { filename: 'C:\\shop\\src\\cart.js' }, 'cart.js'],
    ['javascript', { filename: 'user-profile.js' }, 'user-profile.js'],
    ['javascript', { filename: 'jquery.min.js' }, 'jquery.min.js'],
    ['javascript', { filename: 'page-Settings.js' }, 'page-Settings.js'],
    ['javascript', { filename: 'https://x.example/orders/12345' }, ''],
    ['javascript', { module: 'router.lib:layer', filename: '/srv/x.js' }, 'router.lib:layer'],
    ['python', { module: 'shop.views', filename: 'shop/views.py' }, 'shop.views'],
    ['python', { filename: '/srv/shop/views.py' }, 'views.py'],
    ['java', { module: 'com.shop.Order$$EnhancerBySpringCGLIB$$1f2e3d' }, 'com.shop.Order'],
    ['java', { module: 'com.shop.Order$$Lambda$14/0x0008' }, 'com.shop.Order'],
    ['java', { module: 'com.sun.proxy.$Proxy32' }, 'com.sun.proxy.$Proxy'],
    [
      'java',
      { module: 'jdk.internal.reflect.GeneratedMethodAccessor12' },
      'jdk.internal.reflect.GeneratedMethodAccessor',
    ],
    ['java', { module: 'com.shop.Order$MockitoMock$1234' }, 'com.shop.Order$MockitoMock$'],
    ['java', { module: 'com.shop.Order$ByteBuddy$aB3x' }, 'com.shop.Order$ByteBuddy$'],
    ['java', { module: 'com.shop.OrderKt$pay$1' }, 'com.shop.OrderKt$pay'],
    ['java', { module: 'com.shop.Order$1' }, 'com.shop.Order'],
    ['native', { package: 'C:\\WINDOWS\\System32\\KERNEL32.DLL' }, 'kernel32.dll'],
    ['dotnet', { module: '(unknown)', package: 'Shop, Version=1.0.0.0' }, 'shop'],
  ])('%s %j → %s', (family, frame, expected) => {
    expect(fileName({ inApp: true, ...frame }, family)).toBe(expected)
  })
})

describe('frameText', () => {
  it('leaves out what only some engines show', () => {
    for (const frame of [
      { function: 'eval', filename: '/a.html' },
      { function: 'map', filename: '[native code]' },
      { function: 'Array.map', filename: '<anonymous>' },
      { function: 'eval code', filename: 'eval code' },
    ]) {
      expect(frameText({ inApp: true, ...frame }, 'javascript')).toBe('')
    }
    expect(frameText({ inApp: true, function: 'eval', filename: 'a.py' }, 'python')).toBe('a.py eval')
  })
})
