// The shop in the browser: Vue, with the stacks that a source-mapped build sends, and one bundle without a map.
import type { Person } from './people.ts'
import {
  chain,
  releaseAt,
  steps,
  type Catalogue,
  type Payload,
  type Problem,
  type Release,
  type Scene,
} from './problem.ts'
import { library, openSources, type Frame } from './sources.ts'

const { at } = openSources('web-shop')
const SITE = 'https://shop.example.org'

export const RELEASES: Release[] = [
  { name: 'web-shop@4.8.0', daysAgo: 30 },
  { name: 'web-shop@4.9.0', daysAgo: 10.1 },
  { name: 'web-shop@4.9.1', daysAgo: 6.4 },
  { name: 'web-shop@4.10.0', daysAgo: 2.1 },
  { name: 'web-shop@4.10.1', daysAgo: 0.6 },
]

// ── Stacks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const vue = (name: string, lineno: number, colno: number) =>
  library('node_modules/@vue/runtime-core/dist/runtime-core.esm-bundler.js', name, lineno, colno)
const CALLED = [vue('callWithErrorHandling', 199, 19), vue('callWithAsyncErrorHandling', 206, 17)]
const HANDLER = [
  library('node_modules/@vue/runtime-dom/dist/runtime-dom.esm-bundler.js', 'HTMLElement.invoker', 730, 5),
]
const MOUNTED = [vue('flushPostFlushCbs', 385, 28), vue('hook.__weh.hook.__weh', 2836, 19), ...CALLED]
const RENDERED = [
  vue('flushJobs', 408, 9),
  vue('ReactiveEffect.componentUpdateFn [as fn]', 5287, 26),
  vue('renderComponentRoot', 6514, 16),
]
const minified = (chunk: string, name: string, lineno: number, colno: number): Frame => ({
  filename: `${SITE}/assets/${chunk}`,
  abs_path: `${SITE}/assets/${chunk}`,
  function: name,
  lineno,
  colno,
  in_app: true,
})

const inHandler = { type: 'auto.function.vue.error_handler', handled: false }
const onError = { type: 'auto.browser.global_handlers.onerror', handled: false }
const onRejection = { type: 'auto.browser.global_handlers.onunhandledrejection', handled: false }

/** One error in the words of the three engines. */
const missing = (engine: Person['browser']['engine'], property: string, owner: string, expression: string) =>
  engine === 'v8'
    ? `Cannot read properties of ${owner} (reading '${property}')`
    : engine === 'gecko'
      ? `can't access property "${property}", ${expression} is ${owner}`
      : `${owner} is not an object (evaluating '${expression}.${property}')`

// ── What was going on ──────────────────────────────────────────────────────────────────────────────────────────────

const click = (before: number, target: string) => ({
  before,
  type: 'ui',
  category: 'ui.click',
  message: target,
})
const went = (before: number, from: string, to: string) => ({
  before,
  type: 'navigation',
  category: 'navigation',
  data: { from, to },
})
const fetched = (before: number, method: string, url: string, status: number) => ({
  before,
  type: 'http',
  category: 'fetch',
  data: { method, url, status_code: status },
  ...(status >= 500 ? { level: 'error' } : status >= 400 ? { level: 'warning' } : {}),
})
const said = (before: number, message: string, level = 'log') => ({
  before,
  category: 'console',
  message,
  level,
})

const PRODUCTS = [
  'oak-desk-120',
  'winter-coat-moss',
  'espresso-maker',
  'reading-lamp',
  'kids-bike-16',
  'wool-blanket',
]

/** The page, and the way there. */
function on(scene: Scene, page: string, last: Parameters<typeof steps>[1] = []): Payload {
  const product = scene.draw.pick(PRODUCTS)
  return {
    transaction: page.replace(/\/p\/.*/, '/p/:slug').replace(/\/orders\/.*/, '/orders/:id'),
    request: { url: `${SITE}${page}` },
    breadcrumbs: steps(scene.at, [
      went(scene.draw.whole(60, 120), '/', '/search?q=lamp'),
      fetched(scene.draw.whole(50, 58), 'GET', '/api/search?q=lamp', 200),
      click(scene.draw.whole(30, 48), 'main > ul.results > li:nth-child(3) > a.card'),
      went(29, '/search?q=lamp', `/p/${product}`),
      fetched(28, 'GET', `/api/products/${product}`, 200),
      ...last,
    ]),
  }
}

const toCheckout = (draw: Scene['draw']) => [
  click(22, 'button.add-to-cart[name="add"]'),
  fetched(21, 'PUT', `/api/cart/lines/SKU-${draw.whole(1000, 9999)}`, 200),
  went(14, '/p/reading-lamp', '/cart'),
  fetched(13, 'GET', '/api/cart', 200),
  click(6, 'a.checkout'),
  went(5.8, '/cart', '/checkout'),
]

const PROBLEMS: Problem[] = [
  {
    name: 'gallery without a stage',
    share: 210,
    when: { rhythm: 'shop' },
    event: (scene) => ({
      exception: chain({
        type: 'TypeError',
        value: missing(scene.person.browser.engine, 'getBoundingClientRect', 'null', 'stage.value'),
        mechanism: onError,
        frames: [
          at(
            'src/components/product/ProductGallery.vue',
            'onPointerMove',
            'stage.value.getBoundingClientRect()',
          ),
        ],
      }),
      ...on(scene, `/p/${scene.draw.pick(PRODUCTS)}`, [
        click(4, 'div.gallery > button[aria-label="Next picture"]'),
        went(0.4, '/p/reading-lamp', '/cart'),
      ]),
    }),
  },
  {
    name: 'cart not loaded yet',
    share: 96,
    when: { rhythm: 'shop', since: 10.1 },
    event: (scene) => ({
      exception: chain({
        type: 'TypeError',
        value: missing(scene.person.browser.engine, 'total', 'undefined', 'cart.value'),
        mechanism: inHandler,
        frames: [
          ...RENDERED,
          at('src/composables/usePrice.ts', 'ComputedRefImpl.fn', 'format(store.total)'),
          at('src/stores/cart.ts', 'ComputedRefImpl.fn', 'cart.value.total + cart.value.shipping'),
        ],
      }),
      contexts: { vue: { componentName: '<CartPage>', lifecycleHook: 'render function' } },
      ...on(scene, '/cart', [
        click(3, 'header > a.cart'),
        went(2.9, '/p/reading-lamp', '/cart'),
        said(1, 'cart: recall → nothing'),
      ]),
    }),
  },
  {
    name: 'old chunks after a deploy',
    share: 140,
    when: {
      rhythm: 'shop',
      bursts: [
        { daysAgo: 10.1, hours: 8, share: 0.22 },
        { daysAgo: 6.4, hours: 8, share: 0.24 },
        { daysAgo: 2.1, hours: 8, share: 0.26 },
        { daysAgo: 0.6, hours: 8, share: 0.24 },
      ],
    },
    event(scene) {
      const chunk = scene.draw.pick(['CheckoutPage', 'ProductPage', 'SearchPage'])
      return {
        // The file has another hash after each build, and it is always the same problem.
        fingerprint: ['stale-chunk'],
        exception: chain({
          type: 'TypeError',
          value:
            scene.person.browser.engine === 'v8'
              ? `Failed to fetch dynamically imported module: ${SITE}/assets/${chunk}-${scene.draw.hex(8)}.js`
              : 'Importing a module script failed.',
          mechanism: onRejection,
        }),
        tags: { chunk },
        ...on(scene, '/', [said(0.2, `Failed to load resource: 404 (${chunk})`, 'error')]),
      }
    },
  },
  {
    name: 'order refused by the server',
    share: 74,
    when: { rhythm: 'shop', bursts: [{ daysAgo: 3.2, hours: 3, share: 0.6 }] },
    event: (scene) => ({
      exception: chain({
        type: 'RequestError',
        value: `Request failed: POST /api/orders (${scene.draw.weighted([
          [500, 5],
          [503, 2],
        ] as const)})`,
        mechanism: inHandler,
        frames: [
          ...HANDLER,
          ...CALLED,
          at('src/components/checkout/PaymentForm.vue', 'pay', "await api.post('/api/orders'"),
          at('src/api/client.ts', 'request', "throw new RequestError('Request failed: '"),
        ],
      }),
      contexts: {
        vue: { componentName: '<PaymentForm>', lifecycleHook: 'native event handler' },
        response: { status_code: 500, body_size: 71 },
      },
      ...on(scene, '/checkout', [
        ...toCheckout(scene.draw),
        click(1.2, 'form.payment > button[type="submit"]'),
        fetched(0.1, 'POST', '/api/orders', 500),
      ]),
    }),
  },
  {
    name: 'storage full',
    share: 22,
    when: { rhythm: 'shop' },
    event: (scene) => ({
      exception: chain({
        type: 'QuotaExceededError',
        value:
          "Failed to execute 'setItem' on 'Storage': Setting the value of 'shop:cart' exceeded the quota.",
        mechanism: inHandler,
        frames: [
          ...HANDLER,
          ...CALLED,
          at('src/stores/cart.ts', 'add', "remember('cart', cart.value)"),
          at('src/lib/storage.ts', 'remember', 'localStorage.setItem('),
        ],
      }),
      ...on(scene, '/p/winter-coat-moss', [click(0.5, 'button.add-to-cart[name="add"]')]),
    }),
  },
  {
    name: 'resize observer',
    share: 88,
    when: { rhythm: 'shop' },
    history: [{ daysAgo: 11, status: 'archived' }],
    event: (scene) => ({
      level: 'warning',
      exception: chain({
        type: 'Error',
        value: 'ResizeObserver loop completed with undelivered notifications.',
        mechanism: onError,
      }),
      ...on(scene, '/search'),
    }),
  },
  {
    name: 'payment script missing',
    share: 52,
    // With 4.10.0 of two days ago, which loads it later.
    when: { rhythm: 'shop', since: 2.1 },
    event: (scene) => ({
      level: 'fatal',
      exception: chain({
        type: 'Error',
        value: '[PaymentForm] payment script is not loaded',
        mechanism: inHandler,
        frames: [
          ...MOUNTED,
          at('src/components/checkout/PaymentForm.vue', '<anonymous>', "throw new Error('[PaymentForm]"),
        ],
      }),
      contexts: { vue: { componentName: '<PaymentForm>', lifecycleHook: 'mounted hook' } },
      tags: { feature: 'checkout' },
      ...on(scene, '/checkout', [
        ...toCheckout(scene.draw),
        said(0.6, 'GET https://pay.example.net/v3/elements.js net::ERR_BLOCKED_BY_CLIENT', 'error'),
      ]),
    }),
  },
  {
    name: 'browser too old',
    share: 6,
    when: { rhythm: 'steady' },
    event: (scene) => ({
      exception: chain({
        type: 'SyntaxError',
        value: "Unexpected token '??='",
        mechanism: onError,
        frames: [minified('index-B7wq3k1d.js', '?', 1, scene.draw.whole(30_000, 90_000))],
      }),
      tags: { 'browser.name': 'Chrome', browser: 'Chrome 79.0' },
      ...on(scene, '/'),
    }),
  },
  {
    name: 'rejected with nothing',
    share: 11,
    when: { rhythm: 'shop' },
    event: (scene) => ({
      level: 'warning',
      exception: chain({
        type: 'UnhandledRejection',
        value: 'Non-Error promise rejection captured with value: undefined',
        mechanism: onRejection,
      }),
      ...on(scene, '/search'),
    }),
  },
  {
    name: 'video may not play',
    share: 14,
    when: { rhythm: 'shop', since: 6.4 },
    event: (scene) => ({
      exception: chain({
        type: 'NotAllowedError',
        value: "play() failed because the user didn't interact with the document first.",
        mechanism: onRejection,
        frames: [at('src/components/product/ProductGallery.vue', 'play', 'await video.play()')],
      }),
      ...on(scene, '/p/espresso-maker', [went(2, '/search', '/p/espresso-maker')]),
    }),
  },
  {
    name: 'postcode unknown',
    share: 36,
    when: { rhythm: 'shop', until: 4.2 },
    history: [{ daysAgo: 4, status: 'resolved' }],
    event: (scene) => ({
      exception: chain({
        type: 'TypeError',
        value: "Cannot destructure property 'city' of 'address' as it is undefined.",
        mechanism: inHandler,
        frames: [
          ...HANDLER,
          ...CALLED,
          at('src/components/checkout/AddressForm.vue', 'onPostcode', 'const { city, region } = address'),
        ],
      }),
      contexts: { vue: { componentName: '<AddressForm>', lifecycleHook: 'native event handler' } },
      ...on(scene, '/checkout', [
        ...toCheckout(scene.draw),
        fetched(0.2, 'GET', `/api/postcodes/${scene.draw.whole(10_000, 99_999)}`, 200),
      ]),
    }),
  },
  {
    name: 'day that is none in Safari',
    share: 28,
    // Resolved with 4.9.1, and back in 4.10.0.
    when: { rhythm: 'shop', quiet: [6.4, 2.1] },
    history: [{ daysAgo: 6.2, status: 'resolved' }],
    event: (scene) => ({
      exception: chain({
        type: 'RangeError',
        value:
          scene.person.browser.engine === 'webkit'
            ? 'date value is not finite in DateTimeFormat format()'
            : 'Invalid time value',
        mechanism: inHandler,
        frames: [
          ...RENDERED,
          library('<anonymous>', 'Array.map', 0),
          at('src/composables/useDelivery.ts', '<anonymous>', "new Date(day + ' 12:00')"),
        ],
      }),
      fingerprint: ['{{ type }}', 'delivery-day'],
      contexts: { vue: { componentName: '<DeliveryPicker>', lifecycleHook: 'render function' } },
      ...on(scene, '/checkout', toCheckout(scene.draw)),
    }),
  },
  {
    name: 'consent in a foreign frame',
    share: 3,
    when: { rhythm: 'shop' },
    event: (scene) => ({
      exception: chain({
        type: 'SecurityError',
        value: 'Blocked a frame with origin "https://shop.example.org" from accessing a cross-origin frame.',
        mechanism: inHandler,
        frames: [
          library('node_modules/vue-router/dist/vue-router.mjs', 'triggerAfterEach', 3438, 29),
          at('src/lib/analytics.ts', '<anonymous>', 'frame.contentWindow.document.cookie'),
        ],
      }),
      ...on(scene, '/'),
    }),
  },
  {
    name: 'private window',
    share: 2.5,
    when: { rhythm: 'shop' },
    event: (scene) => ({
      exception: chain({
        type: 'InvalidStateError',
        value: 'A mutation operation was attempted on a database that did not allow mutations.',
        mechanism: onRejection,
        frames: [at('src/lib/offline.ts', 'opening.onerror', 'reject(opening.error)')],
      }),
      tags: { 'browser.name': 'Firefox', browser: 'Firefox 145.0' },
      ...on(scene, '/'),
    }),
  },
  {
    name: 'price differs',
    share: 17,
    when: { rhythm: 'shop', since: 10.1 },
    event(scene) {
      const before = scene.draw.whole(900, 9_900) / 100
      const after = Math.round((before + scene.draw.pick([-5, 4.9, -10])) * 100) / 100
      return {
        level: 'warning',
        message: `Price mismatch between cart and server: ${before.toFixed(2)} vs ${after.toFixed(2)}`,
        extra: { before, after, lines: scene.draw.whole(1, 6) },
        ...on(scene, '/cart', [fetched(0.2, 'GET', '/api/cart', 200)]),
      }
    },
  },
  {
    name: 'search given up',
    share: 62,
    when: { rhythm: 'shop' },
    history: [{ daysAgo: 9, status: 'archived' }],
    event: (scene) => ({
      level: 'info',
      exception: chain({
        type: 'AbortError',
        value: 'signal is aborted without reason',
        mechanism: onRejection,
        frames: [
          at('src/components/search/SearchBox.vue', '<anonymous>', 'running?.abort()'),
          at('src/api/client.ts', 'request', 'await fetch(path, {'),
        ],
      }),
      ...on(scene, '/search', [said(0.3, 'suggest: request superseded', 'debug')]),
    }),
  },
  {
    name: 'hydration',
    share: 13,
    environment: 'staging',
    when: { rhythm: 'shop', since: 5 },
    event: (scene) => ({
      level: 'warning',
      message: 'Hydration node mismatch: rendered on server: <div>, expected on client: <section>',
      contexts: { vue: { componentName: '<ProductPage>' } },
      ...on(scene, '/p/wool-blanket'),
    }),
  },
]

export const webShop: Catalogue = {
  project: { slug: 'web-shop', name: 'Web Shop', platform: 'vue' },
  problems: PROBLEMS,
  surroundings(scene) {
    const { person, environment, draw } = scene
    const { browser } = person
    return {
      platform: 'javascript',
      environment,
      release: releaseAt(RELEASES, scene),
      user: { id: person.id, email: person.email, ip_address: person.ip, plan: person.tier },
      tags: {
        browser: `${browser.name} ${browser.version}`,
        'browser.name': browser.name,
        os: [browser.os, browser.osVersion].join(' ').trim(),
        'os.name': browser.os,
        ...(browser.device ? { device: browser.device } : {}),
        'customer.tier': person.tier,
        locale: person.locale,
      },
      contexts: {
        browser: { name: browser.name, version: browser.version },
        os: { name: browser.os, version: browser.osVersion },
        ...(browser.device
          ? { device: { family: browser.device, model: browser.device, online: true } }
          : {}),
        culture: { locale: person.locale, timezone: person.timezone, calendar: 'gregory' },
        trace: { trace_id: draw.hex(32), span_id: draw.hex(16) },
      },
      sdk: { name: 'sentry.javascript.vue', version: '11.12.0' },
      extra: { viewport: browser.device ? '390x844' : draw.pick(['1440x900', '1920x1080', '1280x720']) },
    }
  },
  headers: ({ person }) => ({ 'User-Agent': person.browser.userAgent, Referer: `${SITE}/` }),
}
